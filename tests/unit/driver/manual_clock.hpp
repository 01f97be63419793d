// A clock that a test sets.
#pragma once

#include "driver/clock.hpp"

namespace steadfarm::driver {

class ManualClock final : public Clock {
 public:
  [[nodiscard]] TimeUs now() override { return now_us; }
  TimeUs now_us = 1'000'000;
};

}  // namespace steadfarm::driver
