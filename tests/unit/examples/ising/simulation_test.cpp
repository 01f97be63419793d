#include "examples/ising/simulation.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "examples/ising/exact.hpp"

namespace steadfarm::ising {
namespace {

State run(const Row& row, std::uint64_t stretch) {
  const Lattice lattice(row.size, row.temperature, 11);
  State state = first_state(row);
  while (!is_done(row, state)) advance(row, lattice, stretch, state);
  return state;
}

TEST(Simulation, gives_the_same_bits_however_it_is_cut_into_stretches) {
  const Row row{8, 2.3, 100, 640};
  const State whole = run(row, 1ULL << 40U);
  EXPECT_EQ(run(row, 1), whole);
  EXPECT_EQ(run(row, 77), whole);
  EXPECT_EQ(whole.sweeps_done, 740U);
}

TEST(Simulation, agrees_with_the_exact_solution_within_its_error) {
  for (const Row& row : {Row{16, 1.5, 500, 12800}, Row{32, 2.0, 1000, 12800},
                         Row{8, 2.269185, 500, 25600}, Row{16, 3.0, 500, 12800}}) {
    const Estimates e = estimate(row, run(row, 1000).sums);
    EXPECT_GT(e.energy.error, 0.0);
    EXPECT_LT(e.energy.error, 0.01);
    EXPECT_LT(e.energy.tau * 10, static_cast<double>(row.sweeps) / kBlocks) << row.temperature;
    EXPECT_NEAR(e.energy.mean, kaufman_energy(row.size, row.temperature), 3.5 * e.energy.error)
        << row.size << " at " << row.temperature;
    const auto magnetisation = exact_magnetisation(row.size, row.temperature);
    EXPECT_EQ(magnetisation.has_value(), row.temperature <= 2.0);
    if (!magnetisation) continue;
    EXPECT_NEAR(e.magnetisation.mean, *magnetisation, 3.5 * e.magnetisation.error);
  }
}

TEST(Estimate, knows_the_error_of_independent_and_of_repeated_values) {
  // Blocks of one value each: + 1 and - 1 in turn, so the variance is 1 and tau is 1/2 but for the
  // - 1 in the denominator.
  Row row{4, 1.0, 0, kBlocks};
  Sums sums;
  for (std::uint32_t i = 0; i < kBlocks; ++i) {
    sums.energy.push_back(i % 2 == 0 ? 16 : -16);
    sums.magnetisation.push_back(16);
  }
  sums.energy_squared = 256.0 * kBlocks;
  sums.magnetisation_squared = 256.0 * kBlocks;
  Estimates e = estimate(row, sums);
  EXPECT_DOUBLE_EQ(e.energy.mean, 0.0);
  EXPECT_DOUBLE_EQ(e.energy.error, 1 / std::sqrt(kBlocks - 1.0));
  EXPECT_NEAR(e.energy.tau, 0.5, 0.01);
  EXPECT_DOUBLE_EQ(e.magnetisation.mean, 1.0);
  EXPECT_DOUBLE_EQ(e.magnetisation.error, 0.0);
  // The same with every value ten times: ten times the sweeps, no more known, tau ten times as
  // long.
  row.sweeps *= 10;
  for (std::int64_t& sum : sums.energy) sum *= 10;
  for (std::int64_t& sum : sums.magnetisation) sum *= 10;
  sums.energy_squared *= 10;
  sums.magnetisation_squared *= 10;
  const Estimates repeated = estimate(row, sums);
  EXPECT_DOUBLE_EQ(repeated.energy.error, e.energy.error);
  EXPECT_DOUBLE_EQ(repeated.energy.tau, 10 * e.energy.tau);
}

}  // namespace
}  // namespace steadfarm::ising
