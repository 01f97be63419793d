#include "core/master.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "core/by_rank.hpp"

namespace steadfarm::core {
namespace {

Rank rank_after(const std::vector<Rank>& workers) {
  const auto last = std::max_element(workers.begin(), workers.end());
  return last == workers.end() ? Rank(1) : Rank(last->value + 1);
}

}  // namespace

Master::Master(MasterOptions options, IndexUnits index_units, const std::vector<Rank>& workers,
               TimeUs now, std::optional<RecoveredState> recovered)
    : options_(std::move(options)),
      index_units_(std::move(index_units)),
      now_(now),
      ready_(table_, options_.policy, !options_.ordered, options_.job_seed, index_units_.count,
             workers),
      members_({options_.timeout_us, options_.startup_timeout_us, options_.heartbeat_us,
                options_.unit_timeout_us}),
      neighbours_(options_.machine),
      epochs_(options_),
      delta_(options_.has_store, options_.keep_results),
      saved_(options_.partial_bytes_max),
      rule_(options_.policy.kind),
      speeds_(options_.policy.speeds, workers),
      wall_time_(options_.deadline_us, options_.deadline_reserve_us),
      respawns_(options_.respawn, static_cast<std::uint32_t>(workers.size()), rank_after(workers)),
      orphans_(options_.orphan_bytes_max) {
  table_.start_attempts_after(attempt_before(options_.term));
  if (options_.ordered) {
    index_units_.priorities.clear();  // by index, or the hold never drains
    ready_.ignore_costs();
  } else {
    ready_.sort_by(index_units_.hints);
  }
  take_workers(workers);
  const IntervalSet pending = take_recovered(recovered);
  IntervalSet plain = pending;
  for (const FreshRun& run : index_units_.priorities) {
    plain.erase(run.indices.begin, run.indices.end);
    IntervalSet mine = pending;
    mine.erase(0, run.indices.begin);
    mine.erase(run.indices.end, std::max(run.indices.end, index_units_.count));
    for (const Interval& part : mine.runs()) ready_.add_fresh(part, run.priority);
  }
  for (const Interval& part : plain.runs()) ready_.add_fresh(part, 0);
  if (recovered) {
    restore_retried(*recovered);
    restore_saved(*recovered);
  }
}

void Master::take_workers(const std::vector<Rank>& workers) {
  for (const Rank rank : workers) {
    Worker worker;
    worker.rank = rank;
    worker.session = session_before(options_.term);
    const std::vector<Rank>& awaited = options_.awaited;
    const bool suspected =
        options_.term > Term(0) && std::find(awaited.begin(), awaited.end(), rank) == awaited.end();
    if (suspected) {
      members_.add_lost(rank, now_);
      worker_gone(worker);
    } else {
      members_.add(rank, now_);
    }
    workers_.push_back(worker);
  }
}

// What is to be done of the index units.
IntervalSet Master::take_recovered(std::optional<RecoveredState>& recovered) {
  IntervalSet pending;
  if (recovered) {
    for (const Interval& run : recovered->pending_indices) pending.insert(run.begin, run.end);
    counters_ = recovered->counters;
    committed_ = counters_.accepted;
    generation_ = recovered->generation;
    shared_ = std::move(recovered->shared);
    if (shared_) shared_version_ = 1;
    for (UnitRecord& record : recovered->units) {
      const Slot slot =
          table_.add(record.key, std::move(record.payload), record.priority, record.hints);
      LiveUnit& unit = table_.at(slot);
      take_history(unit, record.tries, record.deaths);
      unit.persisted = true;
      if (unit.deaths > 0) {
        ready_.push_suspect(slot);
      } else {
        ready_.push(slot);
      }
    }
    if (options_.ordered) {
      hold_.restore(recovered->pending_indices, index_units_.count, recovered->held);
    }
    end_persisted_ = recovered->complete;
  } else {
    pending.insert(0, index_units_.count);
    delta_.changed();
  }
  return pending;
}

namespace {

// What waits for its turn in the ordered fold is done, is known once, and has a gap before it.
Status validate_held(const RecoveredState& recovered, std::uint64_t index_count) {
  IntervalSet pending;
  for (const Interval& run : recovered.pending_indices) pending.insert(run.begin, run.end);
  const std::uint64_t next = pending.first().value_or(index_count);
  for (std::size_t i = 0; i < recovered.held.size(); ++i) {
    const UnitKey& key = recovered.held.keys[i];
    const bool rising = i == 0 || recovered.held.keys[i - 1] < key;
    if (rising && key.is_index() && key.lo > next && key.lo < index_count &&
        !pending.contains(key.lo)) {
      continue;
    }
    return Error{ErrorCode::corrupt, "the store holds a result of unit " + to_string(key) +
                                         " for the ordered fold that cannot be waiting there"};
  }
  return {};
}

}  // namespace

Status Master::validate(const RecoveredState& recovered, std::uint64_t index_count) {
  std::uint64_t pending = recovered.units.size();
  for (const Interval& run : recovered.pending_indices) {
    if (run.begin >= run.end) {
      return Error{ErrorCode::corrupt, "the store lists pending units from " +
                                           std::to_string(run.begin) + " to before " +
                                           std::to_string(run.end) + ", which are none"};
    }
    if (run.end > index_count) {
      return Error{ErrorCode::foreign, "the store speaks of unit " + std::to_string(run.end - 1) +
                                           ", but this job has only " +
                                           std::to_string(index_count) + " submitted units"};
    }
    pending += run.count();
  }
  const Counters& c = recovered.counters;
  if (index_count + c.spawned != c.accepted + c.failed + pending) {
    return Error{ErrorCode::corrupt,
                 "the counts in the store do not add up: " + std::to_string(index_count) +
                     " submitted and " + std::to_string(c.spawned) + " spawned units, but " +
                     std::to_string(c.accepted) + " accepted, " + std::to_string(c.failed) +
                     " failed and " + std::to_string(pending) + " pending"};
  }
  if (Status held = validate_held(recovered, index_count); !held) return held;
  if (recovered.complete && pending != 0) {
    return Error{ErrorCode::corrupt, "the store is marked complete but has pending units"};
  }
  return {};
}

Slot Master::add_index(std::uint64_t index, std::int32_t priority) {
  const HintSource* source = index_units_.hints;
  return table_.add(UnitKey::index(index), {}, priority,
                    source != nullptr ? source->hints(index) : UnitHints());
}

// This run may allow fewer tries than the one before. A unit that is still pending gets one more.
void Master::take_history(LiveUnit& unit, std::uint32_t tries, std::uint32_t deaths) const {
  unit.tries = std::min(tries, options_.tries_max - 1);
  unit.deaths = std::min(deaths, options_.deaths_max - 1);
}

void Master::restore_retried(const RecoveredState& recovered) {
  for (const RetriedIndex& retried : recovered.retried) {
    const auto priority = ready_.take_fresh(retried.index);
    if (!priority) continue;
    const Slot slot = add_index(retried.index, *priority);
    LiveUnit& unit = table_.at(slot);
    take_history(unit, retried.tries, retried.deaths);
    if (unit.deaths > 0) {
      ready_.push_suspect(slot);
    } else {
      ready_.push(slot);
    }
  }
}

void Master::restore_saved(const RecoveredState& recovered) {
  for (const PartialState& partial : recovered.partials) {
    Slot slot = table_.find(partial.key);
    if (slot == kNoSlot) {
      if (!partial.key.is_index()) continue;
      const auto priority = ready_.take_fresh(partial.key.lo);
      if (!priority) continue;
      slot = add_index(partial.key.lo, *priority);
      ready_.push(slot);
    }
    LiveUnit& unit = table_.at(slot);
    if (!unit.saved) saved_.restore(unit.saved, partial.sequence, partial.state);
  }
}

void Master::step(TimeUs now, const Event& event, Actions& out) {
  if (phase_ == Phase::finished) return;
  now_ = std::max(now_, now);
  spent_orphans_.clear();
  // We stood still ourselves, and perhaps the store's thread with us.
  if (members_.was_stopped(now_)) store_moved_at_ = now_;
  std::visit([&](const auto& e) { on(e, out); }, event);
  feed_hungry(out);
  if (tail_due_) balance_tail(out);
  drive_respawns(out);
  drive_epochs(out);
  advance_phase(out);
}

void Master::on(const Started& /*event*/, Actions& out) {
  epochs_.start(now_);
  next_beat_ = now_;
  // An empty job, or one that was complete before, ends in advance_phase.
  if (options_.has_store && !end_persisted_ && generation_ == Generation(0)) epochs_.request();
  if (options_.term > Term(0)) begin_term(out);
}

void Master::on(const Tick& /*event*/, Actions& out) {
  tail_due_ = true;
  hear_silence(out);
  if (now_ >= next_beat_) {
    next_beat_ = now_ + options_.heartbeat_us;
    for (Worker& worker : workers_) {
      if (members_.state(worker.rank) == MemberState::alive) send_beat(worker, out);
    }
  }
  tell_neighbours(out);
  if (settling() && now_ >= settle_until_) settle(out);
  if (members_.alive_count() + members_.joining_count() > 0 || respawns_.under_way()) {
    alone_since_ = -1;
  } else if (alone_since_ < 0) {
    alone_since_ = now_;
  }
}

void Master::on(const PeerLost& event, Actions& out) {
  Worker* worker = find_worker(event.rank);
  if (worker == nullptr) return;
  const MemberState before = members_.state(event.rank);
  if (before == MemberState::left) return;
  members_.set_dead(event.rank);
  neighbours_.changed(event.rank);
  if (before == MemberState::lost) return;
  const Blame blame{event.unsent_assign == 0 ? kBlameAll : event.unsent_assign};
  lose(*worker, loss_of(*worker, event.how), event.evidence, blame, out);
}

void Master::on(const CheckpointRequested& /*event*/, Actions& /*out*/) {
  if (options_.has_store && phase_ == Phase::running) epochs_.request();
}

void Master::on(const StopRequested& event, Actions& out) {
  if (phase_ == Phase::running) begin_stop(Outcome::stopped, event.reason, out);
}

bool Master::all_done() const { return table_.size() == 0 && ready_.fresh_count() == 0; }

Outcome Master::done_outcome() const {
  return counters_.failed > 0 ? Outcome::complete_failed : Outcome::complete;
}

void Master::advance_phase(Actions& out) {
  if (phase_ == Phase::running) {
    if (all_done()) {
      begin_end(done_outcome(), {}, out);
    } else if (alone_since_ >= 0 && now_ - alone_since_ >= options_.timeout_us &&
               members_.alive_count() + members_.joining_count() == 0) {
      const Outcome outcome = options_.has_store ? Outcome::stopped : Outcome::no_workers;
      if (shard_trouble_.empty()) {
        begin_end(outcome, "every worker is lost", out);
      } else {
        begin_end(Outcome::not_durable, "every worker has left: " + shard_trouble_, out);
      }
    } else if (epochs_.failing_since() >= 0 &&
               delta_.undurable_bytes() > options_.undurable_bytes_max &&
               now_ - epochs_.failing_since() >= options_.store_patience_us) {
      begin_stop(Outcome::not_durable, "the store has failed for too long and memory is full", out);
    } else if (throttled() && store_stands_still(options_.store_patience_us)) {
      begin_stop(Outcome::not_durable, "the store stands still and memory is full", out);
    } else if (wall_time_.is_up(now_)) {
      begin_stop(Outcome::stopped, "the wall-time limit is near", out);
    } else if (nothing_fits()) {
      begin_stop(Outcome::stopped, "no unit would end before the wall-time limit", out);
    }
  }
  if (phase_ == Phase::stopping) {
    const bool quiet = std::all_of(workers_.begin(), workers_.end(), [&](const Worker& worker) {
      return members_.state(worker.rank) != MemberState::alive || worker.idle_reported;
    });
    if (quiet || now_ >= phase_deadline_) {
      const bool done = all_done() && outcome_ == Outcome::stopped;
      begin_end(done ? done_outcome() : outcome_, reason_, out);
    }
  }
  if (phase_ == Phase::closing) {
    const bool all_gone = std::all_of(workers_.begin(), workers_.end(), [&](const Worker& worker) {
      return members_.state(worker.rank) != MemberState::alive;
    });
    if (all_gone || now_ >= phase_deadline_) finish(out);
  }
}

void Master::begin_stop(Outcome outcome, const std::string& reason, Actions& out) {
  note(out, NoteKind::stopping, Rank(0), {}, leased_, reason);
  phase_ = Phase::stopping;
  outcome_ = outcome;
  reason_ = reason;
  phase_deadline_ = now_ + options_.stop_grace_us;
  for (Worker& worker : workers_) {
    worker.idle_reported = false;
    if (members_.state(worker.rank) == MemberState::alive) send(worker, wire::Stop{}, out);
  }
}

// The last generation, if there is a store and something to say, then the goodbyes.
void Master::begin_end(Outcome outcome, const std::string& reason, Actions& out) {
  outcome_ = outcome;
  reason_ = reason;
  const bool complete = all_done();
  const bool must_persist =
      options_.has_store && (complete ? !end_persisted_ : (!delta_.empty() || delta_.in_flight()));
  if (!must_persist) {
    begin_close(out);
    return;
  }
  const TimeUs patience_us = std::min(options_.store_patience_us, 10 * kSecondUs);
  end_stall_us_ = options_.store_stall_us;
  end_deadline_ = now_ + patience_us;
  // After a stop there is less time: whoever asked for it, or our own guard, ends the process soon,
  // and by then it must have been said what is not durable.
  if (phase_ == Phase::stopping) {
    end_deadline_ = std::min(end_deadline_, phase_deadline_ + options_.stop_end_us);
    end_stall_us_ = std::min(end_stall_us_, options_.stop_end_us);
  }
  end_patience_us_ = end_deadline_ - now_;
  phase_ = Phase::persisting_end;
  if (!delta_.in_flight()) emit_persist(complete, out);
}

void Master::begin_close(Actions& out) {
  phase_ = Phase::closing;
  phase_deadline_ = now_ + options_.goodbye_us;
  for (Worker& worker : workers_) {
    const MemberState state = members_.state(worker.rank);
    if (state == MemberState::alive || state == MemberState::joining) {
      send(worker, wire::Shutdown{exit_code(outcome_)}, out);
    }
  }
}

void Master::finish(Actions& out) {
  phase_ = Phase::finished;
  out.emplace_back(Finish{outcome_, reason_});
}

void Master::send(Worker& worker, wire::Body body, Actions& out) {
  // A send to a dead peer can end this process too (TCP), so what it asked last gets no reply.
  const MemberState state = members_.state(worker.rank);
  if (state == MemberState::lost || state == MemberState::left) return;
  if (members_.suspected(worker.rank)) return;  // catch_up() says it later
  out.emplace_back(Send{worker.rank, wire::Message{worker.session, std::move(body)}});
}

void Master::send_beat(Worker& worker, Actions& out) {
  send(worker, wire::Beat{options_.takeover ? deltas_durable_ : 0}, out);
}

const Master::Worker* Master::find_worker(Rank rank) const { return find_by_rank(workers_, rank); }

Master::Worker* Master::find_worker(Rank rank) {
  return const_cast<Worker*>(static_cast<const Master*>(this)->find_worker(rank));
}

void Master::note(Actions& out, NoteKind kind, Rank rank, UnitKey unit, std::uint64_t count,
                  std::string text) const {
  out.emplace_back(Note{kind, rank, unit, count, std::move(text)});
}

Progress Master::progress() const {
  Progress p;
  p.pending = table_.size() + ready_.fresh_count();
  p.total = index_units_.count + counters_.spawned;
  p.leased = leased_;
  p.committed = committed_;
  p.handed_in = handed_in_;
  p.workers_alive = members_.alive_count();
  p.generation = generation_;
  p.counters = counters_;
  return p;
}

std::vector<WorkerProgress> Master::worker_progress() const {
  std::vector<WorkerProgress> out;
  out.reserve(workers_.size());
  for (const Worker& worker : workers_) {
    out.push_back(
        {worker.rank, members_.state(worker.rank) == MemberState::alive, leases_of(worker)});
  }
  return out;
}

}  // namespace steadfarm::core
