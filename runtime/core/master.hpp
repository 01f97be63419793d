// The master's machine: one event in, an ordered batch of actions out. Pure: no clock, no file, no
// thread, no random source. PROTOCOL.md beside this file says why a result counts exactly once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/action.hpp"
#include "core/delta_log.hpp"
#include "core/epochs.hpp"
#include "core/event.hpp"
#include "core/membership.hpp"
#include "core/neighbours.hpp"
#include "core/options.hpp"
#include "core/ordered_hold.hpp"
#include "core/orphans.hpp"
#include "core/placed_queue.hpp"
#include "core/policy.hpp"
#include "core/policy/chunk_rule.hpp"
#include "core/policy/load_index.hpp"
#include "core/policy/speeds.hpp"
#include "core/rank_set.hpp"
#include "core/respawns.hpp"
#include "core/unit_table.hpp"
#include "core/wall_time.hpp"

namespace steadfarm::core {

/// Where the payloads of index units come from. A range has no source: its units have no payload.
class PayloadSource {
 public:
  virtual ~PayloadSource() = default;
  /// Valid until the next call.
  [[nodiscard]] virtual ByteView payload(std::uint64_t index) const = 0;
};

/// Priorities of the submitted units; indices in no run have priority 0.
struct IndexUnits {
  std::uint64_t count = 0;
  std::vector<FreshRun> priorities;
  const PayloadSource* payloads = nullptr;  // null: a range
  const HintSource* hints = nullptr;        // null: no unit has any
};

struct Progress {
  std::uint64_t total = 0;    // units known so far
  std::uint64_t pending = 0;  // neither accepted nor failed
  std::uint64_t leased = 0;
  std::uint64_t committed = 0;  // accepted units in the newest durable generation
  std::uint32_t workers_alive = 0;
  std::uint64_t handed_in = 0;  // accepted from what was executed before a take-over
  Generation generation;
  Counters counters;
};

struct WorkerProgress {
  Rank rank;
  bool alive = false;
  std::uint32_t leases = 0;
};

class Master {
 public:
  /// What is not needed of `recovered` is freed before this returns; its payloads are not copied.
  Master(MasterOptions options, IndexUnits index_units, const std::vector<Rank>& workers,
         TimeUs now, std::optional<RecoveredState> recovered);
  Master(const Master&) = delete;
  Master& operator=(const Master&) = delete;

  /// An error if a recovered state cannot belong to these units.
  [[nodiscard]] static Status validate(const RecoveredState& recovered, std::uint64_t index_count);

  /// Appends to `out`. Views in the actions borrow from `event`.
  void step(TimeUs now, const Event& event, Actions& out);

  [[nodiscard]] Progress progress() const;
  [[nodiscard]] std::vector<WorkerProgress> worker_progress() const;
  [[nodiscard]] const std::optional<SharedValue>& shared() const { return shared_; }
  [[nodiscard]] bool finished() const { return phase_ == Phase::finished; }
  /// Aborts if any invariant across the tables is broken. Walks everything.
  void check_invariants() const;

 private:
  enum class Phase : std::uint8_t { running, stopping, persisting_end, closing, finished };

  struct Worker {
    Rank rank;
    Session session;
    LeaseList leases;
    std::uint32_t assign_seq = 0;
    TimeUs welcomed_at = 0;
    TimeUs assigned_at = 0;
    TimeUs shared_sent_at = 0;
    bool idle_reported = false;  // said so after the last Assign arrived
    bool solo = false;           // has a unit that must run alone
    bool replacement = false;    // of a lost one
    // What follows is the business of master_tail.cpp.
    Slot second = kNoSlot;  // executes this unit a second time, and has nothing else
    std::uint32_t recall_seq = 0;
    bool gave_back = false;  // and has not reported since
    std::uint64_t recalled_units = 0;
    bool emptied = false;  // it gave back all that it had not started, and has got nothing since
    TimeUs recalled_at = 0;
    TimeUs progress_at = 0;  // when it last had begun something new, as far as is known
    TimeUs saved_at = 0;     // when the state of what it executes last came
    TimeUs overdue_of = -1;  // the progress_at that was noted as too long ago
    // Units that were done by others while this worker had them: it may be busy with one.
    std::vector<wire::Returned::Unit> stale;
    std::uint32_t kept = 0;  // executed, as it says; their answers wait for a shard
  };

