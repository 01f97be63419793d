// Who gets what, and when.
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "core/master.hpp"
#include "core/term.hpp"

namespace steadfarm::core {
namespace {
// What does not fit into the message is put back, so a run is taken in small steps.
constexpr std::uint64_t kRunStep = 64;
}  // namespace

bool Master::may_dispatch(const Worker& worker) const {
  return phase_ == Phase::running && worker.session != Session(0) && !worker.solo &&
         worker.second == kNoSlot && worker.stale.empty() && !worker.gave_back &&
         members_.state(worker.rank) == MemberState::alive && !members_.suspected(worker.rank);
}

bool Master::throttled() const {
  return options_.has_store && delta_.undurable_bytes() > options_.undurable_bytes_max;
}

// Half of the memory may fill while the other half is on its way to the disk.
bool Master::pressed() const {
  return options_.has_store && delta_.undurable_bytes() > options_.undurable_bytes_max / 2;
}

// What is handed out comes back as results: so many more would fit into memory. With nothing handed
// out one more is always right, or a result above the limit would stop the job.
std::uint64_t Master::room_units() const {
  if (result_bytes_ == 0) return UINT64_MAX;
  const std::uint64_t used = std::min(delta_.undurable_bytes(), options_.undurable_bytes_max);
  const std::uint64_t fits = (options_.undurable_bytes_max - used) / result_bytes_;
  if (fits > leased_) return fits - leased_;
  return leased_ == 0 ? 1 : 0;
}

// The first index that may not be handed out. The lowest unfinished one always may, so that what
// is held for the ordered fold gets its turn.
std::uint64_t Master::handout_end() const {
  if (!options_.ordered) return UINT64_MAX;
  const bool full = hold_.bytes() > options_.hold_bytes_max;
  const std::uint64_t ahead = full ? 1 : std::max<std::uint64_t>(1, options_.hold_units_max);
  return hold_.next() + std::min(ahead, UINT64_MAX - hold_.next());
}

// Units that could be handed out now.
std::uint64_t Master::ready_count() const {
  if (!options_.ordered) return ready_.count();
  const std::uint64_t first = ready_.first_fresh().value_or(UINT64_MAX);
  const std::uint64_t end = handout_end();
  const std::uint64_t fresh = first < end ? std::min(ready_.fresh_count(), end - first) : 0;
  return ready_.count() - ready_.fresh_count() + fresh;
}

void Master::feed(Worker& worker, Actions& out) {
  if (!may_dispatch(worker)) return;
  if (settling()) {
    mark_hungry(worker);
    return;
  }
  if (throttled()) {
    if (!throttle_noted_) {
      note(out, NoteKind::dispatch_throttled, worker.rank, {}, delta_.undurable_bytes());
      throttle_noted_ = true;
    }
    mark_hungry(worker);
    return;
  }
  const bool limited = wall_time_.limited();
  if (limited && worker.leases.count == 0 && budget(worker, 1).units == 0) return;
  if (ready_.suspect_count() == 0) {
    clearing_.reset();
  } else if (worker.leases.count == 0) {
    feed_suspect(worker, out);
    return;
  } else {
    if (!clearing_) clearing_ = worker.rank;
    if (clearing_ == worker.rank) return;
  }
  const std::uint64_t room = room_units();
  const std::uint64_t ready = ready_count();
  note_load(worker);
  const std::uint64_t wanted = std::min(room, units_for(worker, ready));
  const Budget allowed = limited ? budget(worker, wanted) : Budget{wanted};
  if (allowed.units == 0) {
    // What does not fit into the time left will not fit later, unless times get better; an idle
    // worker asks again.
    if (ready == 0 || room == 0) mark_hungry(worker);
    return;
  }
  wire::UnitBatch batch;
  fill(worker, allowed, batch, out);
  if (batch.unit_count() == 0) {
    if (worker.leases.count == 0) mark_hungry(worker);  // what is ready is kept for others
    return;
  }
  note_given(worker, batch.unit_count());
  send_batch(worker, std::move(batch), out);
}

bool Master::declares_times() { return ready_.has_within({UINT16_MAX, false}); }

// How much of `wanted` will end before the wall-time limit. Units that declare their times are
// judged by these, one by one; the others by the mean and the spread of all.
Master::Budget Master::budget(const Worker& worker, std::uint64_t wanted) {
  if (!wall_time_.limited()) return {wanted};
  if (worker.leases.declared == 0 && !declares_times()) {
    return {wall_time_.units_in_time(times_, to_run(worker), wanted, now_)};
  }
  const TimeUs held_us = static_cast<TimeUs>(time_held_us(worker));
  const Budget timed{wanted, true, wall_time_.left_us(now_) - held_us};
  return timed.left_us > 0 && ready_.has_within(limit_of(timed)) ? timed : Budget{};
}

CostLimit Master::limit_of(const Budget& budget) const {
  if (!budget.timed) return {};
  if (budget.left_us <= 0) return {0, false};
  const auto left_us = static_cast<std::uint64_t>(budget.left_us);
  const double normal_us = times_.mean_us() + 2 * times_.sigma_us();
  return {cost_class(left_us), normal_us <= static_cast<double>(left_us)};
}

// There is work, and nobody has any, because all of it would be cut off.
bool Master::nothing_fits() {
  return wall_time_.limited() && leased_ == 0 && members_.alive_count() > 0 &&
         ready_.count() + ready_.suspect_count() > 0 && !throttled() &&
         budget(Worker(), 1).units == 0;
}

void Master::feed_suspect(Worker& worker, Actions& out) {
  const auto slot = ready_.pop_suspect();
  STEADFARM_ASSERT(slot.has_value());
  if (give_up_if_used_up(*slot, out)) {
    mark_hungry(worker);  // the next turn is its
    return;
  }
  wire::UnitBatch batch;
  lease(worker, *slot, batch);
  worker.solo = true;
  if (clearing_ == worker.rank) clearing_.reset();
  send_batch(worker, std::move(batch), out);
}

void Master::lease(Worker& worker, Slot slot, wire::UnitBatch& batch) {
  table_.lease(slot, worker.rank, worker.leases);
  table_.at(slot).assign_seq = worker.assign_seq + 1;
  ++leased_;
  if (to_run(worker) == 1) worker.progress_at = now_;
  if (table_.at(slot).past) work_goes_on(table_.at(slot));
  put_into(batch, table_.at(slot), table_.at(slot).attempt);
}

void Master::put_into(wire::UnitBatch& batch, const LiveUnit& unit, Attempt attempt) const {
  const bool resumes = unit.saved && unit.saved->sequence > 0;
  if (unit.key.is_spawned()) {
    batch.add(unit.key, attempt, unit.payload);
  } else if (index_units_.payloads != nullptr) {
    batch.add(unit.key, attempt, index_units_.payloads->payload(unit.key.lo));
  } else if (resumes) {
    batch.add(unit.key, attempt, {});
  } else if (!batch.runs.empty() && batch.runs.back().attempt == attempt &&
             batch.runs.back().begin + batch.runs.back().count == unit.key.lo) {
    ++batch.runs.back().count;
  } else {
    batch.add_run(unit.key.lo, 1, attempt);
  }
  if (resumes) batch.add_saved(unit.saved->sequence, *unit.saved->state);
}

// It may have been handed out as often as that without a failure: lost on its way, or taken back.
// The unit is in no queue.
bool Master::give_up_if_used_up(Slot slot, Actions& out) {
  if (table_.can_be_handed_out(slot)) return false;
  give_up(
      slot, NoteKind::unit_failed,
      "handed out " + std::to_string(kAttemptNumberMax) + " times without an answer that counts",
      out);
  return true;
}

void Master::fill(Worker& worker, Budget budget, wire::UnitBatch& batch, Actions& out) {
  const std::uint64_t end = handout_end();
  std::uint64_t left = budget.units;
  const auto spend = [&](Slot slot) {
    const std::uint64_t declared_us = table_.at(slot).hints.expected_us;
    budget.left_us -=
        declared_us > 0 ? static_cast<TimeUs>(declared_us) : static_cast<TimeUs>(times_.mean_us());
  };
  while (left > 0 && batch.byte_count() < options_.assign_bytes_max) {
    // One by one where each unit's time counts.
    const auto next =
        ready_.pop(worker.rank, budget.timed ? 1 : std::min(left, kRunStep), limit_of(budget));
    if (!next) break;
    if (const Slot* slot = std::get_if<Slot>(&*next)) {
      if (give_up_if_used_up(*slot, out)) continue;
      lease(worker, *slot, batch);
      if (budget.timed) spend(*slot);
      --left;
      continue;
    }
    const FreshRun& run = std::get<FreshRun>(*next);
    std::uint64_t i = run.indices.begin;
    const std::uint64_t run_end = std::min(run.indices.end, end);
    for (; i < run_end && batch.byte_count() < options_.assign_bytes_max; ++i, --left) {
      const Slot slot = add_index(i, run.priority);
      lease(worker, slot, batch);
      if (budget.timed) spend(slot);
    }
    ready_.put_back({{i, run.indices.end}, run.priority, run.cost});  // what no longer fits
    if (i >= end) break;
  }
}

void Master::send_batch(Worker& worker, wire::UnitBatch batch, Actions& out) {
  STEADFARM_ASSERT(batch.unit_count() > 0);
  ++worker.assign_seq;
  worker.emptied = false;
  worker.assigned_at = now_;
  for (const wire::UnitBatch::Saved& saved : batch.saved) {
    note(out, NoteKind::unit_resumed, worker.rank, batch.heads[saved.head].key, saved.sequence);
  }
  send(worker, wire::Assign{worker.assign_seq, std::move(batch)}, out);
  note_work_went_on(out);
}

void Master::mark_hungry(Worker& worker) {
  tail_due_ = true;
  if (is_hungry_.contains(worker.rank)) return;
  is_hungry_.insert(worker.rank);
  hungry_.push_back(worker.rank);
}

// Nothing is ready, or no result more would fit into memory.
bool Master::nobody_can_be_fed() const {
  return ready_.suspect_count() == 0 && (ready_count() == 0 || room_units() == 0);
}

// This comes with every event, and thousands may be waiting: they are gone through only as long as
// somebody can get something.
void Master::feed_hungry(Actions& out) {
  if (phase_ != Phase::running || throttled() || settling()) return;
  if (hungry_.empty() || nobody_can_be_fed()) return;
  const bool for_anyone = ready_.suspect_count() > 0 || ready_.has_for_anyone();
  if (!for_anyone && !ready_.has_for_any_of(is_hungry_)) return;
  for (std::size_t left = hungry_.size(); left > 0; --left) {
    if (nobody_can_be_fed()) return;
    Worker* worker = find_worker(hungry_.front());
    hungry_.pop_front();
    if (!for_anyone && !ready_.has_for(worker->rank)) {
      hungry_.push_back(worker->rank);
      continue;
    }
    is_hungry_.erase(worker->rank);
    // One that has fallen silent may be dead. If not, its next report asks again.
    if (members_.is_quiet(worker->rank, now_)) continue;
    feed(*worker, out);
  }
}

}  // namespace steadfarm::core
