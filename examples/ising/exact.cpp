#include "examples/ising/exact.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace steadfarm::ising {
namespace {

// One of the four products in Kaufman's partition function, and its derivative by K, as
// value = sign * exp(log) and derivative = slope * exp(log).
struct Product {
  double log = 0;
  double sign = 1;
  double slope = 0;
};

// The coupling K = 1 / T and what follows from it.
struct Coupling {
  explicit Coupling(double temperature)
      : k(1.0 / temperature),
        c(std::cosh(2 * k) / std::tanh(2 * k)),
        c_slope(2 * std::cosh(2 * k) * (1 - 1 / (std::sinh(2 * k) * std::sinh(2 * k)))),
        gamma_0(2 * k + std::log(std::tanh(k))),
        gamma_0_slope(2 + 2 / std::sinh(2 * k)) {}
  double k;
  double c;
  double c_slope;
  double gamma_0;  // changes its sign at the critical point
  double gamma_0_slope;
};

// The product over r of 2 cosh or 2 sinh of size * gamma / 2, with gamma of 2 r + odd.
Product product(const Coupling& at, std::uint32_t size, bool odd, bool is_sinh) {
  const double half = 0.5 * size;
  Product out;
  double slope_of_log = 0;
  for (std::uint32_t r = odd ? 0 : 1; r < size; ++r) {
    const double cosh_gamma = at.c - std::cos(std::numbers::pi * (2.0 * r + (odd ? 1 : 0)) / size);
    const double gamma = std::acosh(cosh_gamma);
    const double gamma_slope = at.c_slope / std::sinh(gamma);
    const double x = half * gamma;
    const double small = std::exp(-2 * x);
    out.log += x + std::log1p(is_sinh ? -small : small);
    slope_of_log += half * gamma_slope * (is_sinh ? 1 / std::tanh(x) : std::tanh(x));
  }
  if (odd) {
    out.slope = slope_of_log;
    return out;
  }
  // The factor of gamma_0 may be zero or negative, so it stays out of the logarithm. |x| is taken
  // into the exponent, so that nothing overflows.
  const double x = half * at.gamma_0;
  const double plus = std::exp(x - std::abs(x));
  const double minus = std::exp(-x - std::abs(x));
  const double factor = is_sinh ? plus - minus : plus + minus;
  const double factor_slope = half * at.gamma_0_slope * (is_sinh ? plus + minus : plus - minus);
  out.log += std::abs(x);
  out.sign = factor;
  out.slope = factor_slope + factor * slope_of_log;
  return out;
}

}  // namespace

double critical_temperature() { return 2.0 / std::log1p(std::numbers::sqrt2); }

double onsager_energy(double temperature) {
  const double k = 1.0 / temperature;
  const double modulus = 2 * std::sinh(2 * k) / (std::cosh(2 * k) * std::cosh(2 * k));
  const double tanh_2k = std::tanh(2 * k);
  const double factor = 2 * tanh_2k * tanh_2k - 1;
  // At the critical point the integral diverges and its factor is zero, which wins.
  const double elliptic =
      modulus < 1 ? factor * std::comp_ellint_1(modulus) * 2 / std::numbers::pi : 0;
  return -(1 + elliptic) / tanh_2k;
}

double yang_magnetisation(double temperature) {
  if (temperature >= critical_temperature()) return 0;
  return std::pow(1 - std::pow(std::sinh(2 / temperature), -4), 0.125);
}

double kaufman_energy(std::uint32_t size, double temperature) {
  const Coupling at(temperature);
  const std::array<Product, 4> parts = {
      product(at, size, true, false), product(at, size, true, true),
      product(at, size, false, false), product(at, size, false, true)};
  double largest = parts[0].log;
  for (const Product& part : parts) largest = std::max(largest, part.log);
  double sum = 0;
  double slope = 0;
  for (const Product& part : parts) {
    const double scale = std::exp(part.log - largest);
    sum += part.sign * scale;
    slope += part.slope * scale;
  }
  const double sites = static_cast<double>(size) * size;
  return -1 / std::tanh(2 * at.k) - slope / sum / sites;
}

std::optional<double> exact_magnetisation(std::uint32_t size, double temperature) {
  if (temperature >= critical_temperature()) return std::nullopt;
  // Below the critical point the correlation length is 1 / (2 gamma_0).
  const double lengths = size * 2 * Coupling(temperature).gamma_0;
  if (lengths < 12) return std::nullopt;
  return yang_magnetisation(temperature);
}

}  // namespace steadfarm::ising
