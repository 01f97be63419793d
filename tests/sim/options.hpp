// Everything about one simulated run, drawn from its seed. All times are in simulated microseconds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "sim/fault_class.hpp"

namespace steadfarm::sim {

struct SimOptions {
  std::uint64_t seed = 1;
  // the job
  std::uint32_t workers = 4;        // at the first start; restarts draw their own number
  std::uint32_t units = 100;        // submitted and spawned
  std::uint32_t roots = 100;        // submitted, or the length of the range
  std::uint32_t range = 0;          // 1: an index range without payloads
  std::uint32_t priorities = 0;     // 1: units have priorities
  std::uint32_t hints = 0;          // 1: units have hints: times, affinities, some not repeatable
  std::uint32_t store = 1;          // 1: there is a store
  std::uint32_t keep_results = 0;   // 1: results go into the store
  std::uint32_t result_bytes = 32;  // largest filler of a result
  std::uint32_t shard_bytes = 0;    // above 0: stored results from this on stay with the workers
  std::uint32_t shard_bytes_max = 1'000'000;
  std::uint32_t payload_bytes = 0;  // largest filler of a payload
  std::uint32_t proposals = 0;      // 1: units propose a shared value
  std::uint32_t ordered = 0;        // 1: results are also folded by index; nothing is spawned
  std::uint32_t steps_max = 1;     // above 1: units have up to so many steps, and save between them
  std::uint32_t state_bytes = 16;  // largest filler of a saved state
  TimeUs unit_us = 1000;           // mean duration
  // the machine
  std::uint32_t lossless = 1;    // 1: no message between live processes is lost
  std::uint32_t concurrent = 1;  // 1: a second thread sends heartbeats
  std::uint32_t blocking = 1;    // 1: units run on the worker's own thread
  // 1: two ranks on the first machine, three on each further one, where workers see each other end
  std::uint32_t neighbours = 0;
  std::uint32_t death_told = 0;  // percent of deaths that the transport itself reports
  TimeUs latency_us = 50;        // shortest way of a message
  TimeUs jitter_us = 100;        // and what may be added to it
  TimeUs poll_us = 20'000;       // an idle process looks around this often
  // the runtime's own options
  std::uint32_t policy = 0;  // a core::PolicyKind
  std::uint32_t speeds = 0;  // above 0: given, this many different ones; for `weighted`
  std::uint32_t chunk = 1;
  std::uint32_t take_back = 1;  // 1: unstarted units are taken back near the end
  std::uint32_t twice = 1;      // 1: stragglers are executed a second time
  std::uint32_t respawn = 0;    // replacements of lost workers that a start may try; 0: none
  std::uint32_t prefetch = 0;
  std::uint32_t tries_max = 3;
  std::uint32_t deaths_max = 3;
  TimeUs timeout_us = 1'000'000;
  TimeUs interval_us = 1'000'000;
  std::uint64_t undurable_bytes_max = 512ULL << 20U;
  std::uint64_t assign_bytes_max = 1ULL << 20U;
  std::uint64_t retain_bytes = 256ULL << 20U;
  std::uint64_t partial_bytes_max = 512ULL << 20U;
  TimeUs partial_us = 1'000'000;  // between states of one unit that nobody asked for
  std::uint64_t hold_units_max = 65'536;
  std::uint64_t hold_bytes_max = 64ULL << 20U;
  // the faults
  std::uint32_t faults = 0;      // a bit per FaultClass
  TimeUs safety_us = 5'000'000;  // faults until then
  std::uint32_t rounds = 3;      // about how often each class of rare faults strikes
  std::uint32_t drop_permille = 0;
  std::uint32_t duplicate_permille = 0;
  std::uint32_t reorder_permille = 0;
  std::uint32_t delay_permille = 0;
  std::uint32_t flaky_permille = 0;    // units that fail now and then
  std::uint32_t failing_permille = 0;  // units that always fail
  std::uint32_t poison_permille = 0;   // units that kill their worker
  std::uint32_t stops = 0;             // 1: the job is also asked to stop now and then
  // take-over
  std::uint32_t takeover = 0;  // 1: a worker takes over from a dead or silent master
  std::uint64_t hand_in_bytes_max = 64ULL << 20U;
  std::uint64_t orphan_bytes_max = 64ULL << 20U;
  TimeUs walltime_us = 0;  // 0: none; else what a start has, unless the faults end sooner

  // A job without an end in sight fails by its number, and does not hang. The largest that are
  // drawn take a tenth of this.
  std::uint64_t events_max = 100'000'000;

  [[nodiscard]] bool has(FaultClass fault) const {
    return (faults >> static_cast<std::uint32_t>(fault) & 1U) != 0;
  }
  [[nodiscard]] TimeUs heartbeat_us() const { return timeout_us / 10; }
};

[[nodiscard]] SimOptions options_from_seed(std::uint64_t seed);

/// "seed=7 workers=4 ... faults=drop,delay", which set_option reads back word by word.
[[nodiscard]] std::string describe(const SimOptions& options);

/// "name=value"; faults take a list of names, "all" or "none".
[[nodiscard]] Status set_option(SimOptions& options, const std::string& assignment);

}  // namespace steadfarm::sim
