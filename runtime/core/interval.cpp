#include "core/interval.hpp"

#include <cmath>

namespace steadfarm::core {

TimeUs daly_interval_us(TimeUs cost_us, TimeUs mtbf_us) {
  const auto cost = static_cast<double>(cost_us);
  const auto mtbf = static_cast<double>(mtbf_us);
  if (cost >= 2 * mtbf) return mtbf_us;
  const double part = cost / (2 * mtbf);
  const double tau = std::sqrt(2 * cost * mtbf) * (1 + std::sqrt(part) / 3 + part / 9) - cost;
  return static_cast<TimeUs>(std::llround(tau));
}

}  // namespace steadfarm::core
