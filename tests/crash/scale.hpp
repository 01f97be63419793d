// How much of a loop is tried. By default a sample where all of it would take long;
// STEADFARM_CRASH_FULL=1, which `tests/run.sh --nightly` sets, takes all of it. Either way the
// numbers are printed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

namespace steadfarm::checkpoint::test {

[[nodiscard]] inline bool in_full() {
  const char* text = std::getenv("STEADFARM_CRASH_FULL");
  return text != nullptr && std::string(text) == "1";
}

/// From one thing that is tried to the next; in full everything is.
[[nodiscard]] inline std::size_t stride(std::size_t sampled) { return in_full() ? 1 : sampled; }

/// How often something is tried that has no end of its own.
[[nodiscard]] inline std::uint64_t times(std::uint64_t sampled, std::uint64_t full) {
  return in_full() ? full : sampled;
}

/// Says at its end how many were tried: "tried: 1234 crashes after an operation".
class Tried {
 public:
  explicit Tried(std::string what) : what_(std::move(what)) {}
  ~Tried() { std::cout << "tried: " << count_ << " " << what_ << std::endl; }
  Tried(const Tried&) = delete;
  Tried& operator=(const Tried&) = delete;

  void operator++() { ++count_; }
  void operator+=(std::uint64_t more) { count_ += more; }

 private:
  std::string what_;
  std::uint64_t count_ = 0;
};

}  // namespace steadfarm::checkpoint::test
