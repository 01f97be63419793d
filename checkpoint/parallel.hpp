// The same for many things on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <thread>
#include <vector>

namespace steadfarm::checkpoint {

/// Calls `act` with each number below `count`, on at most so many threads, this one included. It
/// must not throw.
template <class Act>
void for_each_number(std::size_t count, std::uint32_t threads, const Act& act) {
  std::atomic<std::size_t> next = 0;
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) act(i);
  };
  std::vector<std::thread> helpers;
  const std::size_t most = std::min<std::size_t>(threads, count);
  try {
    while (helpers.size() + 1 < most) helpers.emplace_back(run);
  } catch (const std::system_error&) {
    // No more threads are to be had: these do it, and we.
  }
  run();
  for (std::thread& helper : helpers) helper.join();
}

}  // namespace steadfarm::checkpoint
