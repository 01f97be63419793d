#include "core/policy.hpp"

#include <algorithm>
#include <cmath>

namespace steadfarm::core {
namespace {

constexpr double kWeightMax = 10'000;  // about this many units are remembered
constexpr double kLongUnitUs = 1'000;  // above it a unit waiting behind another is a loss

std::uint64_t message_units(const PolicyOptions& options, const UnitTimes& times) {
  if (options.kind == PolicyKind::fixed) return std::max<std::uint64_t>(1, options.chunk);
  if (!times.known()) return 1;
  // The largest n whose expected time plus one standard deviation, n mean + sqrt(n) sigma, fits
  // into a message: a quadratic in sqrt(n).
  const double mean_us = std::max(times.mean_us(), 0.01);
  const double sigma_us = times.sigma_us();
  const double budget_us = static_cast<double>(options.message_us);
  const double root =
      (std::sqrt(sigma_us * sigma_us + 4 * mean_us * budget_us) - sigma_us) / (2 * mean_us);
  const double units = std::clamp(root * root, 1.0, static_cast<double>(options.chunk_max));
  return static_cast<std::uint64_t>(units);
}

}  // namespace

void UnitTimes::add(std::uint32_t count, std::uint64_t sum_us, std::uint64_t sum_us_squared) {
  weight_ += count;
  sum_ += static_cast<double>(sum_us);
  sum_squared_ += static_cast<double>(sum_us_squared);
  if (weight_ > kWeightMax) {
    const double keep = kWeightMax / weight_;
    weight_ *= keep;
    sum_ *= keep;
    sum_squared_ *= keep;
  }
}

double UnitTimes::mean_us() const { return weight_ > 0 ? sum_ / weight_ : 0; }

double UnitTimes::sigma_us() const {
  if (weight_ <= 0) return 0;
  const double mean = mean_us();
  return std::sqrt(std::max(0.0, sum_squared_ / weight_ - mean * mean));
}

std::uint64_t units_to_assign(const PolicyOptions& options, const UnitTimes& times,
                              const PolicyInput& input) {
  if (input.ready == 0) return 0;
  const std::uint64_t chunk = message_units(options, times);
  if (options.prefetch_max > 0 && input.outstanding > options.prefetch_max) return 0;
  // One message is worked on while the next one waits. A new one goes out when the first is half
  // done at the earliest, so that messages stay large.
  if (input.outstanding > chunk) return 0;
  std::uint64_t give = std::min(chunk, 2 * chunk - input.outstanding);
  if (options.kind == PolicyKind::dynamic) {
    const std::uint64_t workers = std::max<std::uint32_t>(1, input.workers);
    const bool long_units = !times.known() || times.mean_us() > kLongUnitUs;
    if (input.outstanding > 0 && input.ready < workers && long_units) return 0;
    give = std::min(give, (input.ready + 2 * workers - 1) / (2 * workers));
  }
  if (options.prefetch_max > 0) {
    give = std::min<std::uint64_t>(give, options.prefetch_max + 1 - input.outstanding);
  }
  return std::min(give, input.ready);
}

}  // namespace steadfarm::core
