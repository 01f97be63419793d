#include "core/policy.hpp"

#include <algorithm>
#include <cmath>

namespace steadfarm::core {
namespace {

constexpr double kLongUnitUs = 1'000;  // above it a unit waiting behind another is a loss

// A worker should not get a unit to keep while others wait for one.
bool would_wait(const UnitTimes& times, const PolicyInput& input) {
  const double unit_us = input.next_us > 0 ? static_cast<double>(input.next_us) : times.mean_us();
  const bool known = times.known() || input.next_us > 0;
  const bool long_units = !known || unit_us > kLongUnitUs;
  return input.outstanding > 0 && input.ready < input.workers && long_units;
}

// A chunk by a rule can be most of the work, so the next one goes out only when this one is down to
// what a message holds, and with units longer than that when it is done: a round trip is nothing
// then, and what would wait behind a long unit is lost to the others.
std::uint64_t by_rule(const PolicyOptions& options, const UnitTimes& times,
                      const PolicyInput& input) {
  const std::uint64_t least = std::max<std::uint64_t>(1, options.chunk);
  const std::uint64_t most = std::max<std::uint64_t>(least, options.chunk_max);
  const std::uint64_t chunk = std::clamp(input.chunk, least, most);
  const bool longer = !times.known() || times.mean_us() > static_cast<double>(options.message_us);
  const std::uint64_t low = longer ? 0 : std::min(chunk, message_units(options, times));
  return input.outstanding > low || would_wait(times, input) ? 0 : chunk;
}

// One message is worked on while the next one waits. A new one goes out when the first is half
// done at the earliest, so that messages stay large.
std::uint64_t by_message(const PolicyInput& input, std::uint64_t chunk) {
  return input.outstanding > chunk ? 0 : std::min(chunk, 2 * chunk - input.outstanding);
}

// A worker has so much to do that nothing should wait behind it.
bool has_enough(const PolicyOptions& options, const UnitTimes& times, const PolicyInput& input) {
  if (input.outstanding == 0) return false;
  const auto prefetch_us = static_cast<double>(options.prefetch_us);
  if (input.declared_us == 0) return times.known() && times.mean_us() > prefetch_us;
  if (static_cast<double>(input.declared_us) > prefetch_us) return true;
  return input.outstanding > 1 &&
         input.declared_us > static_cast<std::uint64_t>(options.message_us);
}

// Units go out by falling times, so those after the next one take no longer than it declares.
std::uint64_t message_of(const PolicyOptions& options, const UnitTimes& times,
                         const PolicyInput& input) {
  if (input.next_us == 0) return message_units(options, times);
  const auto fit = static_cast<std::uint64_t>(options.message_us) / input.next_us;
  return std::clamp<std::uint64_t>(fit, 1, options.chunk_max);
}

std::uint64_t by_time(const PolicyOptions& options, const UnitTimes& times,
                      const PolicyInput& input) {
  const std::uint64_t give = by_message(input, message_of(options, times, input));
  if (would_wait(times, input) || has_enough(options, times, input)) return 0;
  const std::uint64_t workers = std::max<std::uint32_t>(1, input.workers);
  const std::uint64_t share = (input.ready + 2 * workers - 1) / (2 * workers);
  if (input.outstanding == 0)
    return std::max<std::uint64_t>(1, std::min({give, share, input.level}));
  const std::uint64_t below = input.level - std::min(input.level, input.outstanding);
  return std::min({give, share, below});
}

}  // namespace

std::uint64_t message_units(const PolicyOptions& options, const UnitTimes& times) {
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

void UnitTimes::add(std::uint32_t count, std::uint64_t sum_us, std::uint64_t sum_us_squared) {
  weight_ += count;
  sum_ += static_cast<double>(sum_us);
  sum_squared_ += static_cast<double>(sum_us_squared);
  if (weight_ > weight_max_) {
    const double keep = weight_max_ / weight_;
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
  if (options.prefetch_max > 0 && input.outstanding > options.prefetch_max) return 0;
  std::uint64_t give = 0;
  if (options.kind == PolicyKind::fixed) {
    give = by_message(input, std::max<std::uint64_t>(1, options.chunk));
  } else if (input.chunk > 0) {
    give = by_rule(options, times, input);
  } else {
    give = by_time(options, times, input);
  }
  if (options.prefetch_max > 0) {
    give = std::min<std::uint64_t>(give, options.prefetch_max + 1 - input.outstanding);
  }
  return std::min(give, input.ready);
}

}  // namespace steadfarm::core
