// What the pure machines are told at the start. All times are in microseconds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/shard.hpp"
#include "core/term.hpp"

namespace steadfarm::core {

inline constexpr TimeUs kSecondUs = 1'000'000;
inline constexpr TimeUs kNoDeadline = -1;

/// policy/names.hpp has their names; docs/policies.md says which one suits what.
enum class PolicyKind : std::uint8_t {
  dynamic,
  fixed,
  guided,
  factoring,
  trapezoid,
  round_robin,
  random,
  hash,
  weighted,
  least_loaded,
  affinity,
};

struct PolicyOptions {
  PolicyKind kind = PolicyKind::dynamic;
  // Units a message for `fixed`, the least for `guided`, `factoring`, `trapezoid` and `weighted`,
  // and what `round_robin` deals at a time.
  std::uint32_t chunk = 1;
  // Relative speeds of the workers by rank, used in turn if they are fewer, for `weighted`. Empty:
  // measured.
  std::vector<double> speeds{};
  std::uint32_t prefetch_max = 0;  // units that may wait at a worker; 0: bounded by time alone
  TimeUs message_us = 20'000;      // work that one message should carry
  std::uint32_t chunk_max = 4096;  // units a message, whatever they cost
  TimeUs prefetch_us = 1'000'000;  // a worker with more work than this gets none to wait behind it
};

/// What happens near the end, when somebody asks and nothing is ready; see core/master_tail.cpp.
struct TailOptions {
  bool take_back = true;          // unstarted units are taken back from the others
  TimeUs take_back_us = 2'000;    // and are worth it if they are this much work
  TimeUs patience_us = 20'000;    // for the answer of a worker that may be deep in a unit
  bool second_executions = true;  // a unit that takes far too long is executed a second time
  TimeUs straggler_us = 100'000;  // but never one that runs for less than this
};

/// Replacements of lost workers; see core/respawns.hpp.
struct RespawnOptions {
  std::uint32_t tries_max = 0;          // of a run; 0: lost workers are not replaced
  TimeUs patience_us = 30 * kSecondUs;  // until a replacement that is being started is given up
  TimeUs pause_us = 1 * kSecondUs;      // after a try that brought nothing; doubles
  // After any loss: a launcher that is still busy with a death may never finish a start.
  TimeUs settle_us = 1 * kSecondUs;
};

struct MasterOptions {
  std::uint64_t job_seed = 1;
  std::string machine{};  // of this process, as in wire::Hello
  std::string build{};    // of this program, the same; empty: not known, and nobody is refused
  PolicyOptions policy;
  TailOptions tail;
  RespawnOptions respawn;
  std::uint32_t tries_max = 3;   // executions of a unit that throws, before it is given up
  std::uint32_t deaths_max = 3;  // workers that may die with a unit before it is quarantined
  bool keep_results = false;     // results go into the store, not only to the fold
  bool has_store = false;
  // Results may lie in shards of these owner epochs on; 0: in none.
  ShardGrant shards{};
  OwnerEpoch shards_from;
  bool lossless = true;  // the transport loses nothing between live peers
  // Results are also folded by unit index. Then units may not spawn, and go out by index.
  bool ordered = false;
  std::uint64_t hold_units_max = 65'536;        // handed out from the lowest unfinished one on
  std::uint64_t hold_bytes_max = 64ULL << 20U;  // held above it: nothing new goes out ahead
  TimeUs heartbeat_us = 1 * kSecondUs;
  TimeUs timeout_us = 10 * kSecondUs;          // silence before a worker is lost
  TimeUs startup_timeout_us = 60 * kSecondUs;  // silence before a worker that never spoke is lost
  TimeUs unit_timeout_us = 0;                  // a unit may run so long; 0: as long as it likes
  TimeUs interval_us = 30 * kSecondUs;         // between epochs
  TimeUs mtbf_us = 0;  // if set, the interval follows from it and the measured cost of an epoch
  TimeUs epoch_collect_us = 200'000;            // how long an epoch waits for the workers
  TimeUs shard_collect_us = 5 * kSecondUs;      // the same if some of them have shards to write
  TimeUs resend_us = 2 * kSecondUs;             // patience with a lossy transport
  TimeUs stop_grace_us = 5 * kSecondUs;         // for running units when the run is stopped
  TimeUs deadline_us = kNoDeadline;             // when all has to be over, on the master's clock
  TimeUs deadline_reserve_us = 30 * kSecondUs;  // of it, for the stop: so long before, work ends
  TimeUs stop_end_us = 6 * kSecondUs;           // after that grace, for the end state
  TimeUs goodbye_us = 3 * kSecondUs;            // for the workers' goodbyes
  TimeUs store_retry_us = 1 * kSecondUs;        // first pause after a failed generation; doubles
  TimeUs store_patience_us = 60 * kSecondUs;    // how long a full memory waits for a broken store
  // How long one step of the store may take: the sync of a full segment is one, on a slow disk too.
  TimeUs store_stall_us = 30 * kSecondUs;
  std::uint64_t undurable_bytes_max = 512ULL << 20U;  // above it nothing is handed out; above half
                                                      // of it a checkpoint is opened
  std::uint64_t assign_bytes_max = 1ULL << 20U;       // payload bytes a message, above one unit
  std::uint64_t partial_bytes_max = 512ULL << 20U;  // saved states of all units; then old ones stay
  // What follows matters where a worker can take over from a dead master.
  bool takeover = false;
  Term term;                                      // of this master; above 0: it has taken over
  OwnerEpoch owner_epoch;                         // of its store
  std::uint64_t job_digest = 0;                   // of what the job is
  std::vector<Rank> awaited{};                    // after a take-over: workers that will hand in
  TimeUs settle_us = 2 * kSecondUs;               // how long they are waited for
  std::uint64_t orphan_bytes_max = 64ULL << 20U;  // handed in, and the parent is not accepted yet
};

struct WorkerOptions {
  std::string host;
  std::uint32_t pid = 0;
  std::string machine{};  // these two: see wire::Hello
  std::uint64_t started = 0;
  std::string build{};     // of the program
  bool concurrent = true;  // a thread of its own sends heartbeats
  bool lossless = true;
  bool takeover = false;                      // answers are kept until durable, for a later master
  TimeUs hello_us = 1 * kSecondUs;            // between Hellos until a Welcome comes
  TimeUs heartbeat_us = 1 * kSecondUs;        // only used below MPI_THREAD_MULTIPLE
  TimeUs master_timeout_us = 30 * kSecondUs;  // silence before the worker ends itself
  TimeUs startup_timeout_us = 600 * kSecondUs;  // the same before its first word
  TimeUs report_us = 5'000;                     // answers wait no longer than this for company
  TimeUs idle_report_us = 1 * kSecondUs;        // an idle worker asks again
  TimeUs resend_us = 2 * kSecondUs;
  // A running unit's state goes out when a checkpoint asks, when the run is stopped, and as often
  // as this: its size says how much more seldom.
  TimeUs partial_us = 1 * kSecondUs;
  std::uint64_t partial_step_bytes = 1ULL << 20U;  // each of these adds partial_us
  std::uint64_t report_bytes = 256ULL << 10U;      // answers are sent when they reach this
  std::uint64_t retain_bytes = 256ULL << 20U;      // unacknowledged answers before it stops working
  // Results from `shard_bytes_min` on stay here, in shards; 0: none. A shard is sealed when it has
  // `shard_bytes_max`, when a checkpoint asks, when this worker has had nothing else to do for
  // `shard_rest_us`, at a stop, and after a unit that took `shard_long_us`.
  std::uint64_t shard_bytes_min = 0;
  std::uint64_t shard_bytes_max = 64ULL << 20U;
  TimeUs shard_rest_us = 50'000;
  TimeUs shard_long_us = 10 * kSecondUs;
  TimeUs shard_retry_us = 500'000;            // first pause after a shard that failed; doubles
  TimeUs shard_patience_us = 60 * kSecondUs;  // with a disk that fails, then the worker leaves
  TimeUs shard_stall_us = 30 * kSecondUs;     // with one that stands still
  // Accepted answers that are kept for a later master; above it the oldest are dropped, and
  // executed again if the master dies.
  std::uint64_t hand_in_bytes_max = 64ULL << 20U;
  // What is handed in to a later master waits so long for the shards that are being written; less
  // than the master's `settle_us`.
  TimeUs hand_in_wait_us = 1 * kSecondUs;
};

}  // namespace steadfarm::core
