// For tests of threads: waiting for what must come in the end.
#pragma once

#include <chrono>
#include <thread>

#include "base/ids.hpp"

namespace steadfarm::driver {

constexpr TimeUs kHourUs = 3'600'000'000;

/// A test that waits in vain fails by the result.
template <class Condition>
bool comes_true(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace steadfarm::driver
