#include "examples/ising/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace steadfarm::ising {
namespace {

Estimate estimate_one(const Row& row, const std::vector<std::int64_t>& blocks, double squared) {
  const double sites = static_cast<double>(row.size) * row.size;
  const auto sweeps = static_cast<double>(row.sweeps);
  const double per_block = sweeps / kBlocks;
  std::int64_t total = 0;
  for (const std::int64_t sum : blocks) total += sum;
  const double mean = static_cast<double>(total) / sweeps;
  double spread = 0;
  for (const std::int64_t sum : blocks) {
    const double off = static_cast<double>(sum) / per_block - mean;
    spread += off * off;
  }
  const double variance_of_mean = spread / (kBlocks - 1.0) / kBlocks;
  const double variance = std::max(squared / sweeps - mean * mean, 0.0);
  Estimate out;
  out.mean = mean / sites;
  out.error = std::sqrt(variance_of_mean) / sites;
  out.tau = variance > 0 ? 0.5 * sweeps * variance_of_mean / variance : 0.5;
  return out;
}

}  // namespace

State first_state(const Row& row) {
  State state;
  state.spins = ordered_spins(row.size);
  state.sums.energy.assign(kBlocks, 0);
  state.sums.magnetisation.assign(kBlocks, 0);
  return state;
}

bool is_done(const Row& row, const State& state) {
  return state.sweeps_done == row.warm_up + row.sweeps;
}

void advance(const Row& row, const Lattice& lattice, std::uint64_t sweeps, State& state) {
  const std::uint64_t per_block = row.sweeps / kBlocks;
  const std::uint64_t end = std::min(state.sweeps_done + sweeps, row.warm_up + row.sweeps);
  for (; state.sweeps_done < end; ++state.sweeps_done) {
    lattice.sweep(state.spins, state.sweeps_done);
    if (state.sweeps_done < row.warm_up) continue;
    const Measured now = lattice.measure(state.spins);
    const std::uint64_t block = (state.sweeps_done - row.warm_up) / per_block;
    const std::int64_t magnetisation = std::abs(now.magnetisation);
    state.sums.energy[block] += now.energy;
    state.sums.magnetisation[block] += magnetisation;
    state.sums.energy_squared += static_cast<double>(now.energy) * static_cast<double>(now.energy);
    state.sums.magnetisation_squared +=
        static_cast<double>(magnetisation) * static_cast<double>(magnetisation);
  }
}

Estimates estimate(const Row& row, const Sums& sums) {
  return {estimate_one(row, sums.energy, sums.energy_squared),
          estimate_one(row, sums.magnetisation, sums.magnetisation_squared)};
}

}  // namespace steadfarm::ising
