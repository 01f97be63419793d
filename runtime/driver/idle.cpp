#include "driver/idle.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace steadfarm::driver {
namespace {
constexpr TimeUs kSpinUs = 20;
constexpr TimeUs kYieldUs = 3'000;
constexpr TimeUs kSleepUsMax = 1'000;
// A small part of the time already waited adds little to the wait.
constexpr TimeUs kPartOfWait = 20;
}  // namespace

std::optional<TimeUs> pause_us(TimeUs idle_us) {
  if (idle_us < kSpinUs) return std::nullopt;
  if (idle_us < kYieldUs) return 0;
  return std::min(kSleepUsMax, idle_us / kPartOfWait);
}

void Idle::after_turn(bool worked) {
  if (worked) {
    idle_since_ = -1;
    return;
  }
  const TimeUs now = clock_.now();
  if (idle_since_ < 0) idle_since_ = now;
  const std::optional<TimeUs> pause = pause_us(now - idle_since_);
  if (!pause) return;
  if (*pause == 0) {
    std::this_thread::yield();
  } else {
    std::this_thread::sleep_for(std::chrono::microseconds(*pause));
  }
}

}  // namespace steadfarm::driver