  static constexpr std::uint32_t kBlameAll = UINT32_MAX;
  /// Which units of a lost worker are charged with it: those of Assigns before `end`, or one.
  struct Blame {
    std::uint32_t end = 0;
    Slot culprit = kNoSlot;
    [[nodiscard]] bool falls_on(Slot slot, std::uint32_t assign_seq) const {
      return culprit != kNoSlot ? slot == culprit : assign_seq < end;
    }
  };
  /// A loss of which nothing has been handed out again yet.
  struct OpenLoss {
    Rank rank;
    TimeUs lost_at = 0;
    std::optional<UnitKey> went_on;
  };

  Slot add_index(std::uint64_t index, std::int32_t priority);
  void take_workers(const std::vector<Rank>& workers);
  [[nodiscard]] IntervalSet take_recovered(std::optional<RecoveredState>& recovered);
  void restore_retried(const RecoveredState& recovered);
  void restore_saved(const RecoveredState& recovered);
  void take_history(LiveUnit& unit, std::uint32_t tries, std::uint32_t deaths) const;

  // master.cpp: events and phases
  void on(const Started& event, Actions& out);
  void on(const Tick& event, Actions& out);
  void on(const MessageFrom& event, Actions& out);
  void on(const StrangerHeard& event, Actions& out);
  void on(const PeerLost& event, Actions& out);
  void on(const GenerationDurable& event, Actions& out);
  void on(const GenerationFailed& event, Actions& out);
  void on(const StoreMoved& event, Actions& out);
  void on(const ReplacementStarted& event, Actions& out);  // in master_respawn.cpp
  void on(const ReplacementFailed& event, Actions& out);   // as well
  void on(const CheckpointRequested& event, Actions& out);
  void on(const StopRequested& event, Actions& out);
  void advance_phase(Actions& out);
  void begin_stop(Outcome outcome, const std::string& reason, Actions& out);
  void begin_end(Outcome outcome, const std::string& reason, Actions& out);
  void begin_close(Actions& out);
  void finish(Actions& out);
  [[nodiscard]] bool all_done() const;
  [[nodiscard]] Outcome done_outcome() const;

  // master_members.cpp: workers come, go and return; their messages
  void on_message(Worker& worker, const wire::Hello& m, const MessageFrom& event, Actions& out);
  void on_message(Worker& worker, const wire::Heartbeat& m, const MessageFrom& event, Actions& out);
  [[nodiscard]] bool is_other_build(const MessageFrom& event) const;
  void refuse_rank(Worker& worker, const std::string& host, const std::string& what, Actions& out);
  void on_message(Worker& worker, const wire::Report& m, const MessageFrom& event, Actions& out);
  void on_message(Worker& worker, const wire::EpochAck& m, const MessageFrom& event, Actions& out);
  void on_message(Worker& worker, const wire::Propose& m, const MessageFrom& event, Actions& out);
  void on_message(Worker& worker, const wire::Partial& m, const MessageFrom& event, Actions& out);
  void on_message(Worker& worker, const wire::Returned& m, const MessageFrom& event, Actions& out);
  void on_message(Worker& worker, const wire::Trouble& m, const MessageFrom& event, Actions& out);
  void on_message(Worker& worker, const wire::Goodbye& m, const MessageFrom& event, Actions& out);
  void on_message(Worker& worker, const wire::Overdue& m, const MessageFrom& event, Actions& out);
  template <class Other>
  void on_message(Worker& worker, const Other& m, const MessageFrom& event, Actions& out);
  void welcome(Worker& worker, Actions& out);
  void say_how_things_are(Worker& worker, Actions& out);
  void new_session(Worker& worker, Actions& out);
  void readmit(Worker& worker, Actions& out);
  void lose(Worker& worker, const Loss& loss, const std::string& evidence, Blame blame,
            Actions& out);
  void take_leases(Worker& worker, Blame blame, Actions& out);
  void check_idle(Worker& worker, const wire::Report& report, Actions& out);

  // master_losses.cpp: who falls silent, what is lost with a worker, and when its work goes on
  void hear_silence(Actions& out);
  void catch_up(Worker& worker, Actions& out);
  [[nodiscard]] Loss loss_of(const Worker& worker, LossKind how) const;
  void open_loss(const Worker& worker);
  void work_goes_on(const LiveUnit& unit);
  void note_work_went_on(Actions& out);
  void note_overdue(Actions& out);
  void on_message(Worker& worker, const wire::Ended& m, const MessageFrom& event, Actions& out);
  void tell_neighbours(Actions& out);
  [[nodiscard]] std::string quarantine_text(const LiveUnit& unit, const Blame& blame) const;

