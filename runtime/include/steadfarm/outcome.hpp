// How a farm ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "steadfarm/types.hpp"

namespace steadfarm {

/// A unit that was given up.
struct FailedUnitReport {
  UnitKey key;
  std::string message;
};

struct Outcome {
  /// 0 complete; 3 complete, but some units failed; 64 usage; 65 store unusable or another job's;
  /// 70 internal error; 74 the end state could not be made durable; 75 stopped, run again to
  /// resume. The same on every rank.
  int exit_code = 70;
  /// Every unit was accepted or given up.
  bool complete = false;
  /// One line if something went wrong or the run was stopped.
  std::string message;

  // What follows is known on the master only.
  std::int32_t ranks = 0;
  double seconds = 0;
  std::uint64_t units_accepted = 0;   // over the whole life of the job
  std::uint64_t units_committed = 0;  // of them, in the newest durable generation
  std::uint64_t units_restored = 0;   // of them, found in the store at the start
  std::uint64_t units_failed = 0;
  std::uint64_t executions = 0;  // answers received over the whole life of the job
  std::uint64_t workers_lost = 0;
  std::uint64_t workers_replaced = 0;
  std::uint64_t restarts = 0;
  std::uint64_t generation = 0;
  std::uint64_t generations_published = 0;  // by this run
  double stall_ms_max = 0;                  // longest time the master stood still for one of them
  std::optional<std::int64_t> shared_value;
  Bytes shared_witness;
  std::vector<FailedUnitReport> failures;
  /// This rank began as a worker and took over from a master that had died or fallen silent.
  bool took_over = false;
  std::uint64_t units_handed_in = 0;  // accepted from what workers had kept, after that
  /// Another owner has the store now: a worker that took over from this rank, or another run.
  bool fenced = false;
  /// A call to the store never returned (a hung disk or file server), so a thread was left behind
  /// in it. Where the farm ends MPI it also ends the process then, by _exit with `exit_code`, when
  /// it is destroyed; an application that ends MPI itself should do the same.
  bool store_hangs = false;
  /// The same for MPI_Comm_spawn of a replacement: MPI_Finalize might not return either, and must
  /// not be called.
  bool spawn_hangs = false;

  /// One JSON object on one line, with the fields that every Steadfarm program prints, and
  /// `answer` (a JSON text) under that name. `extra` (a JSON object) is merged in.
  [[nodiscard]] std::string json(const std::string& answer, const std::string& extra = "{}") const;
};

}  // namespace steadfarm
