#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/prng.hpp"
#include "tests/unit/transport/contract.hpp"

namespace steadfarm::transport::contract {
namespace {

// Only ends a test that would hang; nothing waits for it when things work.
constexpr std::chrono::seconds kHangGuard(60);

std::chrono::steady_clock::time_point guard() {
  return std::chrono::steady_clock::now() + kHangGuard;
}

}  // namespace

Bytes pattern(std::size_t size, std::uint64_t seed) {
  Prng prng(seed * 1'000'003 + size);
  Bytes bytes(size);
  std::size_t filled = 0;
  while (filled < size) {
    const std::uint64_t word = prng.next();
    const std::size_t step = std::min(sizeof word, size - filled);
    std::memcpy(bytes.data() + filled, &word, step);
    filled += step;
  }
  return bytes;
}

std::vector<Incoming> receive(Transport& transport, std::size_t count) {
  std::vector<Incoming> messages;
  const auto deadline = guard();
  while (messages.size() < count && std::chrono::steady_clock::now() < deadline) {
    if (transport.poll(messages, count - messages.size()) == 0) std::this_thread::yield();
  }
  return messages;
}

bool poll_until(Transport& transport, const std::function<bool()>& done) {
  const auto deadline = guard();
  std::vector<Incoming> unwanted;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    unwanted.clear();
    if (transport.poll(unwanted, 64) == 0) std::this_thread::yield();
  }
  return true;
}

}  // namespace steadfarm::transport::contract
