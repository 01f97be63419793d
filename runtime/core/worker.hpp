// The worker's machine: queue, one running unit, answers kept until they are acknowledged. Pure, as
// the master's.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "core/options.hpp"
#include "core/shelf.hpp"
#include "core/silence.hpp"
#include "wire/messages.hpp"

namespace steadfarm::core {

// ---- events ----
struct WorkerStarted {};
struct WorkerTick {};
struct WorkerMessage {
  wire::Message message;
};
/// The running unit ended. Key and attempt of the view are filled in by the machine.
struct UnitDone {
  wire::AnswerView answer;
  TimeUs started_at = 0;  // if something was done between Execute and the unit's start
  // The result may stay here: this is what the folds take of it, in place of the payload. As long
  // as the answer.
  std::optional<ByteView> reduced{};
};
/// The running unit found a better shared value.
struct SharedFound {
  SharedValue shared;
};
/// The running unit has saved its state, as its safe point asked it to.
struct StateSaved {
  std::uint64_t sequence = 0;  // safe points behind it since the unit was started anew
  std::shared_ptr<const Bytes> state;
};
/// The running unit ended at a safe point that told it to leave. Its state was saved before.
struct UnitLeft {};
/// What SealShard asked for is durable.
struct ShardDurable {
  ShardInfo shard;
};
/// It is not, and may be tried again.
struct ShardFailed {
  Error error;
};
/// The disk has come a step further with it.
struct ShardMoved {};
/// Somebody else is to be the master: Hello goes to it, and answers wait until it says Welcome.
struct MasterChanged {
  bool is_there = false;  // it has the store; else it may never be the master
};
/// A process that WatchProcesses named has ended.
struct ProcessEnded {
  Rank rank;
};
using WorkerEvent =
    std::variant<WorkerStarted, WorkerTick, WorkerMessage, UnitDone, SharedFound, StateSaved,
                 UnitLeft, ShardDurable, ShardFailed, ShardMoved, MasterChanged, ProcessEnded>;

/// What a unit at a safe point should do.
enum class SafePoint : std::uint8_t {
  go_on,  // nobody needs its state now
  save,   // hand the state over and go on
  leave,  // hand the state over and end there: the run is being stopped
};

// ---- actions ----
struct WorkerSend {
  wire::Message message;
};
/// Run this unit and come back with UnitDone. `payload` stays valid until then.
struct Execute {
  UnitKey key;
  Attempt attempt;
  ByteView payload;
  std::uint64_t job_seed = 0;
  std::uint64_t saved_sequence = 0;  // of the state to go on from; 0: none
  ByteView saved_state{};            // valid as long as the payload
};
/// Units that start or are running should see this value.
struct SharedChanged {
  SharedValue shared;
};
struct Exit {
  int exit_code = 0;
  std::string reason;
};
/// Shards may be written for this owner, from now on.
struct OpenShards {
  ShardGrant grant;
};
/// Put this result at the end of the shard that fills. The view is that of the event.
struct KeepResult {
  UnitKey key;
  ByteView result;
};
/// Make the shard that fills durable and come back with ShardDurable or ShardFailed; the next
/// results go into another one. `again`: the one that failed, under a new name.
struct SealShard {
  bool again = false;
};
/// Look at these processes on this machine, and no others, and come back with ProcessEnded, also
/// for one that has ended already.
struct WatchProcesses {
  std::vector<wire::Process> processes;
};
using WorkerAction = std::variant<WorkerSend, Execute, SharedChanged, Exit, OpenShards, KeepResult,
                                  SealShard, WatchProcesses>;
using WorkerActions = std::vector<WorkerAction>;

class WorkerMachine {
 public:
  WorkerMachine(WorkerOptions options, TimeUs now);

  void step(TimeUs now, WorkerEvent event, WorkerActions& out);
  /// The running unit is at a safe point, where it can save its state.
  [[nodiscard]] SafePoint safe_point(TimeUs now);

