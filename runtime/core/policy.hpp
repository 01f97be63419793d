// How many units an asking worker gets. Policies see numbers, never units.
#pragma once

#include <cstdint>

#include "core/options.hpp"

namespace steadfarm::core {

/// Mean and spread of unit times, with older samples fading so that a drift is followed.
class UnitTimes {
 public:
  /// `sum_us` and `sum_us_squared` over `count` units.
  void add(std::uint32_t count, std::uint64_t sum_us, std::uint64_t sum_us_squared);
  [[nodiscard]] bool known() const { return weight_ > 0; }
  [[nodiscard]] double mean_us() const;
  [[nodiscard]] double sigma_us() const;

 private:
  double weight_ = 0;
  double sum_ = 0;
  double sum_squared_ = 0;
};

struct PolicyInput {
  std::uint64_t ready = 0;        // units that could be handed out
  std::uint64_t outstanding = 0;  // units this worker has
  std::uint32_t workers = 1;      // workers alive
};

/// Units to hand out now; 0: the worker has enough.
[[nodiscard]] std::uint64_t units_to_assign(const PolicyOptions& options, const UnitTimes& times,
                                            const PolicyInput& input);

}  // namespace steadfarm::core
