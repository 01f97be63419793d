// What an answer does: the only place where a unit becomes accepted or is given up.
#include <utility>

#include "base/assert.hpp"
#include "core/master.hpp"

namespace steadfarm::core {
namespace {

std::string to_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void Master::answer(Worker& worker, const wire::AnswerView& answer, Actions& out) {
  no_longer_stale(worker, answer.key, answer.attempt);
  const Slot slot = table_.find(answer.key);
  const bool older = is_of_older_term(answer.attempt);
  if (older && (slot == kNoSlot || !table_.was_given(slot, answer.attempt, worker.rank))) {
    take_in(worker, answer, out);
    accept_orphans(out);
    return;
  }
  ++counters_.executions;
  if (slot == kNoSlot) {
    const bool untouched = answer.key.is_index() &&
                           (answer.key.lo >= index_units_.count || ready_.is_fresh(answer.key.lo));
    note(out, untouched ? NoteKind::answer_stray : NoteKind::answer_duplicate, worker.rank,
         answer.key, answer.attempt.value);
    return;
  }
  if (!table_.was_given(slot, answer.attempt, worker.rank)) {
    note(out, NoteKind::answer_stray, worker.rank, answer.key, answer.attempt.value);
    return;
  }
  // The mark of an older term may look like ours.
  if (options_.term > Term(0) && !is_same_unit(table_.at(slot), answer.unit_digest)) {
    note(out, NoteKind::answer_stray, worker.rank, answer.key, answer.attempt.value);
    return;
  }
  if (answer.place && !may_be_sharded(*answer.place)) {
    note(out, NoteKind::answer_stray, worker.rank, answer.key, answer.attempt.value);
    return;
  }
  if (answer.status != wire::AnswerStatus::done) {
    execution_failed(worker, slot, answer.attempt, to_text(answer.payload), false, out);
  } else if (options_.ordered && !answer.children.empty()) {
    execution_failed(worker, slot, answer.attempt,
                     "it spawned units, which have no place in an ordered fold; use a fold in any "
                     "order, or keep the results and fold them afterwards",
                     true, out);
  } else {
    accept(worker.rank, slot, answer, out);
    accept_orphans(out);
  }
}

void Master::accept(Rank from, Slot slot, const wire::AnswerView& answer, Actions& out) {
  LiveUnit& unit = table_.at(slot);
  if (unit.state == UnitState::leased) {
    if (unit.second) end_executions(from, slot, answer.attempt);
    free_lease(slot, false, false);
  } else {
    ready_.forget(slot);
  }
  ++counters_.accepted;
  respawns_.worked(from);
  if (answer.proposal_value) {
    consider_shared(
        {*answer.proposal_value, {answer.proposal_witness.begin(), answer.proposal_witness.end()}},
        from, out);
  }
  if (answer.place) {
    shard_trouble_.clear();
    delta_.accepted_in_shard(unit, *answer.place);
  } else {
    delta_.accepted(unit, answer.payload);
  }
  saved_.forget(unit.saved);
  if (options_.has_store && options_.keep_results) {
    learn_result(answer.place ? sizeof(ShardIndex::Record) : answer.payload.size());
  }
  out.emplace_back(Accept{unit.key, answer.payload, answer.place});
  if (options_.ordered) hold_.accepted(unit.key.lo, answer.payload);
  table_.remove(slot);
  fold_due(out);
  std::uint64_t ordinal = 0;
  for (const wire::Child& child : answer.children) {
    const UnitKey key = child_key(answer.key, ordinal++);
    const Slot born =
        table_.add(key, {child.payload.begin(), child.payload.end()}, child.priority, child.hints);
    if (orphans_.waits_for(key)) due_orphans_.push_back(key);
    delta_.touched(table_.at(born));
    ready_.push(born);
    ++counters_.spawned;
  }
}

// An owner may have tidied away what was written for those before it.
bool Master::may_be_sharded(const ShardPlace& place) const {
  return options_.has_store && options_.keep_results && !options_.ordered &&
         options_.shards.owner_epoch != OwnerEpoch(0) &&
         place.shard.name.owner_epoch >= options_.shards_from;
}

// A moving mean, a little above what it forgets. The size of a result says what the next ones take.
void Master::learn_result(std::uint64_t payload_bytes) {
  const std::uint64_t bytes = payload_bytes + sizeof(UnitKey) + sizeof(std::uint64_t);
  result_bytes_ = result_bytes_ == 0 ? bytes : (7 * result_bytes_ + bytes + 7) / 8;
}

void Master::fold_due(Actions& out) {
  if (!options_.ordered) return;
  while (std::optional<OrderedHold::Due> due = hold_.take_due()) {
    out.emplace_back(FoldInOrder{due->key, std::move(due->payload)});
  }
}

void Master::execution_failed(Worker& worker, Slot slot, Attempt attempt, std::string message,
                              bool for_good, Actions& out) {
  LiveUnit& unit = table_.at(slot);
  // Only what is leased speaks for the unit; an older attempt was already counted as lost.
  const bool is_second = unit.second && attempt == unit.second->attempt;
  if (unit.state != UnitState::leased || (attempt != unit.attempt && !is_second)) return;
  ++unit.tries;
  delta_.touched(unit);
  if (!unit.second) {
    free_lease(slot, false, false);
  } else if (!end_failed_execution(slot, attempt, for_good)) {
    note(out, NoteKind::unit_retried, worker.rank, unit.key, unit.tries, std::move(message));
    return;
  }
  if (for_good || unit.tries >= options_.tries_max) {
    give_up(slot, NoteKind::unit_failed, std::move(message), out);
    return;
  }
  note(out, NoteKind::unit_retried, worker.rank, unit.key, unit.tries, std::move(message));
  if (unit.tries + 1 == options_.tries_max) start_anew(slot);
  if (unit.deaths > 0) {
    ready_.push_suspect(slot);
  } else {
    ready_.push(slot);
  }
}

// The unit is in state ready and in no queue.
void Master::give_up(Slot slot, NoteKind kind, std::string message, Actions& out) {
  LiveUnit& unit = table_.at(slot);
  ++counters_.failed;
  note(out, kind, unit.owner, unit.key,
       kind == NoteKind::unit_quarantined ? unit.deaths : unit.tries, message);
  delta_.failed(unit, std::move(message));
  saved_.forget(unit.saved);
  if (options_.ordered) hold_.skipped(unit.key.lo);
  table_.remove(slot);
  fold_due(out);
}

// The last try must not fail of a state that an earlier one has spoilt.
void Master::start_anew(Slot slot) {
  LiveUnit& unit = table_.at(slot);
  if (!unit.saved || !table_.can_be_handed_out(slot)) return;
  saved_.drop(*unit.saved, table_.next_attempt(slot));
  delta_.saved(unit);
}

void Master::consider_shared(const SharedValue& challenger, Rank from, Actions& out) {
  if (!is_better(challenger, shared_)) return;
  shared_ = challenger;
  ++shared_version_;
  delta_.changed();
  note(out, NoteKind::shared_improved, from, {}, shared_version_, std::to_string(challenger.value));
  for (Worker& worker : workers_) {
    if (members_.state(worker.rank) != MemberState::alive) continue;
    worker.shared_sent_at = now_;
    send(worker, wire::Shared{shared_version_, *shared_}, out);
  }
}

}  // namespace steadfarm::core