  [[nodiscard]] bool executing() const { return executing_; }
  [[nodiscard]] bool exiting() const { return exiting_; }
  /// A unit that saves is to leave.
  [[nodiscard]] bool stopping() const { return stopping_ || exiting_; }
  [[nodiscard]] std::uint64_t queued_count() const { return queued_; }
  [[nodiscard]] Session session() const { return session_; }
  [[nodiscard]] const std::optional<SharedValue>& shared() const { return shared_; }
  /// Of the unit that is executed; it does not change meanwhile.
  [[nodiscard]] Attempt running_attempt() const { return running_attempt_; }
  [[nodiscard]] std::uint64_t retained_bytes() const { return retained_bytes_; }

 private:
  struct Batch {
    wire::UnitBatch units;
    std::size_t next_head = 0;
    std::size_t byte_offset = 0;
    std::size_t next_saved = 0;
    std::size_t state_offset = 0;
    std::size_t next_run = 0;
    std::uint64_t next_in_run = 0;
  };

  void on(WorkerStarted& event, WorkerActions& out);
  void on(WorkerTick& event, WorkerActions& out);
  void on(WorkerMessage& event, WorkerActions& out);
  void on(UnitDone& event, WorkerActions& out);
  void on(SharedFound& event, WorkerActions& out);
  void on(StateSaved& event, WorkerActions& out);
  void on(UnitLeft& event, WorkerActions& out);
  void on(ShardDurable& event, WorkerActions& out);
  void on(ShardFailed& event, WorkerActions& out);
  void on(ShardMoved& event, WorkerActions& out);
  void on(MasterChanged& event, WorkerActions& out);
  void on(ProcessEnded& event, WorkerActions& out);  // in worker_neighbours.cpp

  void on_body(wire::Welcome& m, Session session, WorkerActions& out);
  void on_body(wire::Assign& m, Session session, WorkerActions& out);
  void on_body(wire::Ack& m, Session session, WorkerActions& out);
  void on_body(wire::Beat& m, Session session, WorkerActions& out);
  void on_body(wire::Shared& m, Session session, WorkerActions& out);
  void on_body(wire::EpochOpen& m, Session session, WorkerActions& out);
  void on_body(wire::Recall& m, Session session, WorkerActions& out);
  void on_body(wire::Stop& m, Session session, WorkerActions& out);
  void on_body(wire::Shutdown& m, Session session, WorkerActions& out);
  void on_body(wire::Neighbours& m, Session session, WorkerActions& out);  // as well
  template <class Other>
  void on_body(Other& m, Session session, WorkerActions& out);

  void begin_session(Session session, WorkerActions& out);
  // worker_retention.cpp: what is kept for a later master
  void begin_term(WorkerActions& out);
  void hand_in_if_due(WorkerActions& out);
  void hand_in(WorkerActions& out);
  void send_hand_in(WorkerActions& out);
  void retain(std::uint32_t delta, std::shared_ptr<const wire::AnswerBatch> answers);
  void forget_durable(std::uint32_t delta);
  [[nodiscard]] std::optional<std::uint64_t> running_digest() const;

  void add_bound(wire::AnswerView& answer) const;
  [[nodiscard]] bool mark_seen(std::uint32_t assign_seq);
  void drop_queue();
  [[nodiscard]] wire::Returned::Unit give_back_last();
  [[nodiscard]] bool may_execute() const;
  void execute_next(WorkerActions& out);
  [[nodiscard]] Execute take_next();
  void acknowledge_epoch(WorkerActions& out);
  [[nodiscard]] bool stays_here(const UnitDone& event) const;
  [[nodiscard]] bool shelf_waits() const;
  void drive_shelf(WorkerActions& out);
  void watch_shelf(WorkerActions& out);
  void report(WorkerActions& out);
  void say_hello(WorkerActions& out);
  void say_hello(Session session, WorkerActions& out) const;
  void send_report(const wire::Report& report, WorkerActions& out);
  [[nodiscard]] bool rests() const { return !executing_ && queued_ == 0; }
  [[nodiscard]] bool idle() const { return rests() && shelf_.count() == 0; }
  [[nodiscard]] bool must_report() const;
  // A later master must hear first by what our answers may be pruned.
  [[nodiscard]] bool may_report() const { return welcomed_ && hand_in_by_ < 0; }
  void send(wire::Body body, WorkerActions& out);
  void leave(int exit_code, std::string reason, WorkerActions& out);

