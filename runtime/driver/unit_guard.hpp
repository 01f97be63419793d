// The unit time limit: what runs in this process, since when, and whether that is too long. Shared
// by the thread that executes and the one that watches.
#pragma once

#include <atomic>
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
  /// The running unit is at a safe point. True if it should end there: its time is up. It has as
  /// much time again to do so, and however often it comes by after that, no more.
  [[nodiscard]] bool at_safe_point(TimeUs now);
  /// It should end, and cannot: it is deaf from now on.
  void cannot_end();

  /// The unit that has run for longer than the limit, and has not come by a safe point for as long
  /// either: it does not listen.
  [[nodiscard]] std::optional<Running> deaf(TimeUs now);

  /// Somebody looks for deaf units, and ends the process for them.
  void set_watched(bool watched) { watched_ = watched; }
  [[nodiscard]] bool watched() const { return watched_; }

 private:
  struct Execution {
    Running unit;
    TimeUs started_at = 0;
    TimeUs listened_at = 0;  // at its start, at each safe point, and when it was first told to end
    bool told = false;
    bool stuck = false;
  };
  TimeUs limit_us_;
  std::atomic<bool> watched_{false};
  std::mutex mutex_;
  std::optional<Execution> running_;
};

}  // namespace steadfarm::driver
