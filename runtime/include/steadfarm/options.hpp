// How a farm runs. None of it changes what the answer is, except `seed` and `identity`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace steadfarm {

/// Relative paths begin in the folder that is current where the farm is made, on each rank: the
/// farm makes them absolute there, so that nothing changes when a unit or the program goes
/// elsewhere, and Farm::options() gives them in that form.
struct Options {
  /// Folder for checkpoints, on storage that every rank sees. Empty: nothing is durable.
  std::string store;
  /// Discard what the store holds, also another job's.
  bool fresh = false;
  /// Who may read the store: "private" (you alone: folders 0700, files 0400) or "group" (the
  /// folder's group as well: 0750 and 0440). A start with another mode changes all of it. Log and
  /// report stay private.
  std::string mode = "private";
  /// Seconds between checkpoints; 0: as `mtbf_s` and the measured cost of a checkpoint suggest
  /// (J. T. Daly, FGCS 22, 2006), at least 1.
  double interval_s = 30;
  /// Mean seconds between failures of this job on this machine, for `interval_s` 0.
  double mtbf_s = 0;
  /// Bytes of results and units in the master's memory that are not on disk yet. Above it nothing
  /// is handed out until a checkpoint has been written. Needs `store`.
  std::uint64_t buffer_bytes = 512ULL << 20U;
  /// Seconds for which a file of the store that cannot be read, or seen, is tried again when the
  /// store is opened; above the 60 for which NFS may take what it has cached for true. Then the
  /// start ends with exit code 74, and nothing was changed. 0: it is not tried again.
  double read_patience_s = 90;
  /// Generations that stay in the store; at least 2.
  std::uint32_t keep = 3;
  /// How many units an asking worker gets, and which. R units are left for P workers:
  /// - "dynamic": as many as take about 20 ms, fewer towards the end.
  /// - "fixed": `chunk` units.
  /// - "guided": ceil(R / P) (Polychronopoulos, Kuck 1987).
  /// - "factoring": batches of P chunks of ceil(R / 2P) (Hummel, Schonberg, Flynn 1992).
  /// - "trapezoid": from ceil(R / 2P) down to one in equal steps (Tzeng, Ni 1993).
  /// - "weighted": as factoring, times the worker's speed (Hummel and others 1996); see `speeds`.
  /// - "least-loaded": as dynamic, by each worker's own speed, and no worker gets more than a
  ///   message ahead of the least loaded one.
  /// - "round-robin", "random", "hash", "affinity": sized as dynamic, but every unit is placed with
  ///   a worker: in turn, by lot from `seed`, by its key, by the affinity it was submitted with. A
  ///   worker that would be idle gets what was placed elsewhere; under hash and affinity only from
  ///   one that has more than a quarter above the mean (Mirrokni and others 2018).
  /// A fold in key order needs the units by index: there nothing is placed, only the sizes count.
  /// docs/policies.md compares them.
  std::string policy = "dynamic";
  /// Units; at least 1. A message's for "fixed", the least a message for "guided", "factoring",
  /// "trapezoid" and "weighted", and what "round-robin" deals at a time.
  std::uint32_t chunk = 1;
  /// Relative speeds of the workers in the order of their ranks, for "weighted"; above 0. Used in
  /// turn if they are fewer than the workers. Empty: speeds are measured.
  std::vector<double> speeds;
  /// Units that may wait at a worker; 0: as many as their times suggest.
  std::uint32_t prefetch = 0;
  /// What happens to a unit that takes far longer than others, or than it has declared, when a
  /// worker has nothing else to do: "twice" executes it a second time there, and the first answer
  /// counts; "wait" waits. A unit whose UnitHints say that it is not repeatable is waited for in
  /// either case. Choose "wait" if units have side effects.
  std::string stragglers = "twice";
  /// Seconds between signs of life.
  double heartbeat_s = 1;
  /// Seconds of silence before a worker is lost and its units go to others. One whose heartbeats
  /// had come regularly is lost from half of it on; see core/PROTOCOL.md, section 2.
  double timeout_s = 10;
  /// Seconds that one execution of a unit may take; 0: as long as it likes. A unit that comes by
  /// safe points (Context::save, shared_value) is ended there by an exception, which counts as a
  /// failed try. One that does not ends its worker's process, which counts against the unit: see
  /// `executions` and the quarantine after three dead workers. A worker on the master's own rank is
  /// not ended.
  double unit_timeout_s = 0;
  /// What happens when the master dies: "off": the run ends, to be started again. "auto" and "on"
  /// let a worker take over in the same job, where the launcher lets the others live; it needs
  /// `store` and MPI_THREAD_MULTIPLE, and with "auto" an HDF5 library that is thread-safe, because
  /// units may use it. With "on" a run that lacks one of these is refused. Every rank must submit
  /// the same units and have the same folds; one that does not never takes over. After a take-over
  /// units and folds run on two threads of the new master's process, as with `master_works`, and
  /// the outcome is that rank's, with `took_over`: if folds and units must not meet on two threads,
  /// take "off".
  std::string takeover = "auto";
  /// Bytes of accepted results that a worker keeps for a later master until they are durable. Above
  /// it the oldest are dropped, and their units executed again if the master dies.
  std::uint64_t retain_bytes = 64ULL << 20U;
  /// When the allocation ends, in seconds since 1970; 0: SLURM_JOB_END_TIME, if that is set. Half a
  /// minute earlier the run checkpoints and stops (exit code 75), and units that would not end by
  /// then, by the mean and spread of those so far, are not handed out.
  double deadline_unix_s = 0;
  /// The same, in seconds from the start of the run; 0: any time. The sooner of both counts.
  double walltime_s = 0;
  /// Executions of a unit that may fail, the first one included: after so many failed ones the unit
  /// is given up. 1: nothing is tried again.
  std::uint32_t executions = 3;
  /// The older name of `executions`, which it replaces if it is set: it counts the first execution
  /// too. The farm and add_options() move it there.
  std::optional<std::uint32_t> retries{};
  /// Source of every Context::seed().
  std::uint64_t seed = 1;
  /// Rank 0 computes as well: its units run on a second thread of the master's process, at the same
  /// time as the folds. The work function then must not share unguarded state with them, and where
  /// it calls MPI itself, MPI must have given MPI_THREAD_MULTIPLE.
  bool master_works = false;
  /// Lost workers are replaced in the background, by MPI_Comm_spawn of the same program with the
  /// same arguments; work never waits for it. For Open MPI, in a way of starting that survives the
  /// loss of a rank, where the farm calls MPI_Init (with MPI_THREAD_MULTIPLE) and works on all
  /// ranks.
  bool respawn = false;
  /// "auto" (a bar if standard error is a terminal, otherwise a line every ten seconds), "bar",
  /// "line" (one a second) or "off".
  std::string progress = "off";
  /// File for the event log (JSON lines); empty: none.
  std::string log;
  /// File for the report at the end (JSON); empty: none.
  std::string report;
  /// The program should print one JSON object as its last line; see Outcome::json.
  bool json = false;
  /// Say on standard error how the run starts and ends. Errors are always said.
  bool announce = false;
  /// SIGUSR1 checkpoints; SIGUSR2, SIGTERM and SIGINT checkpoint and stop. Without it no handler is
  /// installed, except that SIGPIPE, where it would end the process, no longer does: MPI may write
  /// to a worker that is dead.
  bool handle_signals = false;
  /// What job this is, in words: the program and every parameter that changes the result. A store
  /// of a job with another identity, seed, set of units, or other types is refused. Empty: a store
  /// is then only resumed by a program of the same file name, or by the same build.
  std::string identity;
  /// What happens if the store was written by another build of the program: "warn", "refuse" or
  /// "ignore".
  std::string same_program = "warn";
  /// For bindings, whose executable is an interpreter that says nothing of the program: what to
  /// take for the program's file name and for its build. Empty: those of the executable.
  std::string program;
  std::string build;
  /// Keep every unit's result in the store, to be read by unit key. Needs `store`. See also
  /// Farm::store_results.
  bool keep_results = false;
  /// Results of at least this many bytes stay with the workers, which write them into the store
  /// themselves, in files called shards: they do not pass through the master. 0: none. Needs
  /// results that are kept, and counts only if no fold wants to see whole results: see
  /// Farm::fold_reduced.
  std::uint64_t shard_bytes = 1ULL << 20U;
  /// Under a fold in key order results wait for their turn. No unit is handed out that is this many
  /// or more units after the lowest unfinished one, so that fewer results than this wait.
  std::uint64_t hold_units = 65'536;
  /// Above this many bytes of waiting results nothing new is handed out but the lowest unfinished
  /// unit. What is under way still comes in, so the memory for waiting results stays below this and
  /// the results of the units that workers hold.
  std::uint64_t hold_bytes = 64ULL << 20U;
  /// The communicator to work on, as a Fortran handle (MPI_Comm_c2f); none: all ranks. It is
  /// duplicated for the first farm on it, and never used itself. Farms on it run one after another,
  /// in the same order on all of its ranks.
  std::optional<std::int32_t> communicator;
};

}  // namespace steadfarm