  WorkerOptions options_;
  TimeUs now_ = 0;
  Session session_;
  std::uint64_t job_seed_ = 0;
  bool has_seed_ = false;  // some master has said Welcome
  bool welcomed_ = false;  // the present one has
  bool master_spoke_ = false;
  bool stopping_ = false;
  bool exiting_ = false;

  std::deque<Batch> queue_;
  std::deque<Batch> spent_;  // holds the running unit's payload
  std::uint64_t queued_ = 0;
  std::uint64_t last_assign_units_ = 1;
  bool executing_ = false;
  UnitKey running_key_;
  Attempt running_attempt_;
  TimeUs running_since_ = 0;
  bool running_saves_ = false;  // the running unit has been at a safe point
  TimeUs partial_due_ = 0;      // when its state goes out though nobody asks
  Epoch epoch_open_;            // waits for what follows; 0: none
  bool epoch_state_ = false;    // the running unit's state
  bool epoch_shelf_ = false;    // what was on the shelf when it was opened
  // Ran when a new session began. The master did not know that and may hand it out to us again;
  // once it is done there is nothing left to do.
  std::optional<UnitKey> carried_;
  std::optional<std::uint64_t> carried_digest_;
  bool carried_done_ = false;
  ByteView running_payload_;
  std::optional<StateSaved> last_saved_;  // by the running unit, if somebody may take over

  std::shared_ptr<wire::AnswerBatch> outbox_;
  TimeUs outbox_since_ = 0;
  std::uint32_t executed_ = 0;
  std::uint64_t busy_us_ = 0;
  std::uint64_t busy_us_squared_ = 0;
  std::uint64_t longest_us_ = 0;
  std::deque<wire::Report> unacked_;
  std::uint64_t unacked_bytes_ = 0;
  std::uint32_t report_seq_ = 0;

  Shelf shelf_;
  ShardGrant shards_;
  bool seal_first_ = false;  // before the next unit is executed
  TimeUs rests_since_ = -1;  // nothing to do since; -1: busy
  Silence shelf_silence_;    // of the disk: since it last came a step further
  TimeUs shelf_failing_since_ = -1;
  TimeUs shelf_retry_at_ = -1;  // -1: not waiting for a retry
  std::uint32_t shelf_failures_ = 0;
  std::string shelf_trouble_;
  bool shelf_hopeless_ = false;  // the file system lacks what a shard needs
  struct Retained {
    std::uint32_t delta = 0;  // the first one that holds it
    std::shared_ptr<const wire::AnswerBatch> answers;
  };
  std::deque<Retained> retained_;  // accepted, and not known to be durable
  std::uint64_t retained_bytes_ = 0;
  std::optional<wire::HandIn> handed_in_;  // and not acknowledged yet
  TimeUs handed_in_at_ = 0;
  TimeUs hand_in_by_ = -1;     // nothing is answered to the new master before; -1: it has been done
  std::uint32_t durable_ = 0;  // deltas of this term up to here are durable

  std::vector<wire::Process> neighbours_;  // watched for the master
  std::uint32_t recalls_seen_ = 0;         // the newest of this session
  std::uint32_t assigns_seen_ = 0;         // all of this session up to here
  std::set<std::uint32_t> seen_beyond_;    // arrived out of order

  std::optional<SharedValue> shared_;
  bool shared_unechoed_ = false;  // found here, and the master has not said as much yet
  std::uint64_t shared_version_ = 0;

  Silence master_silence_;
  bool sought_ = false;  // somebody else was to be the master, and none has spoken since
  TimeUs last_tick_ = 0;
  TimeUs hello_at_ = 0;
  TimeUs heartbeat_at_ = 0;
  TimeUs reported_at_ = 0;
  TimeUs resent_at_ = 0;
  std::uint64_t heartbeat_seq_ = 0;
};

}  // namespace steadfarm::core
