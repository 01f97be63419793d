// How a farm runs. None of it changes what the answer is, except `seed` and `identity`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace steadfarm {

struct Options {
  /// Folder for checkpoints, on storage that every rank sees. Empty: nothing is durable.
  std::string store;
  /// Discard what the store holds, also another job's.
  bool fresh = false;
  /// Seconds between checkpoints.
  double interval_s = 30;
  /// Generations that stay in the store; at least 2.
  std::uint32_t keep = 3;
  /// "dynamic" (messages sized by measured unit times) or "fixed" (`chunk` units a message).
  std::string policy = "dynamic";
  std::uint32_t chunk = 1;
  /// Units that may wait at a worker; 0: as many as their times suggest.
  std::uint32_t prefetch = 0;
  /// Seconds between signs of life.
  double heartbeat_s = 1;
  /// Seconds of silence before a worker is lost and its units go to others.
  double timeout_s = 10;
  /// Executions of a unit that throws before it is given up.
  std::uint32_t retries = 3;
  /// Source of every Context::seed().
  std::uint64_t seed = 1;
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
  /// SIGUSR1 checkpoints, SIGUSR2 and SIGTERM checkpoint and stop. Without it no handler is
  /// installed.
  bool handle_signals = false;
  /// What job this is, in words: the program and every parameter that changes the result. A store
  /// of a job with another identity, seed or set of units is refused.
  std::string identity;
  /// Keep every unit's result in the store, to be read by unit key. Needs `store`.
  bool keep_results = false;
  /// The communicator to work on, as a Fortran handle (MPI_Comm_c2f); none: all ranks. It is
  /// duplicated, never used itself.
  std::optional<std::int32_t> communicator;
};

}  // namespace steadfarm
