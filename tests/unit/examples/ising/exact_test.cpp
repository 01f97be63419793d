#include "examples/ising/exact.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "examples/ising/lattice.hpp"

namespace steadfarm::ising {
namespace {

// The mean energy of a 4 x 4 torus over all 65,536 states.
double counted_energy(double temperature) {
  const Lattice lattice(4, temperature, 1);
  double weight_sum = 0;
  double energy_sum = 0;
  Spins spins(16);
  for (std::uint32_t state = 0; state < (1U << 16U); ++state) {
    for (std::uint32_t site = 0; site < 16; ++site) {
      spins[site] = static_cast<std::uint8_t>(state >> site & 1U);
    }
    const auto energy = static_cast<double>(lattice.measure(spins).energy);
    const double weight = std::exp(-(energy + 32) / temperature);
    weight_sum += weight;
    energy_sum += weight * energy;
  }
  return energy_sum / weight_sum / 16;
}

TEST(KaufmanEnergy, is_that_of_all_states_counted) {
  for (const double temperature : {0.5, 1.5, 2.2, critical_temperature(), 2.4, 4.0, 50.0}) {
    EXPECT_NEAR(kaufman_energy(4, temperature), counted_energy(temperature), 1e-10) << temperature;
  }
}

TEST(KaufmanEnergy, becomes_onsagers_on_a_large_lattice) {
  for (const double temperature : {1.0, 1.8, 2.1, 2.5, 3.5}) {
    EXPECT_NEAR(kaufman_energy(512, temperature), onsager_energy(temperature), 1e-9) << temperature;
  }
  // At the critical point the difference falls as 1 / size only.
  EXPECT_NEAR(kaufman_energy(512, critical_temperature()), -std::numbers::sqrt2, 2e-3);
}

TEST(OnsagerEnergy, has_its_known_values) {
  EXPECT_NEAR(onsager_energy(critical_temperature()), -std::numbers::sqrt2, 1e-6);
  EXPECT_NEAR(onsager_energy(0.2), -2.0, 1e-8);
  // High temperatures: - 2 tanh K to the lowest order.
  EXPECT_NEAR(onsager_energy(100.0), -2 * std::tanh(0.01), 1e-5);
  // Between, the energy is the slope of ln Z; here against the finite lattice, far from critical.
  EXPECT_NEAR(onsager_energy(2.0), kaufman_energy(256, 2.0), 1e-9);
}

TEST(YangMagnetisation, falls_from_one_to_zero_at_the_critical_point) {
  EXPECT_NEAR(yang_magnetisation(0.3), 1.0, 1e-6);
  EXPECT_NEAR(yang_magnetisation(2.0), 0.9113193, 1e-6);
  EXPECT_GT(yang_magnetisation(2.26), 0.5);
  EXPECT_EQ(yang_magnetisation(critical_temperature()), 0.0);
  EXPECT_EQ(yang_magnetisation(3.0), 0.0);
}

TEST(ExactMagnetisation, is_given_only_where_the_lattice_is_wide_enough) {
  EXPECT_TRUE(exact_magnetisation(32, 1.0).has_value());
  EXPECT_TRUE(exact_magnetisation(32, 2.0).has_value());
  EXPECT_FALSE(exact_magnetisation(16, 2.1).has_value());
  EXPECT_TRUE(exact_magnetisation(64, 2.1).has_value());
  EXPECT_FALSE(exact_magnetisation(512, 2.3).has_value());
}

}  // namespace
}  // namespace steadfarm::ising
