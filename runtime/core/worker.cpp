#include "core/worker.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.hpp"

namespace steadfarm::core {

WorkerMachine::WorkerMachine(WorkerOptions options, TimeUs now)
    : options_(std::move(options)),
      now_(now),
      outbox_(std::make_shared<wire::AnswerBatch>()),
      master_silence_(now),
      last_tick_(now) {}

void WorkerMachine::step(TimeUs now, WorkerEvent event, WorkerActions& out) {
  if (exiting_) return;
  now_ = std::max(now_, now);
  std::visit([&](auto& e) { on(e, out); }, event);
  if (!exiting_) drive_shelf(out);
  if (!exiting_) execute_next(out);
}

void WorkerMachine::on(WorkerStarted& /*event*/, WorkerActions& out) { say_hello(out); }

void WorkerMachine::say_hello(WorkerActions& out) {
  hello_at_ = now_;
  say_hello(session_, out);
}

void WorkerMachine::say_hello(Session session, WorkerActions& out) const {
  wire::Hello hello{options_.host,    options_.pid,     options_.concurrent,
                    options_.machine, options_.started, options_.build};
  out.emplace_back(WorkerSend{wire::Message{session, std::move(hello)}});
}

void WorkerMachine::on(WorkerTick& /*event*/, WorkerActions& out) {
  // A master that beats has begun; what it still reads takes its time, but it beats meanwhile.
  const bool begun = has_seed_ || (options_.concurrent && master_spoke_);
  const TimeUs timeout_us = begun ? options_.master_timeout_us : options_.startup_timeout_us;
  // Silence counts only while we listen.
  master_silence_.turn(last_tick_, now_, timeout_us);
  shelf_silence_.turn(last_tick_, now_, options_.shard_stall_us);
  last_tick_ = now_;
  watch_shelf(out);
  if (exiting_) return;
  hand_in_if_due(out);
  if (master_silence_.lasted_us(now_) > timeout_us) {
    leave(75, "no word from the master for " + std::to_string(timeout_us / kSecondUs) + " s", out);
    return;
  }
  if (!welcomed_ && now_ - hello_at_ >= options_.hello_us) say_hello(out);
  if (!options_.concurrent && now_ - heartbeat_at_ >= options_.heartbeat_us) {
    heartbeat_at_ = now_;
    send(wire::Heartbeat{++heartbeat_seq_, true}, out);
  }
  if (!welcomed_) return;
  if (!outbox_->empty() && now_ - outbox_since_ >= options_.report_us) report(out);
  if (rests() && now_ - reported_at_ >= options_.idle_report_us) report(out);
  // Before the HandIn a new master does not know the value that these may have been pruned by.
  const bool may_resend = !options_.lossless && may_report();
  if (may_resend && !unacked_.empty() && now_ - resent_at_ >= options_.resend_us) {
    resent_at_ = now_;
    for (const wire::Report& kept : unacked_) send_report(kept, out);
  }
  if (!options_.lossless && handed_in_ && now_ - handed_in_at_ >= options_.resend_us) {
    send_hand_in(out);
  }
}

void WorkerMachine::on(WorkerMessage& event, WorkerActions& out) {
  // A claim is the word of one that wants to be the master. It may never be.
  const bool is_claim = std::holds_alternative<wire::Claim>(event.message.body) ||
                        std::holds_alternative<wire::Consent>(event.message.body);
  if (!is_claim) {
    master_silence_.heard(now_);
    master_spoke_ = true;
    sought_ = false;
  }
  const Session session = event.message.session;
  std::visit([&](auto& body) { on_body(body, session, out); }, event.message.body);
}

template <class Other>
void WorkerMachine::on_body(Other& /*m*/, Session /*session*/, WorkerActions& /*out*/) {
  // A Beat has done its work by arriving; what only workers send is nobody's here.
}

void WorkerMachine::on_body(wire::Welcome& m, Session session, WorkerActions& out) {
  job_seed_ = m.job_seed;
  has_seed_ = true;
  const bool waited = !std::exchange(welcomed_, true);
  if (m.shards != shards_) {
    shards_ = m.shards;
    out.emplace_back(OpenShards{shards_});
    // What could not be written for the owner before can be for this one.
    shelf_failing_since_ = -1;
    shelf_failures_ = 0;
    if (shelf_retry_at_ >= 0) shelf_retry_at_ = now_;
  }
  if (session > session_) {
    begin_session(session, out);
  } else if (waited && !outbox_->empty()) {
    report(out);
  }
}

// Until the new one says Welcome it knows nothing of us: units go on, their answers wait.
// One after the other may be followed that never speaks as a master: all of them have one time-out.
void WorkerMachine::on(MasterChanged& event, WorkerActions& out) {
  welcomed_ = false;
  if (!std::exchange(sought_, true) || event.is_there) master_silence_.heard(now_);
  shelf_.ask();
  say_hello(out);
}

// A new session means that the master has given our queue to others. What runs goes on; what was
// answered and not acknowledged is said again.
void WorkerMachine::begin_session(Session session, WorkerActions& out) {
  const bool new_term = term_of(session) > term_of(session_);
  session_ = session;
  assigns_seen_ = 0;
  recalls_seen_ = 0;
  seen_beyond_.clear();
  drop_queue();
  if (executing_) {
    carried_ = running_key_;
    carried_digest_ = running_digest();
    carried_done_ = false;
  } else if (new_term) {
    // The master that had its answer is gone, and what is kept for the next one has its bound.
    carried_.reset();
    carried_done_ = false;
  }
  if (new_term) begin_term(out);
  if (new_term || hand_in_by_ >= 0) return;
  if (handed_in_) send_hand_in(out);
  resent_at_ = now_;
  for (const wire::Report& kept : unacked_) send_report(kept, out);
}

void WorkerMachine::on_body(wire::Assign& m, Session session, WorkerActions& out) {
  if (session < session_) return;
  if (session > session_) begin_session(session, out);  // the Welcome may still be on its way
  if (!mark_seen(m.assign_seq) || stopping_) return;
  last_assign_units_ = m.units.unit_count();
  queued_ += last_assign_units_;
  queue_.push_back(Batch{std::move(m.units)});
}

bool WorkerMachine::mark_seen(std::uint32_t assign_seq) {
  if (assign_seq <= assigns_seen_ || !seen_beyond_.insert(assign_seq).second) return false;
  while (!seen_beyond_.empty() && *seen_beyond_.begin() == assigns_seen_ + 1) {
    ++assigns_seen_;
    seen_beyond_.erase(seen_beyond_.begin());
  }
  return true;
}

void WorkerMachine::on_body(wire::Ack& m, Session /*session*/, WorkerActions& /*out*/) {
  if (handed_in_ && handed_in_->report_seq == m.report_seq) {
    unacked_bytes_ -= handed_in_->answers->bytes().size();
    retain(m.delta, std::move(handed_in_->answers));
    handed_in_.reset();
    return;
  }
  const auto it = std::find_if(unacked_.begin(), unacked_.end(), [&](const wire::Report& report) {
    return report.report_seq == m.report_seq;
  });
  if (it == unacked_.end()) return;
  unacked_bytes_ -= it->answers->bytes().size();
  retain(m.delta, std::move(it->answers));
  unacked_.erase(it);
}

void WorkerMachine::on_body(wire::Shared& m, Session /*session*/, WorkerActions& out) {
  shared_version_ = std::max(shared_version_, m.version);
  if (shared_ && !is_better(*shared_, m.shared)) shared_unechoed_ = false;
  if (!is_better(m.shared, shared_)) return;
  shared_ = std::move(m.shared);
  out.emplace_back(SharedChanged{*shared_});
}

// A unit that saves is waited for, up to its next safe point. The master does not wait for ever.
void WorkerMachine::on_body(wire::EpochOpen& m, Session /*session*/, WorkerActions& out) {
  if (!outbox_->empty()) report(out);
  epoch_open_ = std::max(epoch_open_, m.epoch);
  epoch_state_ = executing_ && running_saves_;
  epoch_shelf_ = shelf_.count() > 0;
  shelf_.ask();
  acknowledge_epoch(out);
}

void WorkerMachine::acknowledge_epoch(WorkerActions& out) {
  if (epoch_open_ == Epoch(0) || epoch_state_ || epoch_shelf_ || !may_report()) return;
  send(wire::EpochAck{std::exchange(epoch_open_, Epoch(0))}, out);
}

SafePoint WorkerMachine::safe_point(TimeUs now) {
  STEADFARM_ASSERT(executing_);
  running_saves_ = true;
  if (stopping()) return SafePoint::leave;
  const bool asked = epoch_open_ != Epoch(0) && epoch_state_;
  return asked || now >= partial_due_ ? SafePoint::save : SafePoint::go_on;
}

void WorkerMachine::on(StateSaved& event, WorkerActions& out) {
  STEADFARM_ASSERT(executing_ && event.sequence > 0);
  const std::uint64_t steps = event.state->size() / options_.partial_step_bytes;
  partial_due_ = now_ + options_.partial_us * (1 + static_cast<TimeUs>(steps));
  if (options_.takeover) last_saved_ = event;
  send(wire::Partial{running_key_, running_attempt_, event.sequence, std::move(event.state)}, out);
  epoch_state_ = false;
  acknowledge_epoch(out);
}

void WorkerMachine::on(UnitLeft& /*event*/, WorkerActions& out) {
  // Who told it to leave may be master no more: the next one hears that nothing runs here.
  STEADFARM_ASSERT(executing_);
  executing_ = false;
  epoch_state_ = false;
  last_saved_.reset();  // a later master may have us execute another unit
  spent_.clear();
  report(out);
}

// What was given back is not executed here: the master may hand it out again as soon as it hears
// so. An answer is due even if nothing is left to give.
void WorkerMachine::on_body(wire::Recall& m, Session session, WorkerActions& out) {
  if (session != session_ || m.recall_seq <= recalls_seen_) return;
  recalls_seen_ = m.recall_seq;
  wire::Returned returned{m.recall_seq, {}};
  while (queued_ > 0 && returned.units.size() < m.units) {
    returned.units.push_back(give_back_last());
  }
  send(std::move(returned), out);
}

// Takes the last unit that waits out of the queue. The payload of the running one, which lies in
// the front batch, stays where it is.
wire::Returned::Unit WorkerMachine::give_back_last() {
  const auto is_spent = [](const Batch& batch) {
    return batch.next_head == batch.units.heads.size() && batch.next_run == batch.units.runs.size();
  };
  while (is_spent(queue_.back())) queue_.pop_back();
  Batch& batch = queue_.back();
  --queued_;
  auto& runs = batch.units.runs;
  if (batch.next_run < runs.size()) {
    wire::UnitBatch::Run& run = runs.back();
    const wire::Returned::Unit unit{UnitKey::index(run.begin + --run.count), run.attempt};
    const bool is_current = batch.next_run + 1 == runs.size();
    if (run.count == (is_current ? batch.next_in_run : 0)) {
      runs.pop_back();
      if (is_current) batch.next_in_run = 0;
    }
    return unit;
  }
  const wire::UnitBatch::Head head = batch.units.heads.back();
  batch.units.heads.pop_back();
  auto& saved = batch.units.saved;
  if (!saved.empty() && saved.back().head == batch.units.heads.size()) saved.pop_back();
  return {head.key, head.attempt};
}

void WorkerMachine::on_body(wire::Stop& /*m*/, Session session, WorkerActions& out) {
  if (session != session_) return;
  stopping_ = true;
  drop_queue();
  if (idle()) report(out);
}

void WorkerMachine::on_body(wire::Shutdown& m, Session /*session*/, WorkerActions& out) {
  send(wire::Goodbye{}, out);
  leave(m.exit_code, {}, out);
}

// What a unit left out because of a value that the master may not have must not be accepted without
// that value.
void WorkerMachine::add_bound(wire::AnswerView& answer) const {
  if (!shared_unechoed_) return;
  if (answer.proposal_value) {
    const SharedValue proposal{*answer.proposal_value,
                               {answer.proposal_witness.begin(), answer.proposal_witness.end()}};
    if (!is_better(*shared_, proposal)) return;
  }
  answer.proposal_value = shared_->value;
  answer.proposal_witness = shared_->witness;
}

void WorkerMachine::on(UnitDone& event, WorkerActions& out) {
  STEADFARM_ASSERT(executing_);
  executing_ = false;
  epoch_state_ = false;
  event.answer.key = running_key_;
  event.answer.attempt = running_attempt_;
  event.answer.unit_digest = running_digest();
  last_saved_.reset();
  if (carried_ == running_key_ && event.answer.status == wire::AnswerStatus::done) {
    carried_done_ = true;
  }
  add_bound(event.answer);
  const bool stays = stays_here(event);
  if (stays) {
    out.emplace_back(KeepResult{running_key_, event.answer.payload});
    const std::uint64_t result_bytes = event.answer.payload.size();
    event.answer.payload = *event.reduced;
    shelf_.add(event.answer, result_bytes);
  } else {
    if (outbox_->empty()) outbox_since_ = now_;
    outbox_->add(event.answer);
  }
  const TimeUs since = std::clamp(event.started_at, running_since_, now_);
  const auto duration_us = static_cast<std::uint64_t>(now_ - since);
  ++executed_;
  busy_us_ += duration_us;
  longest_us_ = std::max(longest_us_, duration_us);
  constexpr std::uint64_t kSquareMax = std::numeric_limits<std::uint32_t>::max();
  const std::uint64_t root = std::min(duration_us, kSquareMax);
  const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - busy_us_squared_;
  busy_us_squared_ += std::min(root * root, room);
  spent_.clear();
  // A unit as long as that is not to be lost while another one runs, which may be as long.
  if (stays && now_ - since >= options_.shard_long_us) {
    seal_first_ = true;
    shelf_.ask();
  }
  // The master must know that it may send more.
  if (stays || must_report() || epoch_open_ != Epoch(0)) report(out);
  acknowledge_epoch(out);
}

bool WorkerMachine::must_report() const {
  return queued_ == 0 || outbox_->bytes().size() >= options_.report_bytes ||
         outbox_->size() * 2 >= last_assign_units_ || now_ - outbox_since_ >= options_.report_us;
}

bool WorkerMachine::stays_here(const UnitDone& event) const {
  return event.reduced && event.answer.status == wire::AnswerStatus::done &&
         shards_.owner_epoch != OwnerEpoch(0) && options_.shard_bytes_min > 0 &&
         event.answer.payload.size() >= options_.shard_bytes_min;
}

// A shard is sealed as late as possible, so that shards are few.
void WorkerMachine::drive_shelf(WorkerActions& out) {
  if (!rests()) {
    rests_since_ = -1;
  } else if (rests_since_ < 0) {
    rests_since_ = now_;
  }
  if (shelf_.sealing() || shelf_.open_count() == 0) return;
  const bool rested = rests() && now_ - rests_since_ >= options_.shard_rest_us;
  const bool full = shelf_.open_bytes() >= options_.shard_bytes_max;
  const bool asked = shelf_.asked() || hand_in_by_ >= 0;
  if (!full && !rested && !stopping_ && !asked) return;
  shelf_.seal();
  shelf_silence_.heard(now_);
  out.emplace_back(SealShard{});
}

void WorkerMachine::on(ShardDurable& event, WorkerActions& out) {
  shelf_failing_since_ = -1;
  shelf_failures_ = 0;
  if (outbox_->empty()) outbox_since_ = now_;
  shelf_.durable(event.shard, [this](wire::AnswerView& answer) {
    add_bound(answer);  // there may be another master by now
    outbox_->add(answer);
  });
  if (!shelf_.asked()) {
    epoch_shelf_ = false;
    seal_first_ = false;
  }
  hand_in_if_due(out);
  report(out);
  acknowledge_epoch(out);
}

void WorkerMachine::on(ShardFailed& event, WorkerActions& out) {
  STEADFARM_ASSERT(shelf_.sealing());
  if (shelf_failing_since_ < 0) shelf_failing_since_ = now_;
  const std::uint32_t doublings = std::min<std::uint32_t>(shelf_failures_, 5);
  ++shelf_failures_;
  shelf_retry_at_ = now_ + options_.shard_retry_us * (TimeUs{1} << doublings);
  shelf_silence_.heard(now_);
  shelf_trouble_ = event.error.message;
  shelf_hopeless_ = event.error.code == ErrorCode::unsupported;
  if (shelf_hopeless_) {
    watch_shelf(out);  // it leaves
    return;
  }
  if (may_report()) {
    send(wire::Trouble{shelf_trouble_}, out);
  } else {
    // It was most likely written for the owner before.
    shelf_retry_at_ = std::min(shelf_retry_at_, now_ + options_.shard_retry_us / 10);
  }
}

void WorkerMachine::on(ShardMoved& /*event*/, WorkerActions& /*out*/) {
  shelf_silence_.heard(now_);
}

// What is on the shelf has not been answered, so the master gives it to others when this worker
// goes; with it goes only the work.
void WorkerMachine::watch_shelf(WorkerActions& out) {
  if (!shelf_.sealing()) return;
  std::string why;
  if (shelf_retry_at_ >= 0) {
    if (shelf_hopeless_ || now_ - shelf_failing_since_ >= options_.shard_patience_us) {
      why = "its shards cannot be made durable (" + shelf_trouble_ + ")";
    } else if (now_ >= shelf_retry_at_) {
      shelf_retry_at_ = -1;
      shelf_silence_.heard(now_);
      out.emplace_back(SealShard{true});
    }
  } else if (const TimeUs still_us = shelf_silence_.lasted_us(now_);
             still_us >= options_.shard_stall_us) {
    const std::string seconds = std::to_string(still_us / kSecondUs);
    why = "a call to the store has not returned for " + seconds +
          " s while a shard was written; see whether its disk or file server hangs";
  }
  if (why.empty()) return;
  send(wire::Trouble{why}, out);
  send(wire::Goodbye{}, out);
  leave(74, why, out);
}

void WorkerMachine::on(SharedFound& event, WorkerActions& out) {
  if (!is_better(event.shared, shared_)) return;
  shared_ = event.shared;
  shared_unechoed_ = true;
  out.emplace_back(SharedChanged{*shared_});
  send(wire::Propose{std::move(event.shared)}, out);
}

void WorkerMachine::drop_queue() {
  // The running unit's payload lives in the front batch.
  if (executing_ && spent_.empty() && !queue_.empty()) spent_.push_back(std::move(queue_.front()));
  queue_.clear();
  queued_ = 0;
}

// A shard is being written and the next one is full, or what is being written must not be lost.
bool WorkerMachine::shelf_waits() const {
  return shelf_.sealing() && (seal_first_ || shelf_.open_bytes() >= options_.shard_bytes_max);
}

bool WorkerMachine::may_execute() const {
  const std::uint64_t waiting_bytes = may_report() ? 0 : outbox_->bytes().size();
  return has_seed_ && !executing_ && !stopping_ && queued_ > 0 &&
         unacked_bytes_ + waiting_bytes <= options_.retain_bytes && !shelf_waits();
}

void WorkerMachine::execute_next(WorkerActions& out) {
  while (may_execute()) {
    const Execute action = take_next();
    running_key_ = action.key;
    running_payload_ = action.payload;
    if (carried_done_ && action.key == *carried_ && running_digest() == carried_digest_) {
      // Once: who hands it out again has not taken the answer.
      carried_done_ = false;
      if (rests()) report(out);
      continue;
    }
    executing_ = true;
    running_attempt_ = action.attempt;
    running_since_ = now_;
    running_saves_ = false;
    partial_due_ = now_ + options_.partial_us;
    out.emplace_back(action);
  }
}

Execute WorkerMachine::take_next() {
  Execute action;
  action.job_seed = job_seed_;
  Batch* batch = &queue_.front();
  while (batch->next_head == batch->units.heads.size() &&
         batch->next_run == batch->units.runs.size()) {
    queue_.pop_front();  // done, or given back
    batch = &queue_.front();
  }
  if (batch->next_head < batch->units.heads.size()) {
    const std::size_t head_at = batch->next_head++;
    const auto& head = batch->units.heads[head_at];
    action.key = head.key;
    action.attempt = head.attempt;
    action.payload = ByteView(batch->units.bytes).subspan(batch->byte_offset, head.payload_bytes);
    batch->byte_offset += head.payload_bytes;
    const auto& saved = batch->units.saved;
    if (batch->next_saved < saved.size() && saved[batch->next_saved].head == head_at) {
      const auto& own = saved[batch->next_saved++];
      action.saved_sequence = own.sequence;
      action.saved_state =
          ByteView(batch->units.states).subspan(batch->state_offset, own.state_bytes);
      batch->state_offset += own.state_bytes;
    }
  } else {
    const auto& run = batch->units.runs[batch->next_run];
    action.key = UnitKey::index(run.begin + batch->next_in_run);
    action.attempt = run.attempt;
    if (++batch->next_in_run == run.count) {
      batch->next_in_run = 0;
      ++batch->next_run;
    }
  }
  --queued_;
  return action;
}

void WorkerMachine::report(WorkerActions& out) {
  if (!may_report()) return;
  wire::Report report;
  report.idle = idle();
  report.shared_version = shared_version_;
  report.executed = std::exchange(executed_, 0);
  report.busy_us = std::exchange(busy_us_, 0);
  report.busy_us_squared = std::exchange(busy_us_squared_, 0);
  report.longest_us = std::exchange(longest_us_, 0);
  report.answers = std::exchange(outbox_, std::make_shared<wire::AnswerBatch>());
  reported_at_ = now_;
  if (!report.answers->empty()) {
    report.report_seq = ++report_seq_;
    if (unacked_.empty()) resent_at_ = now_;
    unacked_bytes_ += report.answers->bytes().size();
    unacked_.push_back(report);
    unacked_.back().executed = 0;  // times are told once
    unacked_.back().busy_us = 0;
    unacked_.back().busy_us_squared = 0;
    unacked_.back().longest_us = 0;
  }
  send_report(report, out);
}

// What the report says of the conversation is as of now, also when it is said again.
void WorkerMachine::send_report(const wire::Report& report, WorkerActions& out) {
  wire::Report fresh = report;
  fresh.assigns_seen = assigns_seen_;
  fresh.idle = idle();
  fresh.unacked = static_cast<std::uint32_t>(unacked_.size());
  fresh.kept = static_cast<std::uint32_t>(shelf_.count());
  fresh.shared_version = shared_version_;
  send(std::move(fresh), out);
}

void WorkerMachine::send(wire::Body body, WorkerActions& out) {
  out.emplace_back(WorkerSend{wire::Message{session_, std::move(body)}});
}

void WorkerMachine::leave(int exit_code, std::string reason, WorkerActions& out) {
  exiting_ = true;
  out.emplace_back(Exit{exit_code, std::move(reason)});
}

}  // namespace steadfarm::core
