// The messages between master and workers, one struct each. FORMAT.md beside this file has the
// bytes; core/PROTOCOL.md has the meaning. Every message may be lost, doubled, late or out of order
// without harm to the result.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/shard.hpp"
#include "base/shared_value.hpp"
#include "steadfarm/types.hpp"
#include "steadfarm/unit_hints.hpp"

namespace steadfarm::wire {

/// Identifies one start of one job, so that strays are refused.
using JobId = Strong<struct JobIdTag, std::uint64_t>;

// ---- packed batches -------------------------------------------------------------------------

/// Units with their payloads packed end to end, and runs of index units that need no payload.
struct UnitBatch {
  struct Head {
    UnitKey key;
    Attempt attempt;
    std::uint64_t payload_bytes = 0;
    friend bool operator==(const Head&, const Head&) = default;
  };
  struct Run {
    std::uint64_t begin = 0;
    std::uint64_t count = 0;
    Attempt attempt;
    friend bool operator==(const Run&, const Run&) = default;
  };
  /// A head that goes on from what an earlier execution has saved.
  struct Saved {
    std::uint32_t head = 0;      // its place among the heads
    std::uint64_t sequence = 0;  // from 1; see Partial
    std::uint64_t state_bytes = 0;
    friend bool operator==(const Saved&, const Saved&) = default;
  };
  std::vector<Head> heads;
  std::vector<Run> runs;
  std::vector<Saved> saved;  // rising by head
  Bytes bytes;               // the payloads, end to end
  Bytes states;              // the saved states, end to end

  void add(const UnitKey& key, Attempt attempt, ByteView payload);
  /// For the head that was added last.
  void add_saved(std::uint64_t sequence, ByteView state);
  void add_run(std::uint64_t begin, std::uint64_t count, Attempt attempt);
  [[nodiscard]] std::uint64_t byte_count() const { return bytes.size() + states.size(); }
  [[nodiscard]] std::uint64_t unit_count() const;
  friend bool operator==(const UnitBatch&, const UnitBatch&) = default;
};

enum class AnswerStatus : std::uint8_t { done = 0, failed = 1 };

struct Child {
  std::int32_t priority = 0;
  ByteView payload;
  UnitHints hints{};
};

/// One executed unit as read from or put into an AnswerBatch. Views borrow from the batch.
struct AnswerView {
  UnitKey key;
  Attempt attempt;
  AnswerStatus status = AnswerStatus::done;
  ByteView payload;  // the result, what folds take of a sharded one, or the message if it failed
  std::optional<std::int64_t> proposal_value;
  ByteView proposal_witness;
  std::vector<Child> children;
  std::optional<ShardPlace> place{};  // of a result that lies in a shard
  /// Of the payload that was executed; only where a take-over is possible, and only for spawned
  /// units: under a later master another payload may bear the same key.
  std::optional<std::uint64_t> unit_digest{};
};

/// Answers packed end to end.
class AnswerBatch {
 public:
  void add(const AnswerView& answer);
  void append(const AnswerBatch& more);
  [[nodiscard]] std::uint64_t size() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  /// Takes foreign bytes; false if they do not hold `count` well-formed answers.
  [[nodiscard]] bool adopt(std::uint64_t count, ByteView bytes);
  /// Calls visit(const AnswerView&) for each answer in order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    AnswerView view;
    std::size_t at = 0;
    for (std::uint64_t i = 0; i < count_; ++i) {
      at = read_at(at, view);
      visit(static_cast<const AnswerView&>(view));
    }
  }
  friend bool operator==(const AnswerBatch&, const AnswerBatch&) = default;

 private:
  // Reads the answer at offset `at`; returns the offset after it, or npos if it is malformed.
  [[nodiscard]] std::size_t read_at(std::size_t at, AnswerView& view) const;

  std::uint64_t count_ = 0;
  Bytes bytes_;
};

// ---- worker to master -----------------------------------------------------------------------

/// First word of a worker; repeated until a Welcome comes.
struct Hello {
  std::string host;
  std::uint32_t pid = 0;
  bool concurrent = false;  // heartbeats come from a thread of their own
  // So that somebody on the same host can watch the process: which kernel, and which numbering of
  // processes, `pid` belongs to (empty: not known), and when the process started, in ticks.
  std::string machine{};
  std::uint64_t started = 0;
  // Of the program, as driver/own_program.hpp has it: all ranks must be one. Empty: not known.
  std::string build{};
  friend bool operator==(const Hello&, const Hello&) = default;
};

