// The unit time limit: what runs in this process, since when, and whether that is too long. Shared
// by the thread that executes and the one that watches.
#pragma once

#include <mutex>
#include <optional>

#include "driver/clock.hpp"

namespace steadfarm::driver {

class UnitGuard {
 public:
  struct Running {
    UnitKey key;
    Attempt attempt;
  };
  explicit UnitGuard(TimeUs limit_us) : limit_us_(limit_us) {}
  [[nodiscard]] TimeUs limit_us() const { return limit_us_; }

  void begin(const UnitKey& key, Attempt attempt, TimeUs now);
  void end();
  /// The running unit is at a safe point. True if it should fail there: its time is up.
  [[nodiscard]] bool at_safe_point(TimeUs now);

  /// The unit that has run for longer than the limit, and has not come by a safe point for as long
  /// either: it does not listen.
  [[nodiscard]] std::optional<Running> deaf(TimeUs now);

 private:
  struct Execution {
    Running unit;
    TimeUs started_at = 0;
    TimeUs listened_at = 0;  // at its start, and at each safe point
  };
  TimeUs limit_us_;
  std::mutex mutex_;
  std::optional<Execution> running_;
};

}  // namespace steadfarm::driver
