// How fast each worker is, compared with the others: as it was given, or as its units show.
#pragma once

#include <cstdint>
#include <vector>

#include "core/policy.hpp"

namespace steadfarm::core {

/// Of a speed that is given. Only ratios count.
inline constexpr double kSpeedMin = 1e-6;
inline constexpr double kSpeedMax = 1e6;

class Speeds {
 public:
  /// `given`: relative speeds in the order of the ranks, used in turn if they are fewer than the
  /// workers; empty: speeds are measured.
  Speeds(std::vector<double> given, const std::vector<Rank>& workers);

  /// One more, with a rank above all others. A given speed is the next in turn.
  void add_worker(Rank worker);

  /// What a worker reports of its units; see UnitTimes::add.
  void add(Rank worker, std::uint32_t count, std::uint64_t sum_us, std::uint64_t sum_us_squared);

  /// This worker's share of the work as a multiple of the mean worker's, at most `workers`. As
  /// long as nothing is known of it, 1. A measured speed is drawn towards 1 while few units speak
  /// for it: few units of very different lengths say little.
  [[nodiscard]] double weight(Rank worker, const UnitTimes& all) const;

  /// This worker's own units, or everybody's as long as it has none.
  [[nodiscard]] const UnitTimes& times(Rank worker, const UnitTimes& all) const;

  /// weight() rests on something.
  [[nodiscard]] bool known(Rank worker) const;

 private:
  struct Entry {
    Rank rank;
    double given = 0;  // 1: the mean worker's; 0: measured
    UnitTimes times;
  };
  // Its place in entries_, or their number.
  [[nodiscard]] std::size_t find(Rank worker) const;

  std::vector<double> given_;
  double given_unit_ = 1;       // a given speed times this is a multiple of the mean worker's
  double remembered_ = 0;       // units of each
  std::vector<Entry> entries_;  // sorted by rank
};

}  // namespace steadfarm::core
