// The time that is left before the allocation ends, and what still fits into it. Pure.
#pragma once

#include <cstdint>

#include "base/ids.hpp"
#include "core/policy.hpp"

namespace steadfarm::core {

class WallTime {
 public:
  /// `deadline_us`: when everything has to be over, on the clock that steps are given; kNoDeadline:
  /// never. `reserve_us`: what the last checkpoint and the goodbyes may take, so that work ends so
  /// long before.
  WallTime(TimeUs deadline_us, TimeUs reserve_us)
      : limited_(deadline_us != kNoDeadline), work_ends_us_(deadline_us - reserve_us) {}

  /// Work has to end now.
  [[nodiscard]] bool is_up(TimeUs now) const { return limited_ && now >= work_ends_us_; }

  [[nodiscard]] bool limited() const { return limited_; }
  /// Until work has to end; meaningless without a limit.
  [[nodiscard]] TimeUs left_us(TimeUs now) const { return work_ends_us_ - now; }

  /// How many of `wanted` more units a worker that has `outstanding` can be expected to finish in
  /// time: n units take n mean + sqrt(n) 2 sigma, which nineteen in twenty batches stay below. All
  /// of them, as long as no unit's time is known or there is no deadline.
  [[nodiscard]] std::uint64_t units_in_time(const UnitTimes& times, std::uint64_t outstanding,
                                            std::uint64_t wanted, TimeUs now) const;

 private:
  bool limited_;
  TimeUs work_ends_us_;
};

}  // namespace steadfarm::core
