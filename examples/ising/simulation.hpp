// One row of the sweep: a lattice at one temperature, warmed up and then measured, in steps that
// can be interrupted and gone on with. What it gives does not depend on where it was interrupted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "examples/ising/lattice.hpp"

namespace steadfarm::ising {

inline constexpr std::uint32_t kBlocks = 64;
inline constexpr std::uint64_t kSweepsMax = 1ULL << 32U;

struct Row {
  std::uint32_t size = 0;
  double temperature = 0;
  std::uint64_t warm_up = 0;  // sweeps that are not measured
  std::uint64_t sweeps = 0;   // measured ones, a multiple of kBlocks
  friend bool operator==(const Row&, const Row&) = default;
};

/// Exact sums of whole numbers. `energy` and `magnetisation` hold one sum a block; the latter of
/// the absolute value.
struct Sums {
  std::vector<std::int64_t> energy;
  std::vector<std::int64_t> magnetisation;
  double energy_squared = 0;  // over all sweeps, added up in their order
  double magnetisation_squared = 0;
  friend bool operator==(const Sums&, const Sums&) = default;
};

/// Everything that the rest of a row depends on: what is saved at a safe point.
struct State {
  std::uint64_t sweeps_done = 0;  // warm-up included
  Spins spins;
  Sums sums;
  friend bool operator==(const State&, const State&) = default;
};

[[nodiscard]] State first_state(const Row& row);
[[nodiscard]] bool is_done(const Row& row, const State& state);
/// At most so many sweeps more.
void advance(const Row& row, const Lattice& lattice, std::uint64_t sweeps, State& state);

/// A mean a site with its statistical error.
struct Estimate {
  double mean = 0;
  double error = 0;
  /// Integrated autocorrelation time in sweeps; the measured sweeps count for sweeps / (2 tau)
  /// independent ones.
  double tau = 0;
};

struct Estimates {
  Estimate energy;
  Estimate magnetisation;  // of the absolute value
};

/// By blocking (H. Flyvbjerg and H. G. Petersen, J. Chem. Phys. 91, 461 (1989)): the means of
/// kBlocks blocks are taken as independent, which holds where a block is much longer than tau.
[[nodiscard]] Estimates estimate(const Row& row, const Sums& sums);

}  // namespace steadfarm::ising
