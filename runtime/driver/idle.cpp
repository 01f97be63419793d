#include "driver/idle.hpp"

#include <algorithm>
#include <thread>

namespace steadfarm::driver {
namespace {
constexpr TimeUs kSpinUs = 20;
constexpr TimeUs kYieldUs = 3'000;
constexpr TimeUs kSleepUsMax = 1'000;
}  // namespace

void Idle::after_turn(bool worked) {
  if (worked) {
    idle_since_ = -1;
    return;
  }
  const TimeUs now = clock_.now();
  if (idle_since_ < 0) idle_since_ = now;
  const TimeUs idle_us = now - idle_since_;
  if (idle_us < kSpinUs) return;
  if (idle_us < kYieldUs) {
    std::this_thread::yield();
    return;
  }
  // A tenth of the time already waited adds little to the wait.
  const TimeUs sleep_us = std::min(kSleepUsMax, idle_us / 20);
  std::this_thread::sleep_for(std::chrono::microseconds(sleep_us));
}

}  // namespace steadfarm::driver
