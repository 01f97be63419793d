// After a take-over: what workers still have of an earlier term is taken in, before anything new is
// handed out. PROTOCOL.md, section 10, says why a result still counts once.
#include <utility>

#include "base/assert.hpp"
#include "base/digest.hpp"
#include "core/master.hpp"

namespace steadfarm::core {

// They have just agreed that we are the master, so they live, and wait for our word.
void Master::begin_term(Actions& out) {
  settle_until_ = now_ + options_.settle_us;
  for (const Rank rank : options_.awaited) {
    Worker* worker = find_worker(rank);
    if (worker == nullptr) continue;
    static_cast<void>(members_.heard(rank, now_));
    awaited_.insert(rank);
    note(out, NoteKind::worker_joined, rank, {}, 0);
    new_session(*worker, out);
  }
  if (awaited_.empty()) settle(out);
}

// Whoever has not handed in by now has what it has executed again.
void Master::settle(Actions& out) {
  adopt_running();
  note(out, NoteKind::settled, Rank(0), {}, handed_in_);
  awaited_.clear();
  settle_until_ = -1;
}

void Master::adopt_running() {
  for (const auto& [rank, running] : std::exchange(running_on_, {})) adopt(rank, running);
}

void Master::no_longer_awaited(Rank rank, Actions& out) {
  if (awaited_.erase(rank) > 0 && awaited_.empty()) settle(out);
}

void Master::on_message(Worker& worker, const wire::HandIn& m, const MessageFrom& event,
                        Actions& out) {
  // What is handed in may have been cut short because of this value.
  if (m.shared) consider_shared(*m.shared, worker.rank, out);
  const std::uint64_t before = handed_in_;
  m.answers->for_each([&](const wire::AnswerView& view) { answer(worker, view, out); });
  note(out, NoteKind::answers_handed_in, worker.rank, {}, handed_in_ - before);
  if (event.message.session == worker.session && m.running) {
    // Its parent may be in what somebody else hands in.
    running_on_.emplace_back(worker.rank, *m.running);
    if (!settling()) adopt_running();
  }
  send(worker, wire::Ack{m.report_seq, next_delta()}, out);
  no_longer_awaited(worker.rank, out);
  if (phase_ == Phase::closing) send(worker, wire::Shutdown{exit_code(outcome_)}, out);
}

// It goes on under its old attempt; so nobody else gets it as long as this worker lives.
void Master::adopt(Rank rank, const wire::HandIn::Running& running) {
  Worker& worker = *find_worker(rank);
  if (members_.state(rank) != MemberState::alive) return;
  if (phase_ != Phase::running || !is_of_older_term(running.attempt)) return;
  const Slot slot = find_pending(running.key);
  if (slot == kNoSlot || worker.leases.count > 0 || worker.second != kNoSlot) return;
  LiveUnit& unit = table_.at(slot);
  if (unit.state != UnitState::ready || !is_same_unit(unit, running.unit_digest)) return;
  ready_.forget(slot);
  table_.adopt(slot, running.attempt, worker.rank, worker.leases);
  ++leased_;
  worker.solo = unit.deaths > 0;
  worker.progress_at = now_;
}

bool Master::is_of_older_term(Attempt attempt) const {
  return options_.term > Term(0) && mark_of(attempt) != mark_of(options_.term);
}

// A child of a parent that was executed again may be another unit under the same key.
bool Master::is_same_unit(const LiveUnit& unit,
                          const std::optional<std::uint64_t>& unit_digest) const {
  return unit.key.is_index() || (unit_digest && *unit_digest == digest(unit.payload).lo);
}

// In the table; an untouched index is put there, ready.
Slot Master::find_pending(const UnitKey& key) {
  Slot slot = table_.find(key);
  if (slot != kNoSlot || !key.is_index()) return slot;
  const auto priority = ready_.take_fresh(key.lo);
  if (!priority) return kNoSlot;
  slot = add_index(key.lo, *priority);
  ready_.push(slot);
  return slot;
}

// Of an attempt that this master has not given. It counts if the unit is still to be done, whoever
// was the master when it was executed. What failed is not known to be new, so it costs no try; and
// what is done may have been counted as executed by the master before.
void Master::take_in(Worker& worker, const wire::AnswerView& answer, Actions& out) {
  const bool good =
      answer.status == wire::AnswerStatus::done && !(options_.ordered && !answer.children.empty());
  if (answer.place && !may_be_sharded(*answer.place)) {
    note(out, NoteKind::answer_stray, worker.rank, answer.key, answer.attempt.value);
    return;
  }
  const Slot slot = good ? find_pending(answer.key) : kNoSlot;
  if (slot != kNoSlot) {
    if (!is_same_unit(table_.at(slot), answer.unit_digest)) {
      note(out, NoteKind::answer_stray, worker.rank, answer.key, answer.attempt.value);
      return;
    }
    ++handed_in_;
    ++counters_.executions;
    accept(worker.rank, slot, answer, out);
  } else if (!good || answer.key.is_index()) {
    note(out, NoteKind::answer_duplicate, worker.rank, answer.key, answer.attempt.value);
  } else if (!orphans_.keep(worker.rank, answer)) {
    note(out, NoteKind::orphan_refused, worker.rank, answer.key, orphans_.bytes());
  }
}

// Children that were born in this step and whose answers are here already.
void Master::accept_orphans(Actions& out) {
  while (!due_orphans_.empty()) {
    const UnitKey key = due_orphans_.back();
    due_orphans_.pop_back();
    std::optional<Orphans::Orphan> orphan = orphans_.take(key);
    if (!orphan) continue;
    // Actions of this step borrow from it.
    spent_orphans_.push_back(std::move(*orphan));
    const Orphans::Orphan& kept = spent_orphans_.back();
    kept.answer.for_each([&](const wire::AnswerView& view) {
      const Slot slot = table_.find(key);
      if (slot == kNoSlot || !is_same_unit(table_.at(slot), view.unit_digest)) return;
      ++handed_in_;
      ++counters_.executions;
      accept(kept.from, slot, view, out);
    });
  }
}

// For those who may have to find each other without us.
void Master::tell_roster(Actions& out) {
  if (!options_.takeover) return;
  wire::Roster roster;
  for (const Worker& worker : workers_) {
    const MemberState state = members_.state(worker.rank);
    if (state == MemberState::lost || state == MemberState::left) {
      roster.gone.push_back(worker.rank);
    }
  }
  for (Worker& worker : workers_) {
    if (members_.state(worker.rank) == MemberState::alive) send(worker, roster, out);
  }
}

}  // namespace steadfarm::core
