// What all parts of one simulated run share.
#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <ostream>
#include <string>
#include <utility>

#include "base/prng.hpp"
#include "checkpoint/memory_file_system.hpp"
#include "driver/clock.hpp"
#include "sim/event_queue.hpp"
#include "sim/fault_class.hpp"
#include "sim/options.hpp"
#include "sim/trace.hpp"
#include "sim/workload.hpp"
#include "wire/messages.hpp"

namespace steadfarm::sim {

inline constexpr Rank kMaster{0};
inline constexpr Rank kNobody{-1};
inline constexpr const char* kBuild = "sim-1";  // of the program that all ranks run

inline constexpr int kExitAssertion = 70;
inline constexpr int kExitWrong = 71;
inline constexpr int kExitNoProgress = 72;
inline constexpr int kExitNotDeterministic = 73;

/// The first thing that went wrong ends the run.
struct Verdict {
  int exit_code = 0;
  std::string message;

  void fail(int code, std::string text) {
    if (exit_code != 0) return;
    exit_code = code;
    message = std::move(text);
  }
  [[nodiscard]] bool failed() const { return exit_code != 0; }
};

/// What the run saw of recovery.
struct Recovery {
  std::uint64_t leases_redone = 0;       // units taken from lost workers
  std::uint64_t restores = 0;            // starts that restored accepted units
  std::uint64_t publishes_repeated = 0;  // generations that went well after one that failed
  std::uint64_t owners_fenced = 0;
  std::uint64_t links_reset = 0;
  std::uint64_t results_in_shards = 0;
  std::uint64_t results_in_older_shards = 0;  // written for a master before the one that accepted
  std::uint64_t shards_unheard = 0;  // durable, when their worker died before it could say so
  std::uint64_t steps_skipped = 0;   // that an execution need not repeat, thanks to a saved state
  std::uint64_t units_to_replacements = 0;
  std::uint64_t losses_by_neighbours = 0;  // of workers, noticed by another one on their machine
  std::uint64_t take_overs = 0;
  std::uint64_t units_handed_in = 0;  // after one, from what was executed before it
  [[nodiscard]] bool any() const {
    return leases_redone + restores + publishes_repeated + owners_fenced + links_reset +
               take_overs >
           0;
  }
};

struct World {
  World(const SimOptions& sim_options, std::ostream* out)
      : options(sim_options),
        workload(sim_options),
        trace(out),
        network_prng(mix(sim_options.seed, 1)),
        fault_prng(mix(sim_options.seed, 2)),
        process_prng(mix(sim_options.seed, 3)),
        files(mix(sim_options.seed, 4)) {}

  SimOptions options;
  Workload workload;
  EventQueue queue;
  TimeUs now = 0;
  bool calm = false;       // faults have stopped
  TimeUs progress_at = 0;  // when something last came closer to the end
  Trace trace;
  Verdict verdict;
  FaultTally tally;
  Recovery recovery;
  Prng network_prng;
  Prng fault_prng;
  Prng process_prng;
  checkpoint::MemoryFileSystem files;
  std::uint64_t executions = 0;
  std::uint64_t steps = 0;  // of all executions

  /// Workers that work slower than others, by job and rank.
  struct Slowness {
    TimeUs factor = 1;
    TimeUs until = 0;
  };
  std::map<std::pair<std::uint32_t, Rank>, Slowness> slow;
  TimeUs load_until = -1;  // heartbeat threads get the processor late until then

  /// What a worker says of its process.
  [[nodiscard]] static wire::Process process_of(std::uint32_t job, Rank rank) {
    const auto number = static_cast<std::uint32_t>(rank.value);
    return {rank, 100 + number, std::uint64_t{job} * 1'000'000 + number};
  }
  /// Where it runs; empty: nobody else sees it.
  [[nodiscard]] std::string machine_of(Rank rank) const {
    if (options.neighbours == 0) return {};
    return "machine" + std::to_string((rank.value + 1) / 3);
  }

  /// Something other than death keeps words from the master for long.
  [[nodiscard]] bool words_may_be_late() const {
    constexpr FaultClass kLate[] = {FaultClass::worker_freeze, FaultClass::master_freeze,
                                    FaultClass::delay,         FaultClass::reorder,
                                    FaultClass::drop,          FaultClass::partition,
                                    FaultClass::second_master};
    return std::any_of(std::begin(kLate), std::end(kLate),
                       [this](FaultClass fault) { return options.has(fault); });
  }

  [[nodiscard]] bool strikes(FaultClass fault) const { return !calm && options.has(fault); }
};

/// A process's own clock: its zero is its own.
class SimClock final : public driver::Clock {
 public:
  SimClock(const World& world, TimeUs zero) : world_(world), zero_(zero) {}
  [[nodiscard]] TimeUs now() override { return world_.now + zero_; }

 private:
  const World& world_;
  TimeUs zero_;
};

}  // namespace steadfarm::sim