  // master_answers.cpp
  void answer(Worker& worker, const wire::AnswerView& answer, Actions& out);
  void accept(Rank from, Slot slot, const wire::AnswerView& answer, Actions& out);
  void execution_failed(Worker& worker, Slot slot, Attempt attempt, std::string message,
                        bool for_good, Actions& out);
  void give_up(Slot slot, NoteKind kind, std::string message, Actions& out);
  void start_anew(Slot slot);
  void learn_result(std::uint64_t payload_bytes);
  [[nodiscard]] bool may_be_sharded(const ShardPlace& place) const;
  void consider_shared(const SharedValue& challenger, Rank from, Actions& out);
  void fold_due(Actions& out);

  // master_take_over.cpp
  void on_message(Worker& worker, const wire::HandIn& m, const MessageFrom& event, Actions& out);
  void begin_term(Actions& out);
  void settle(Actions& out);
  void no_longer_awaited(Rank rank, Actions& out);
  void adopt_running();
  void adopt(Rank rank, const wire::HandIn::Running& running);
  [[nodiscard]] bool settling() const { return settle_until_ >= 0; }
  [[nodiscard]] bool is_of_older_term(Attempt attempt) const;
  [[nodiscard]] bool is_same_unit(const LiveUnit& unit,
                                  const std::optional<std::uint64_t>& unit_digest) const;
  [[nodiscard]] Slot find_pending(const UnitKey& key);
  void take_in(Worker& worker, const wire::AnswerView& answer, Actions& out);
  void accept_orphans(Actions& out);
  void tell_roster(Actions& out);
  [[nodiscard]] std::uint32_t next_delta() const {
    return options_.takeover ? deltas_taken_ + 1 : 0;
  }

  // master_tail.cpp: units taken back, second executions
  void balance_tail(Actions& out);
  [[nodiscard]] bool is_idle(const Worker& worker) const;
  [[nodiscard]] double time_held_us(const Worker& worker) const;
  [[nodiscard]] std::uint64_t unstarted(const Worker& worker) const;
  [[nodiscard]] bool is_overdue(const Worker& worker) const;
  [[nodiscard]] bool may_double(Slot slot) const;
  [[nodiscard]] std::size_t answers_awaited() const;
  [[nodiscard]] Worker* find_to_take_from();
  void take_back_from(Worker& worker, Actions& out);
  [[nodiscard]] Slot find_straggler() const;
  void double_unit(Worker& helper, Slot slot, Actions& out);
  void free_lease(Slot slot, bool remember, bool blamed);
  [[nodiscard]] bool give_back(Worker& worker, const wire::Returned::Unit& returned);
  [[nodiscard]] Slot first_to_run(const Worker& worker) const;
  void end_executions(Rank answered, Slot slot, Attempt attempt);
  void lose_second(Worker& worker, Blame blame, Actions& out);
  [[nodiscard]] bool end_failed_execution(Slot slot, Attempt attempt, bool for_good);
  void stale_lease(Slot slot, bool remember);
  void promote(Slot slot, bool remember, bool blamed);
  void stale_second(Slot slot);
  void forget_tail(Worker& worker);
  void check_second(Slot slot, const LiveUnit& unit) const;
  void check_tail(const Worker& worker) const;
  [[nodiscard]] static std::uint32_t leases_of(const Worker& worker) {
    return worker.leases.count + (worker.second != kNoSlot ? 1U : 0U);
  }
  // What it has still to execute. It executes in order, so what it has done is what it got first.
  [[nodiscard]] static std::uint32_t kept_by(const Worker& worker) {
    return std::min(worker.kept, worker.leases.count);
  }
  [[nodiscard]] static std::uint32_t to_run(const Worker& worker) {
    return worker.leases.count - kept_by(worker);
  }
  void no_longer_stale(Worker& worker, const UnitKey& key, Attempt attempt);

  // master_dispatch.cpp
  struct Budget {
    std::uint64_t units = 0;
    bool timed = false;  // and no longer than that, by declared times
    TimeUs left_us = 0;
  };
  [[nodiscard]] Budget budget(const Worker& worker, std::uint64_t wanted);
  [[nodiscard]] CostLimit limit_of(const Budget& budget) const;
  [[nodiscard]] bool declares_times();
  void feed(Worker& worker, Actions& out);
  [[nodiscard]] bool nobody_can_be_fed() const;
  void feed_hungry(Actions& out);
  void feed_suspect(Worker& worker, Actions& out);
  void fill(Worker& worker, Budget budget, wire::UnitBatch& batch, Actions& out);
  [[nodiscard]] bool give_up_if_used_up(Slot slot, Actions& out);
  void send_batch(Worker& worker, wire::UnitBatch batch, Actions& out);
  void lease(Worker& worker, Slot slot, wire::UnitBatch& batch);
  void put_into(wire::UnitBatch& batch, const LiveUnit& unit, Attempt attempt) const;
  [[nodiscard]] bool may_dispatch(const Worker& worker) const;
  [[nodiscard]] bool throttled() const;
  [[nodiscard]] bool pressed() const;
  [[nodiscard]] std::uint64_t room_units() const;
  [[nodiscard]] std::uint64_t handout_end() const;
  [[nodiscard]] std::uint64_t ready_count() const;
  void mark_hungry(Worker& worker);
  [[nodiscard]] bool nothing_fits();

