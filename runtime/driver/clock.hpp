// Time as the drivers see it: monotone microseconds.
#pragma once

#include <chrono>

#include "base/ids.hpp"

namespace steadfarm::driver {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimeUs now() = 0;
};

class SteadyClock final : public Clock {
 public:
  [[nodiscard]] TimeUs now() override {
    using std::chrono::duration_cast;
    using std::chrono::microseconds;
    return duration_cast<microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
};

}  // namespace steadfarm::driver
