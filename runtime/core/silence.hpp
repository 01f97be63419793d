// For how long nothing has come of somebody. Time in which we did not listen, because we were
// stopped ourselves, does not count: but not for ever, or one that is slow at every turn would wait
// without end.
#pragma once

#include <cstdint>

#include "base/ids.hpp"

namespace steadfarm::core {

class Silence {
 public:
  /// So many gaps in a row, without a word in between, are taken for sleep.
  static constexpr std::uint32_t kGapsForgiven = 3;

  explicit Silence(TimeUs now = 0) : since_(now) {}

  void heard(TimeUs now) {
    since_ = now;
    gaps_ = 0;
  }

  /// At every turn, after what has come was heard. `before`: when the last turn was. A gap of more
  /// than half of `limit_us` makes the silence start anew.
  void turn(TimeUs before, TimeUs now, TimeUs limit_us) {
    if (now - before <= limit_us / 2 || gaps_ == kGapsForgiven) return;
    since_ = now;
    ++gaps_;
  }

  [[nodiscard]] TimeUs lasted_us(TimeUs now) const { return now - since_; }

 private:
  TimeUs since_ = 0;
  std::uint32_t gaps_ = 0;
};

}  // namespace steadfarm::core