  // master_policy.cpp
  [[nodiscard]] std::uint64_t units_for(const Worker& worker, std::uint64_t ready);
  [[nodiscard]] std::uint64_t level_units(const Worker& worker, const UnitTimes& times) const;
  [[nodiscard]] bool measures_workers() const;
  void note_load(const Worker& worker);
  void note_given(const Worker& worker, std::uint64_t count);
  void learn_times(const Worker& worker, const wire::Report& report);
  void worker_gone(const Worker& worker);

  // master_respawn.cpp
  void drive_respawns(Actions& out);

  // master_epochs.cpp
  void drive_epochs(Actions& out);
  [[nodiscard]] bool anything_kept() const;
  void emit_persist(bool complete, Actions& out);
  void give_up_end(const std::string& why, Actions& out);
  [[nodiscard]] bool store_stands_still(TimeUs patience_us) const;

  void send(Worker& worker, wire::Body body, Actions& out);
  void send_beat(Worker& worker, Actions& out);
  [[nodiscard]] Worker* find_worker(Rank rank);
  [[nodiscard]] const Worker* find_worker(Rank rank) const;
  void note(Actions& out, NoteKind kind, Rank rank, UnitKey unit, std::uint64_t count,
            std::string text = {}) const;

  MasterOptions options_;
  IndexUnits index_units_;
  TimeUs now_ = 0;
  Phase phase_ = Phase::running;
  UnitTable table_;
  PlacedQueue ready_;
  Membership members_;
  Neighbours neighbours_;
  Epochs epochs_;
  DeltaLog delta_;
  SavedStates saved_;
  OrderedHold hold_;  // used if options_.ordered
  UnitTimes times_;
  TimeUs longest_us_ = 0;  // that a unit took
  std::vector<OpenLoss> open_losses_;
  ChunkRule rule_;
  Speeds speeds_;    // used where measures_workers()
  LoadIndex loads_;  // used by `least_loaded`
  WallTime wall_time_;
  Respawns respawns_;
  std::vector<Worker> workers_;   // sorted by rank
  std::deque<Rank> hungry_;       // in the order of asking
  RankSet is_hungry_;             // the same
  RankSet recalled_;              // have been asked to give back units, and have not answered yet
  bool tail_due_ = false;         // somebody may be idle who was not before
  std::optional<Rank> clearing_;  // a worker that gets nothing until it can take a suspect
  std::optional<SharedValue> shared_;
  std::uint64_t shared_version_ = 0;
  Counters counters_;
  std::uint64_t leased_ = 0;
  std::uint64_t result_bytes_ = 0;  // that a result takes in memory, about; 0: not known yet
  std::uint64_t committed_ = 0;
  Generation generation_;
  Outcome outcome_ = Outcome::complete;
  std::string reason_;
  std::string store_failure_;   // the last one's words
  std::string shard_trouble_;   // of a worker that has not written a shard since
  bool end_persisted_ = false;  // the store already held the complete job
  bool end_emitted_ = false;    // the delta in flight is the last one
  bool end_complete_ = false;   // and nothing was pending when it was taken
  bool throttle_noted_ = false;
  Orphans orphans_;
  std::vector<UnitKey> due_orphans_;
  std::deque<Orphans::Orphan> spent_orphans_;  // this step's actions borrow from them
  std::vector<std::pair<Rank, wire::HandIn::Running>> running_on_;  // until all is handed in
  std::set<Rank> awaited_;  // after a take-over: have not handed in yet
  TimeUs settle_until_ = -1;
  std::uint64_t handed_in_ = 0;
  std::uint32_t deltas_taken_ = 0;
  std::uint32_t deltas_durable_ = 0;
  bool partial_refusal_noted_ = false;
  TimeUs phase_deadline_ = 0;
  TimeUs end_deadline_ = 0;     // for tries of the last generation
  TimeUs end_patience_us_ = 0;  // that it was made of
  TimeUs end_stall_us_ = 0;     // one step of the store may take, by the end
  TimeUs store_moved_at_ = 0;
  TimeUs next_beat_ = 0;
  TimeUs alone_since_ = -1;
};

}  // namespace steadfarm::core
