#include "core/wall_time.hpp"

#include <algorithm>
#include <cmath>

namespace steadfarm::core {

std::uint64_t WallTime::units_in_time(const UnitTimes& times, std::uint64_t outstanding,
                                      std::uint64_t wanted, TimeUs now) const {
  if (!limited_ || !times.known()) return wanted;
  if (now >= work_ends_us_) return 0;
  const auto left_us = static_cast<double>(work_ends_us_ - now);
  const double mean_us = std::max(times.mean_us(), 0.01);
  const double spread_us = 2 * times.sigma_us();
  // The largest n with n mean + sqrt(n) spread <= left: a quadratic in sqrt(n).
  const double root =
      (std::sqrt(spread_us * spread_us + 4 * mean_us * left_us) - spread_us) / (2 * mean_us);
  const double fit = std::floor(root * root + 1e-9);
  const auto all = static_cast<double>(outstanding) + static_cast<double>(wanted);
  if (fit >= all) return wanted;
  const auto count = static_cast<std::uint64_t>(fit);
  return count > outstanding ? count - outstanding : 0;
}

}  // namespace steadfarm::core
