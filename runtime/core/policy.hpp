// How many units an asking worker gets. Policies see numbers, never units.
#pragma once

#include <cstdint>

#include "core/options.hpp"

namespace steadfarm::core {

/// Mean and spread of unit times, with older samples fading so that a drift is followed.
class UnitTimes {
 public:
  /// About `remembered` units count.
  explicit UnitTimes(double remembered = 10'000) : weight_max_(remembered) {}

  /// `sum_us` and `sum_us_squared` over `count` units.
  void add(std::uint32_t count, std::uint64_t sum_us, std::uint64_t sum_us_squared);
  [[nodiscard]] bool known() const { return weight_ > 0; }
  [[nodiscard]] double mean_us() const;
  [[nodiscard]] double sigma_us() const;

  /// How many units that rests on.
  [[nodiscard]] double weight() const { return weight_; }

 private:
  double weight_max_;
  double weight_ = 0;
  double sum_ = 0;
  double sum_squared_ = 0;
};

struct PolicyInput {
  std::uint64_t ready = 0;        // units that could be handed out
  std::uint64_t outstanding = 0;  // units this worker has
  std::uint32_t workers = 1;      // workers that work or are about to
  std::uint64_t chunk = 0;        // what a rule that shrinks says (policy/chunk_rule.hpp); 0: none
  std::uint64_t level = UINT64_MAX;  // units this worker may have, others being less loaded
  std::uint64_t declared_us = 0;     // of what this worker has, by the units' own word
  std::uint64_t next_us = 0;         // that the next ready unit declares; 0: nothing
};

/// The units that fill a message: as many as take `message_us` with their spread, at least 1.
[[nodiscard]] std::uint64_t message_units(const PolicyOptions& options, const UnitTimes& times);

/// Units to hand out now; 0: the worker has enough.
[[nodiscard]] std::uint64_t units_to_assign(const PolicyOptions& options, const UnitTimes& times,
                                            const PolicyInput& input);

}  // namespace steadfarm::core
