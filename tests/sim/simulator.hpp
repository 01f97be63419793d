// The seeded simulation: the production machines, drivers and store under a simulated clock,
// network, disk and processes. One seed is one run, always the same.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "base/ids.hpp"
#include "sim/fault_class.hpp"
#include "sim/options.hpp"

namespace steadfarm::sim {

struct SimResult {
  int exit_code = 0;       // 0; 70 assertion (the process aborts), 71 wrong result, 72 no progress,
                           // 73 not deterministic
  std::string message;     // one line, if the exit code is not 0
  FaultTally tally;        // per fault class: how often injected, how often it took effect
  bool recovered = false;  // something was lost and made good
  std::uint64_t hash = 0;  // of everything that happened
  std::uint64_t steps = 0;  // simulated events
  std::uint64_t executions = 0;
  std::uint64_t unit_steps = 0;         // of all executions
  std::uint64_t steps_skipped = 0;      // that executions would have repeated without saved states
  std::uint64_t results_in_shards = 0;  // accepted
  std::uint64_t results_in_older_shards = 0;  // of these, written for a master before that one
  std::uint64_t shards_unheard = 0;         // durable when their worker died before it could say so
  std::uint64_t units_to_replacements = 0;  // of lost workers
  std::uint64_t losses_by_neighbours = 0;   // of workers that another one saw end
  std::uint64_t take_overs = 0;
  std::uint64_t units_handed_in = 0;  // and not executed again thanks to it
  std::uint64_t accepted = 0;
  std::uint32_t starts = 0;  // of the job
  TimeUs simulated_us = 0;
};

/// One run. `trace` may be null; else it gets one line an event.
[[nodiscard]] SimResult run(const SimOptions& options, std::ostream* trace);
[[nodiscard]] inline SimResult run(std::uint64_t seed, std::ostream* trace) {
  return run(options_from_seed(seed), trace);
}

/// Runs twice and compares the hashes.
[[nodiscard]] SimResult run_twice(const SimOptions& options);

/// From now on a failed assertion prints which seed was running, and the process ends with 70.
void announce_aborts();

}  // namespace steadfarm::sim
