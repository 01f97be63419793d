// What happened, as a hash that tells two runs apart and, on request, as one readable line an
// event.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "base/ids.hpp"

namespace steadfarm::sim {

class Trace {
 public:
  explicit Trace(std::ostream* out) : out_(out) {}

  [[nodiscard]] bool on() const { return out_ != nullptr; }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

  void mix(std::uint64_t value) {
    hash_ = (hash_ ^ value) * 0x9E3779B97F4A7C15ULL;
    hash_ ^= hash_ >> 29U;
  }

  /// One event at one process. `what` is a literal; `detail()` is called only for readers.
  template <class Detail>
  void event(TimeUs now, std::uint32_t job, Rank rank, const char* what, std::uint64_t number,
             Detail&& detail) {
    mix(static_cast<std::uint64_t>(now));
    mix((static_cast<std::uint64_t>(job) << 32U) + static_cast<std::uint32_t>(rank.value));
    for (const char* c = what; *c != '\0'; ++c) {
      hash_ = hash_ * 131 + static_cast<unsigned char>(*c);
    }
    mix(number);
    if (out_ != nullptr) line(now, job, rank, what, detail());
  }
  void event(TimeUs now, std::uint32_t job, Rank rank, const char* what, std::uint64_t number = 0) {
    event(now, job, rank, what, number, [&] { return std::to_string(number); });
  }

 private:
  void line(TimeUs now, std::uint32_t job, Rank rank, const char* what, const std::string& detail);

  std::ostream* out_;
  std::uint64_t hash_ = 0x5EED;
};

}  // namespace steadfarm::sim
