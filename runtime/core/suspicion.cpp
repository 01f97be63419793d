#include "core/suspicion.hpp"

#include <algorithm>
#include <cmath>

namespace steadfarm::core {
namespace {
constexpr double kPhiMax = 300;  // the chance is the smallest of all numbers before that
}  // namespace

double phi_of(double silence_us, double mean_us, double sigma_us) {
  const double chance = 0.5 * std::erfc((silence_us - mean_us) / (sigma_us * std::sqrt(2.0)));
  return chance > 0 ? std::clamp(-std::log10(chance), 0.0, kPhiMax) : kPhiMax;
}

// Welford's sums; from kRemembered on each newcomer takes the place of a mean one.
void BeatTimes::add(TimeUs interval_us) {
  count_ = std::min(count_ + 1, kRemembered);
  const auto x = static_cast<double>(interval_us);
  const double before = x - mean_us_;
  mean_us_ += before / count_;
  variance_ += (before * (x - mean_us_) - variance_) / count_;
}

double BeatTimes::phi(TimeUs silence_us, TimeUs interval_us) const {
  const auto agreed = static_cast<double>(interval_us);
  return phi_of(static_cast<double>(silence_us), std::max(mean_us_, agreed),
                std::max(std::sqrt(variance_), agreed / 4));
}

}  // namespace steadfarm::core
