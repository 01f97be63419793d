#include "core/unit_table.hpp"

#include <utility>

#include "base/assert.hpp"

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
  STEADFARM_ASSERT(unit.state == UnitState::ready);
  index_.erase(unit.key);
  unit.state = UnitState::free;
  unit.payload = Bytes();
  unit.past.reset();
  STEADFARM_ASSERT(unit.saved == nullptr);
  ++unit.stamp;
  free_.push_back(slot);
}

void UnitTable::lease(Slot slot, Rank owner, LeaseList& leases) {
  LiveUnit& unit = slots_[slot];
  STEADFARM_ASSERT(unit.state == UnitState::ready);
  unit.state = UnitState::leased;
  unit.attempt = unit.attempt.next();
  unit.owner = owner;
  unit.prev = leases.tail;
  unit.next = kNoSlot;
  if (leases.tail != kNoSlot) {
    slots_[leases.tail].next = slot;
  } else {
    leases.head = slot;
  }
  leases.tail = slot;
  ++leases.count;
}

void UnitTable::release(Slot slot, LeaseList& leases, bool remember, bool blamed) {
  LiveUnit& unit = slots_[slot];
  STEADFARM_ASSERT(unit.state == UnitState::leased);
  STEADFARM_ASSERT(leases.count > 0);
  (unit.prev != kNoSlot ? slots_[unit.prev].next : leases.head) = unit.next;
  (unit.next != kNoSlot ? slots_[unit.next].prev : leases.tail) = unit.prev;
  unit.prev = kNoSlot;
  unit.next = kNoSlot;
  --leases.count;
  unit.state = UnitState::ready;
  if (remember) {
    if (!unit.past) unit.past = std::make_unique<std::vector<PastLease>>();
    unit.past->push_back({unit.attempt, unit.owner, blamed});
  }
}

bool UnitTable::was_given(Slot slot, Attempt attempt, Rank rank) const {
  const LiveUnit& unit = slots_[slot];
  if (unit.state == UnitState::leased && attempt == unit.attempt) return unit.owner == rank;
  if (!unit.past) return false;
  for (const PastLease& lease : *unit.past) {
    if (lease.attempt == attempt && lease.rank == rank) return true;
  }
  return false;
}

}  // namespace steadfarm::core
