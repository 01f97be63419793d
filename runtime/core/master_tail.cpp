// The end of a run, or any other moment when somebody asks and nothing is ready: unstarted units
// are taken back from the others, and what takes far too long is executed a second time.
// PROTOCOL.md, section 4, says why this keeps every promise.
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/assert.hpp"
#include "core/master.hpp"

namespace steadfarm::core {

// It has asked, has nothing, and is not busy with what others have done meanwhile.
bool Master::is_idle(const Worker& worker) const {
  return worker.leases.count == 0 && may_dispatch(worker) && !members_.is_quiet(worker.rank, now_);
}

// What a worker has, by the units' own word and otherwise by the mean.
double Master::time_held_us(const Worker& worker) const {
  if (worker.leases.count == 0) return 0;
  const double undeclared = worker.leases.count - worker.leases.declared;
  const double all_us =
      static_cast<double>(worker.leases.declared_us) + undeclared * times_.mean_us();
  return all_us * to_run(worker) / worker.leases.count;
}

// A worker executes in order, so only its oldest lease can be running; or one that was taken from
// it.
std::uint64_t Master::unstarted(const Worker& worker) const {
  if (worker.solo || worker.emptied || to_run(worker) == 0) return 0;
  return to_run(worker) - (worker.stale.empty() ? 1 : 0);
}

Slot Master::first_to_run(const Worker& worker) const {
  Slot slot = worker.leases.head;
  for (std::uint32_t kept = kept_by(worker); kept > 0; --kept) slot = table_.at(slot).next;
  return slot;
}

// Twice what is normal, and the spread of all units on top where the unit does not say what is.
bool Master::is_overdue(const Worker& worker) const {
  const Slot running = first_to_run(worker);
  if (running == kNoSlot) return false;
  const std::uint64_t declared_us = table_.at(running).hints.expected_us;
  if (declared_us == 0 && !times_.known()) return false;
  const double normal_us = declared_us > 0 ? 2 * static_cast<double>(declared_us)
                                           : 2 * (times_.mean_us() + times_.sigma_us());
  const double least_us = static_cast<double>(options_.tail.straggler_us);
  return static_cast<double>(now_ - worker.progress_at) > std::max(normal_us, least_us);
}

void Master::balance_tail(Actions& out) {
  tail_due_ = false;
  if (phase_ != Phase::running || hungry_.empty() || throttled()) return;
  if (!options_.tail.take_back && !options_.tail.second_executions) return;
  if (ready_count() > 0 || ready_.suspect_count() > 0 || leased_ == 0) return;
  // Thousands may be idle, and few have something: first what there is, then who gets it.
  std::vector<Worker*> idle;
  auto next = hungry_.begin();
  const auto has_idle = [&](std::size_t at) {
    for (; idle.size() <= at && next != hungry_.end(); ++next) {
      Worker* worker = find_worker(*next);
      if (is_idle(*worker)) idle.push_back(worker);
    }
    return at < idle.size();
  };
  // An answer that is still to come may have something for one of them.
  std::size_t served = answers_awaited();
  while (Worker* from = find_to_take_from()) {
    if (!has_idle(served)) return;
    take_back_from(*from, out);
    ++served;
  }
  for (;; ++served) {
    const Slot slot = find_straggler();
    if (slot == kNoSlot || !has_idle(served)) return;
    double_unit(*idle[served], slot, out);
  }
}

std::size_t Master::answers_awaited() const {
  std::size_t awaited = 0;
  recalled_.for_each([&](Rank rank) {
    if (now_ - find_worker(rank)->recalled_at < options_.tail.patience_us) ++awaited;
  });
  return awaited;
}

// Whoever has most to do, and can be asked.
Master::Worker* Master::find_to_take_from() {
  if (!options_.tail.take_back) return nullptr;
  Worker* from = nullptr;
  double most_us = 0;
  table_.holders().for_each([&](Rank rank) {
    Worker& worker = *find_worker(rank);
    const std::uint64_t count = unstarted(worker);
    if (count == 0 || members_.state(worker.rank) != MemberState::alive) return;
    if (members_.suspected(worker.rank)) return;  // nothing is sent to it
    const bool may_be_lost = !options_.lossless && now_ - worker.recalled_at > options_.resend_us;
    if (recalled_.contains(worker.rank) && !may_be_lost) return;
    const double share = static_cast<double>(count) / to_run(worker);
    const bool known = times_.known() || worker.leases.declared == worker.leases.count;
    double work_us = known ? share * time_held_us(worker) : HUGE_VAL;
    if (is_overdue(worker)) work_us = HUGE_VAL;
    if (work_us < static_cast<double>(options_.tail.take_back_us) || work_us <= most_us) return;
    from = &worker;
    most_us = work_us;
  });
  return from;
}

// A worker that makes no progress is asked for all it has not started, another one for half, so
// that both end together.
void Master::take_back_from(Worker& worker, Actions& out) {
  const std::uint64_t count = unstarted(worker);
  recalled_.insert(worker.rank);
  worker.recalled_at = now_;
  worker.recalled_units = is_overdue(worker) ? count : (count + 1) / 2;
  send(worker, wire::Recall{++worker.recall_seq, worker.recalled_units}, out);
}

void Master::on_message(Worker& worker, const wire::Returned& m, const MessageFrom& event,
                        Actions& out) {
  std::uint64_t count = 0;
  for (const wire::Returned::Unit& unit : m.units) {
    no_longer_stale(worker, unit.key, unit.attempt);
    if (give_back(worker, unit)) ++count;
  }
  if (event.message.session != worker.session) return;
  if (m.recall_seq == worker.recall_seq) {
    recalled_.erase(worker.rank);
    // Asked again before it gets more, it could only say the same.
    worker.emptied = m.units.size() < worker.recalled_units;
  }
  tail_due_ = true;
  if (count == 0) return;
  note(out, NoteKind::units_taken_back, worker.rank, {}, count);
  note_load(worker);
  // What it gave back must not go to it again while others wait for it.
  worker.gave_back = worker.leases.count > 0;
  std::stable_partition(hungry_.begin(), hungry_.end(),
                        [&](Rank rank) { return is_idle(*find_worker(rank)); });
}

// Judged by unit, attempt and rank alone, as an answer is. It was never started there and is not
// going to be, so no answer can come for this attempt.
bool Master::give_back(Worker& worker, const wire::Returned::Unit& returned) {
  const Slot slot = table_.find(returned.key);
  if (slot == kNoSlot) return false;
  const LiveUnit& unit = table_.at(slot);
  const bool has_it = unit.state == UnitState::leased && unit.owner == worker.rank &&
                      unit.attempt == returned.attempt;
  if (!has_it) return false;
  if (unit.second) {
    promote(slot, false, false);
    return true;
  }
  free_lease(slot, false, false);
  if (unit.deaths > 0) {
    ready_.push_suspect(slot);
  } else {
    ready_.push_for_anyone(slot);  // it was kept for this worker, and waited in vain
  }
  return true;
}

// A suspect is not given to a second worker to die of. What is not repeatable is executed again
// only when its worker is lost.
bool Master::may_double(Slot slot) const {
  const LiveUnit& unit = table_.at(slot);
  if (!table_.can_be_handed_out(slot)) return false;
  if (unit.second || unit.deaths > 0 || !unit.hints.repeatable) return false;
  if (!wall_time_.limited()) return true;
  const double time_us = unit.hints.expected_us > 0 ? static_cast<double>(unit.hints.expected_us)
                                                    : times_.mean_us() + 2 * times_.sigma_us();
  return time_us <= static_cast<double>(wall_time_.left_us(now_));
}

// The oldest unit of the worker that has been without progress for longest. What waits behind it is
// eligible only if the worker does not give it back, because it is too deep in the unit to listen,
// or silent altogether.
Slot Master::find_straggler() const {
  if (!options_.tail.second_executions) return kNoSlot;
  Slot found = kNoSlot;
  TimeUs since = now_;
  table_.holders().for_each([&](Rank rank) {
    const Worker& worker = *find_worker(rank);
    const bool suspected = members_.suspected(worker.rank);
    if (worker.progress_at >= since || (!suspected && !is_overdue(worker))) return;
    const bool waits_in_vain =
        recalled_.contains(worker.rank) && now_ - worker.recalled_at >= options_.tail.patience_us;
    const bool deaf = suspected || waits_in_vain;
    Slot slot = first_to_run(worker);
    if (deaf || !options_.tail.take_back) {
      while (slot != kNoSlot && !may_double(slot)) slot = table_.at(slot).next;
    }
    if (slot == kNoSlot || !may_double(slot)) return;
    found = slot;
    since = worker.progress_at;
  });
  return found;
}

void Master::double_unit(Worker& helper, Slot slot, Actions& out) {
  STEADFARM_ASSERT(helper.leases.count == 0 && helper.second == kNoSlot);
  const LiveUnit& unit = table_.at(slot);
  table_.lease_second(slot, helper.rank, helper.assign_seq + 1);
  helper.second = slot;
  helper.progress_at = now_;
  note(out, NoteKind::unit_doubled, unit.owner, unit.key, unit.second->attempt.value,
       "also on rank " + std::to_string(helper.rank.value));
  wire::UnitBatch batch;
  put_into(batch, unit, unit.second->attempt);
  send_batch(helper, std::move(batch), out);
}

// The lease ends: its unit is ready, and in no queue.
void Master::free_lease(Slot slot, bool remember, bool blamed) {
  Worker* owner = find_worker(table_.at(slot).owner);
  table_.release(slot, owner->leases, remember, blamed);
  STEADFARM_ASSERT(leased_ > 0);
  --leased_;
  if (owner->leases.count == 0) owner->solo = false;
}

// The first execution ends, the second one is the lease from now on. A suspect stays alone.
void Master::promote(Slot slot, bool remember, bool blamed) {
  LiveUnit& unit = table_.at(slot);
  Worker* owner = find_worker(unit.owner);
  Worker* helper = find_worker(unit.second->rank);
  STEADFARM_ASSERT(helper->second == slot);
  table_.promote_second(slot, owner->leases, helper->leases, remember, blamed);
  helper->second = kNoSlot;
  helper->solo = unit.deaths > 0;
  if (owner->leases.count == 0) owner->solo = false;
}

// The second execution no longer counts, but its worker is busy with it.
void Master::stale_second(Slot slot) {
  const LiveUnit& unit = table_.at(slot);
  Worker* helper = find_worker(unit.second->rank);
  STEADFARM_ASSERT(helper->second == slot);
  helper->second = kNoSlot;
  helper->stale.push_back({unit.key, unit.second->attempt});
  table_.end_second(slot, false);
}

// The same of the first. Remembered, its answer still counts if it is a good one.
void Master::stale_lease(Slot slot, bool remember) {
  const LiveUnit& unit = table_.at(slot);
  find_worker(unit.owner)->stale.push_back({unit.key, unit.attempt});
  free_lease(slot, remember, false);
}

// The unit is about to be accepted: whoever else has it is busy for nothing.
void Master::end_executions(Rank answered, Slot slot, Attempt attempt) {
  const LiveUnit& unit = table_.at(slot);
  if (attempt == unit.second->attempt) {
    find_worker(answered)->second = kNoSlot;
    table_.end_second(slot, false);
    find_worker(unit.owner)->stale.push_back({unit.key, unit.attempt});
    return;
  }
  stale_second(slot);
  if (attempt != unit.attempt) {
    find_worker(unit.owner)->stale.push_back({unit.key, unit.attempt});
  }
}

// One of two executions threw. False: the other one goes on. True: that one does not count any more
// either, because there is no try left, or the next is the last one and must start anew; the unit
// is ready, and in no queue.
bool Master::end_failed_execution(Slot slot, Attempt attempt, bool for_good) {
  const LiveUnit& unit = table_.at(slot);
  if (attempt == unit.attempt) {
    promote(slot, false, false);
  } else {
    find_worker(unit.second->rank)->second = kNoSlot;
    table_.end_second(slot, false);
  }
  const bool must_start_anew = unit.tries + 1 == options_.tries_max && unit.saved;
  if (!for_good && unit.tries < options_.tries_max && !must_start_anew) return false;
  stale_lease(slot, true);
  return true;
}

// Its worker is gone, or will never answer. The first execution goes on.
void Master::lose_second(Worker& worker, Blame blame, Actions& out) {
  const Slot slot = std::exchange(worker.second, kNoSlot);
  LiveUnit& unit = table_.at(slot);
  const bool counted = blame.falls_on(slot, unit.second->assign_seq);
  table_.end_second(slot, counted);
  if (!counted) return;
  ++unit.deaths;
  delta_.touched(unit);
  if (unit.deaths < options_.deaths_max) return;
  stale_lease(slot, false);
  give_up(slot, NoteKind::unit_quarantined, quarantine_text(unit, blame), out);
}

void Master::no_longer_stale(Worker& worker, const UnitKey& key, Attempt attempt) {
  if (!worker.stale.empty()) std::erase(worker.stale, wire::Returned::Unit{key, attempt});
}

void Master::forget_tail(Worker& worker) {
  recalled_.erase(worker.rank);
  worker.gave_back = false;
  worker.emptied = false;
  worker.stale.clear();
  worker.kept = 0;
}

}  // namespace steadfarm::core