/// Answers, and a request for more work. Kept by the worker until acknowledged.
struct Report {
  std::uint32_t report_seq = 0;       // rises over the worker's life; 0: carries no answers
  std::uint32_t assigns_seen = 0;     // all Assigns of this session up to here have arrived
  bool idle = false;                  // nothing queued, nothing running
  std::uint32_t unacked = 0;          // reports not acknowledged yet, this one included
  std::uint64_t shared_version = 0;   // newest shared value seen
  std::uint32_t executed = 0;         // units measured by the next two fields
  std::uint64_t busy_us = 0;          // sum of their durations
  std::uint64_t busy_us_squared = 0;  // sum of squares, saturating
  std::uint64_t longest_us = 0;       // the longest of them
  std::uint32_t kept = 0;             // executed units whose answers wait for a shard to be durable
  std::shared_ptr<const AnswerBatch> answers;  // never null
  friend bool operator==(const Report& a, const Report& b);
};

struct Heartbeat {
  std::uint64_t seq = 0;
  bool at_safe_points = false;  // the worker has no thread for it: silent while it is in a unit
  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

/// All answers finished before EpochOpen came have been sent, and so has what the running unit had
/// to save.
struct EpochAck {
  Epoch epoch;
  friend bool operator==(const EpochAck&, const EpochAck&) = default;
};

/// A better shared value in the middle of a unit. Advisory: the unit's answer carries it again.
struct Propose {
  SharedValue shared;
  friend bool operator==(const Propose&, const Propose&) = default;
};

/// What the running unit has saved at a safe point. `sequence` counts the safe points of the unit
/// since it was started anew, over all executions that went on from each other: a higher one is
/// further on. Advisory: if it is lost, the next execution repeats more.
struct Partial {
  UnitKey key;
  Attempt attempt;
  std::uint64_t sequence = 0;          // from 1
  std::shared_ptr<const Bytes> state;  // never null
  friend bool operator==(const Partial& a, const Partial& b) {
    return a.key == b.key && a.attempt == b.attempt && a.sequence == b.sequence &&
           *a.state == *b.state;
  }
};

/// Answers a Recall: these units, which were never started here, will not be executed here under
/// these attempts.
struct Returned {
  struct Unit {
    UnitKey key;
    Attempt attempt;
    friend bool operator==(const Unit&, const Unit&) = default;
  };
  std::uint32_t recall_seq = 0;  // of the Recall
  std::vector<Unit> units;
  friend bool operator==(const Returned&, const Returned&) = default;
};

/// This worker cannot write its shards, and tries again. For the user.
struct Trouble {
  std::string text;
  friend bool operator==(const Trouble&, const Trouble&) = default;
};

/// What a worker still has when a later master takes over: answers that are not known to be
/// durable, and the unit that it is executing. Kept and repeated until acknowledged.
struct HandIn {
  struct Running {
    UnitKey key;
    Attempt attempt;
    std::optional<std::uint64_t> unit_digest;  // as in AnswerView
    friend bool operator==(const Running&, const Running&) = default;
  };
  std::uint32_t report_seq = 0;       // from 1, counted with the Reports
  std::optional<SharedValue> shared;  // the best known here; what is handed in may be pruned by it
  std::optional<Running> running;
  std::shared_ptr<const AnswerBatch> answers;  // never null
  friend bool operator==(const HandIn& a, const HandIn& b) {
    return a.report_seq == b.report_seq && a.shared == b.shared && a.running == b.running &&
           *a.answers == *b.answers;
  }
};

struct Goodbye {
  friend bool operator==(const Goodbye&, const Goodbye&) = default;
};

/// This unit has run for longer than it may and does not listen. The process ends itself.
struct Overdue {
  UnitKey key;
  Attempt attempt;
  friend bool operator==(const Overdue&, const Overdue&) = default;
};

/// A process of this job, so that it cannot be taken for another one on the same machine.
struct Process {
  Rank rank;
  std::uint32_t pid = 0;  // these two: see Hello
  std::uint64_t started = 0;
  friend bool operator==(const Process&, const Process&) = default;
};

/// This process, which is on the sender's own machine and is not the sender, has ended.
struct Ended {
  Process process;
  friend bool operator==(const Ended&, const Ended&) = default;
};

// ---- master to worker -----------------------------------------------------------------------

/// Opens a session. A worker that sees a higher session than its own drops what it has queued.
struct Welcome {
  std::uint64_t job_seed = 0;
  ShardGrant shards{};
  OwnerEpoch owner_epoch{};      // of the master's store; 0: nobody can take over from it
  std::uint64_t job_digest = 0;  // of what the job is: who takes over must know the same
  // Shards that were written for owners from this one on count, and have not been tidied away.
  OwnerEpoch shards_from{};
  friend bool operator==(const Welcome&, const Welcome&) = default;
};

struct Assign {
  std::uint32_t assign_seq = 0;  // from 1 within the session
  UnitBatch units;
  friend bool operator==(const Assign&, const Assign&) = default;
};

/// Give back up to so many units from the end of the queue; never one that was started.
struct Recall {
  std::uint32_t recall_seq = 0;  // from 1 within the session
  std::uint64_t units = 0;
  friend bool operator==(const Recall&, const Recall&) = default;
};

/// The report has been taken in: its answers are accepted or refused for good.
struct Ack {
  std::uint32_t report_seq = 0;
  std::uint32_t delta = 0;  // the first one that holds what was accepted; 0: nobody takes over
  friend bool operator==(const Ack&, const Ack&) = default;
};

struct Shared {
  std::uint64_t version = 0;
  SharedValue shared;
  friend bool operator==(const Shared&, const Shared&) = default;
};

struct EpochOpen {
  Epoch epoch;
  friend bool operator==(const EpochOpen&, const EpochOpen&) = default;
};

/// The master lives.
struct Beat {
  std::uint32_t durable = 0;  // deltas up to this one are durable; 0: not said here
  friend bool operator==(const Beat&, const Beat&) = default;
};

/// Drop what is queued, finish what runs, report.
struct Stop {
  friend bool operator==(const Stop&, const Stop&) = default;
};

/// Say goodbye and leave with this exit code.
struct Shutdown {
  std::int32_t exit_code = 0;
  friend bool operator==(const Shutdown&, const Shutdown&) = default;
};

/// The workers that are lost or have left, for those who may have to talk to each other.
struct Roster {
  std::vector<Rank> gone;
  friend bool operator==(const Roster&, const Roster&) = default;
};

/// Processes on the worker's own machine that it should see end: these, and no others.
struct Neighbours {
  std::vector<Process> processes;
  friend bool operator==(const Neighbours&, const Neighbours&) = default;
};

// ---- worker to worker, when the master is lost ----------------------------------------------

/// I want to take over from the master of the term that the session says.
struct Claim {
  bool certain = false;  // the transport itself says that the master is dead
  friend bool operator==(const Claim&, const Claim&) = default;
};

enum class Verdict : std::uint8_t { yes = 0, master_lives = 1, follow = 2 };

/// Answers a Claim.
struct Consent {
  Verdict verdict = Verdict::yes;
  Rank follow;  // whom the sender follows or means to; counts with Verdict::follow
  friend bool operator==(const Consent&, const Consent&) = default;
};

using Body = std::variant<Hello, Report, Heartbeat, EpochAck, Propose, Goodbye, Welcome, Assign,
                          Ack, Shared, EpochOpen, Beat, Stop, Shutdown, Partial, Recall, Returned,
                          Overdue, Trouble, HandIn, Roster, Claim, Consent, Neighbours, Ended>;

/// `session` is the sender's view of the conversation; 0 before the first Welcome.
struct Message {
  Session session;
  Body body;
  friend bool operator==(const Message&, const Message&) = default;
};

inline constexpr std::uint16_t kMagic = 0x4653;  // "SF"
inline constexpr std::uint8_t kVersion = 2;
inline constexpr std::size_t kHeaderBytes = 20;

[[nodiscard]] Bytes encode(JobId job, const Message& message);

/// Errors: `invalid` for anything that is not a well-formed message, `foreign` for another job's,
/// `unsupported` for one of another version of the protocol, whatever else is in it.
[[nodiscard]] Result<Message> decode(JobId job, ByteView bytes);

/// A rank that speaks another version of the protocol. Header, the beginning of Hello and Shutdown
/// keep their form in every version, so that such a rank can be named and sent away.
struct Stranger {
  std::uint8_t version = 0;
  JobId job;
  std::string host;
  std::string build;  // empty in version 1
};
/// Nothing if these bytes are no Hello of another version.
[[nodiscard]] std::optional<Stranger> read_stranger(ByteView bytes);
/// A Shutdown that such a rank understands.
[[nodiscard]] Bytes shutdown_for(const Stranger& stranger, std::int32_t exit_code);

}  // namespace steadfarm::wire
