#include "core/unit_table.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "core/term.hpp"

namespace steadfarm::core {

Slot UnitTable::add(const UnitKey& key, Bytes payload, std::int32_t priority,
                    const UnitHints& hints) {
  Slot slot = kNoSlot;
  if (free_.empty()) {
    slot = static_cast<Slot>(slots_.size());
    STEADFARM_ASSERT(slot != kNoSlot);
    slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  LiveUnit& unit = slots_[slot];
  STEADFARM_ASSERT(unit.state == UnitState::free);
  unit.key = key;
  unit.payload = std::move(payload);
  unit.priority = priority;
  unit.hints = hints;
  unit.hints.expected_us = std::min(hints.expected_us, kExpectedMaxUs);
  unit.attempt = Attempt(0);
  unit.tries = 0;
  unit.deaths = 0;
  unit.state = UnitState::ready;
  unit.persisted = false;
  unit.dirty = false;
  index_.insert(key, slot);
  return slot;
}

void UnitTable::remove(Slot slot) {
  LiveUnit& unit = slots_[slot];
  STEADFARM_ASSERT(unit.state == UnitState::ready && !unit.second);
  index_.erase(unit.key);
  unit.state = UnitState::free;
  unit.payload = Bytes();
  unit.past.reset();
  STEADFARM_ASSERT(unit.saved == nullptr);
  ++unit.stamp;
  free_.push_back(slot);
}

inline void UnitTable::link(Slot slot, LeaseList& leases) {
  LiveUnit& unit = slots_[slot];
  unit.prev = leases.tail;
  unit.next = kNoSlot;
  if (leases.tail != kNoSlot) {
    slots_[leases.tail].next = slot;
  } else {
    leases.head = slot;
  }
  leases.tail = slot;
  if (++leases.count == 1) holders_.insert(unit.owner);
  if (unit.hints.expected_us == 0) return;
  ++leases.declared;
  leases.declared_us += unit.hints.expected_us;
}

inline void UnitTable::unlink(Slot slot, LeaseList& leases) {
  LiveUnit& unit = slots_[slot];
  STEADFARM_ASSERT(leases.count > 0);
  (unit.prev != kNoSlot ? slots_[unit.prev].next : leases.head) = unit.next;
  (unit.next != kNoSlot ? slots_[unit.next].prev : leases.tail) = unit.prev;
  unit.prev = kNoSlot;
  unit.next = kNoSlot;
  if (--leases.count == 0) holders_.erase(unit.owner);
  if (unit.hints.expected_us == 0) return;
  --leases.declared;
  leases.declared_us -= unit.hints.expected_us;
}

void UnitTable::remember_lease(LiveUnit& unit, Attempt attempt, Rank rank, bool blamed) {
  if (!unit.past) unit.past = std::make_unique<std::vector<PastLease>>();
  unit.past->push_back({attempt, rank, blamed});
}

void UnitTable::lease(Slot slot, Rank owner, LeaseList& leases) {
  LiveUnit& unit = slots_[slot];
  STEADFARM_ASSERT(unit.state == UnitState::ready);
  unit.state = UnitState::leased;
  unit.attempt = next_attempt(slot);
  unit.owner = owner;
  link(slot, leases);
}

void UnitTable::adopt(Slot slot, Attempt attempt, Rank owner, LeaseList& leases) {
  LiveUnit& unit = slots_[slot];
  STEADFARM_ASSERT(unit.state == UnitState::ready);
  unit.state = UnitState::leased;
  unit.attempt = attempt;
  unit.assign_seq = 0;
  unit.owner = owner;
  link(slot, leases);
}

void UnitTable::release(Slot slot, LeaseList& leases, bool remember, bool blamed) {
  LiveUnit& unit = slots_[slot];
  STEADFARM_ASSERT(unit.state == UnitState::leased && !unit.second);
  unlink(slot, leases);
  unit.state = UnitState::ready;
  if (remember) remember_lease(unit, unit.attempt, unit.owner, blamed);
}

void UnitTable::lease_second(Slot slot, Rank rank, std::uint32_t assign_seq) {
  LiveUnit& unit = slots_[slot];
  STEADFARM_ASSERT(unit.state == UnitState::leased && !unit.second && unit.owner != rank);
  unit.second = std::make_unique<SecondLease>(SecondLease{rank, next_attempt(slot), assign_seq});
}

void UnitTable::end_second(Slot slot, bool blamed) {
  LiveUnit& unit = slots_[slot];
  STEADFARM_ASSERT(unit.second != nullptr);
  remember_lease(unit, unit.second->attempt, unit.second->rank, blamed);
  unit.second.reset();
}

void UnitTable::promote_second(Slot slot, LeaseList& from, LeaseList& to, bool remember,
                               bool blamed) {
  LiveUnit& unit = slots_[slot];
  STEADFARM_ASSERT(unit.state == UnitState::leased && unit.second != nullptr);
  unlink(slot, from);
  if (remember) remember_lease(unit, unit.attempt, unit.owner, blamed);
  unit.attempt = unit.second->attempt;
  unit.owner = unit.second->rank;
  unit.assign_seq = unit.second->assign_seq;
  unit.second.reset();
  link(slot, to);
}

// Of those that are over only the lease itself may be forgotten: the next one comes after it.
Attempt UnitTable::last_attempt(Slot slot) const {
  const LiveUnit& unit = slots_[slot];
  Attempt last = attempts_after_;
  const auto consider = [&](Attempt attempt) {
    if (mark_of(attempt) == mark_of(attempts_after_)) last = std::max(last, attempt);
  };
  consider(unit.attempt);
  if (unit.second) consider(unit.second->attempt);
  if (unit.past) {
    for (const PastLease& lease : *unit.past) consider(lease.attempt);
  }
  return last;
}

bool UnitTable::can_be_handed_out(Slot slot) const {
  return number_of(last_attempt(slot)) < kAttemptNumberMax;
}

// A higher number would run into the mark of another term, and be taken for its attempt.
Attempt UnitTable::next_attempt(Slot slot) const {
  const Attempt last = last_attempt(slot);
  STEADFARM_ASSERT(number_of(last) < kAttemptNumberMax);
  return last.next();
}

bool UnitTable::was_given(Slot slot, Attempt attempt, Rank rank) const {
  const LiveUnit& unit = slots_[slot];
  if (unit.state == UnitState::leased && attempt == unit.attempt) return unit.owner == rank;
  if (unit.second && attempt == unit.second->attempt) return unit.second->rank == rank;
  if (!unit.past) return false;
  for (const PastLease& lease : *unit.past) {
    if (lease.attempt == attempt && lease.rank == rank) return true;
  }
  return false;
}

}  // namespace steadfarm::core
