// Invariants across the tables. The simulator and the scenario tests call this after every step.
#include <algorithm>

#include "base/assert.hpp"
#include "core/master.hpp"

namespace steadfarm::core {

void Master::check_invariants() const {
  std::uint64_t leased = 0;
  std::uint64_t queued = 0;
  std::uint64_t doubled = 0;
  std::uint64_t saved_bytes = 0;
  const IntervalSet fresh = ready_.fresh();
  std::uint64_t lowest = ready_.first_fresh().value_or(index_units_.count);
  table_.for_each([&](Slot slot, const LiveUnit& unit) {
    STEADFARM_ASSERT(table_.find(unit.key) == slot);
    if (unit.state == UnitState::leased) {
      ++leased;
      STEADFARM_ASSERT(unit.attempt > Attempt(0));
      STEADFARM_ASSERT(members_.state(unit.owner) == MemberState::alive);
    } else {
      ++queued;
    }
    if (unit.second) {
      ++doubled;
      check_second(slot, unit);
    }
    if (unit.saved) {
      STEADFARM_ASSERT((unit.saved->sequence > 0) == (unit.saved->state != nullptr));
      if (unit.saved->state) saved_bytes += unit.saved->state->size();
    }
    STEADFARM_ASSERT(unit.tries < options_.tries_max);
    STEADFARM_ASSERT(unit.deaths < options_.deaths_max);
    if (!unit.key.is_index()) return;
    STEADFARM_ASSERT(!fresh.contains(unit.key.lo));
    lowest = std::min(lowest, unit.key.lo);
  });
  STEADFARM_ASSERT(!options_.ordered || hold_.next() == lowest);
  STEADFARM_ASSERT(leased == leased_);
  STEADFARM_ASSERT(saved_bytes == saved_.bytes());
  STEADFARM_ASSERT(queued == ready_.queued_count());
  STEADFARM_ASSERT(fresh.count() == ready_.fresh_count());
  std::uint64_t held = 0;
  std::size_t hungry = hungry_.size();
  for (const Worker& worker : workers_) {
    held += worker.leases.count;
    std::uint32_t count = 0;
    for (Slot slot = worker.leases.head; slot != kNoSlot; slot = table_.at(slot).next) {
      STEADFARM_ASSERT(table_.at(slot).owner == worker.rank);
      ++count;
    }
    STEADFARM_ASSERT(count == worker.leases.count);
    STEADFARM_ASSERT(!worker.solo || worker.leases.count <= 1);
    check_tail(worker);
    if (worker.second != kNoSlot) --doubled;
    if (is_hungry_.contains(worker.rank)) --hungry;
  }
  STEADFARM_ASSERT(doubled == 0);
  // Who is in the one is in the other, or it would never be fed again.
  for (const Rank rank : hungry_) STEADFARM_ASSERT(is_hungry_.contains(rank));
  STEADFARM_ASSERT(hungry == 0);
  STEADFARM_ASSERT(held == leased_);
  STEADFARM_ASSERT(index_units_.count + counters_.spawned ==
                   counters_.accepted + counters_.failed + table_.size() + ready_.fresh_count());
  STEADFARM_ASSERT(committed_ <= counters_.accepted);
}

// A second execution is of a leased unit that bears it, by another worker that has nothing else.
void Master::check_second(Slot slot, const LiveUnit& unit) const {
  STEADFARM_ASSERT(unit.state == UnitState::leased && unit.hints.repeatable);
  STEADFARM_ASSERT(unit.second->rank != unit.owner);
  STEADFARM_ASSERT(unit.second->attempt != unit.attempt);
  STEADFARM_ASSERT(members_.state(unit.second->rank) == MemberState::alive);
  const Worker* helper = find_worker(unit.second->rank);
  STEADFARM_ASSERT(helper != nullptr && helper->second == slot);
}

void Master::check_tail(const Worker& worker) const {
  std::uint64_t declared_us = 0;
  std::uint32_t declared = 0;
  for (Slot slot = worker.leases.head; slot != kNoSlot; slot = table_.at(slot).next) {
    const std::uint64_t expected_us = table_.at(slot).hints.expected_us;
    declared_us += expected_us;
    if (expected_us > 0) ++declared;
  }
  STEADFARM_ASSERT(declared == worker.leases.declared);
  STEADFARM_ASSERT(declared_us == worker.leases.declared_us);
  STEADFARM_ASSERT(worker.second == kNoSlot || worker.leases.count == 0);
  const bool present = members_.state(worker.rank) == MemberState::alive;
  STEADFARM_ASSERT(present || (worker.stale.empty() && !recalled_.contains(worker.rank)));
  STEADFARM_ASSERT(table_.holders().contains(worker.rank) == (worker.leases.count > 0));
}

}  // namespace steadfarm::core
