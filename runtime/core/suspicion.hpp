// How suspicious a silence is: the phi accrual failure detector of N. Hayashibara, X. Defago,
// R. Yared and T. Katayama, "The phi accrual failure detector", SRDS 2004. phi is -log10 of the
// chance that a worker which lives is silent for so long, as its heartbeats so far suggest.
#pragma once

#include <cstdint>

#include "base/ids.hpp"

namespace steadfarm::core {

/// -log10 P(X > silence) where X is normal. Between 0 and 300.
[[nodiscard]] double phi_of(double silence_us, double mean_us, double sigma_us);

/// The times between a worker's heartbeats, as they were received here. Old ones fade, so that a
/// machine that has become busy or quiet again is followed; about kRemembered of them count.
class BeatTimes {
 public:
  static constexpr std::uint32_t kLeast = 20;  // below so many nothing is concluded
  static constexpr std::uint32_t kRemembered = 200;

  void add(TimeUs interval_us);
  [[nodiscard]] bool known() const { return count_ >= kLeast; }
  /// `interval_us` is what was agreed on. Neither is the mean taken to be below it, nor the spread
  /// below a quarter of it: no machine is as regular as it seems.
  [[nodiscard]] double phi(TimeUs silence_us, TimeUs interval_us) const;

 private:
  std::uint32_t count_ = 0;
  double mean_us_ = 0;
  double variance_ = 0;
};

}  // namespace steadfarm::core
