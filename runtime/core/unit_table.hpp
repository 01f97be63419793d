// The units that are neither done nor still untouched in an index range: spawned units, and index
// units that were handed out at least once. Pure data with legal transitions only.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/ids.hpp"
#include "core/key_index.hpp"
#include "core/rank_set.hpp"
#include "core/saved_states.hpp"
#include "steadfarm/unit_hints.hpp"

namespace steadfarm::core {

using Slot = std::uint32_t;
/// Units that declare more, 71 years, have declared this; so sums of declared times stay numbers.
inline constexpr std::uint64_t kExpectedMaxUs = 1ULL << 51U;
inline constexpr Slot kNoSlot = KeyIndex::kNone;

enum class UnitState : std::uint8_t { free, ready, leased };

/// An attempt that ended without an answer. Its answer is still welcome if it comes late.
struct PastLease {
  Attempt attempt;
  Rank rank;
  bool blamed = false;  // counted in `deaths`
};

/// A second execution of a leased unit, by a worker that holds nothing else.
struct SecondLease {
  Rank rank;
  Attempt attempt;
  std::uint32_t assign_seq = 0;  // of the Assign that carries it
};

struct LiveUnit {
  UnitKey key;
  Bytes payload;  // spawned units only; index units get theirs from the payload source
  UnitHints hints;
  std::int32_t priority = 0;
  Attempt attempt;           // of the lease, or of the last one; 0 before the first
  std::uint32_t tries = 0;   // executions that failed
  std::uint32_t deaths = 0;  // workers that died with it
  std::uint32_t stamp = 0;   // rises with every entry into a queue; older queue entries are stale
  Rank owner;                // holder of the lease, if leased
  Slot prev = kNoSlot;       // neighbours in the owner's list of leases, oldest first
  Slot next = kNoSlot;
  std::uint32_t assign_seq = 0;  // of the Assign that carries the lease
  UnitState state = UnitState::free;
  bool persisted = false;  // some delta has carried it as added
  bool dirty = false;      // is listed for the next delta
  std::unique_ptr<std::vector<PastLease>> past;
  std::unique_ptr<SecondLease> second;  // null: it is executed once at most
  std::unique_ptr<SavedState> saved;    // null: it has never saved anything
};

// Units are many, and found by their place in a deque: a power of two makes that cheap.
static_assert(sizeof(LiveUnit) <= 128);

/// A worker's leases in the order of handing out.
struct LeaseList {
  Slot head = kNoSlot;
  Slot tail = kNoSlot;
  std::uint32_t count = 0;
  std::uint32_t declared = 0;     // of them, those that declare a time
  std::uint64_t declared_us = 0;  // the sum of these times
};

class UnitTable {
 public:
  [[nodiscard]] Slot find(const UnitKey& key) const { return index_.find(key); }
  [[nodiscard]] LiveUnit& at(Slot slot) { return slots_[slot]; }
  [[nodiscard]] const LiveUnit& at(Slot slot) const { return slots_[slot]; }
  [[nodiscard]] std::size_t size() const { return index_.size(); }

  /// A new unit in state ready (not yet in a queue). The key must be new.
  Slot add(const UnitKey& key, Bytes payload, std::int32_t priority, const UnitHints& hints = {});
  /// Forgets a unit that is in state ready.
  void remove(Slot slot);

  /// ready -> leased, as the newest lease of `leases`; raises the attempt.
  void lease(Slot slot, Rank owner, LeaseList& leases);
  /// leased -> ready; the attempt is remembered if its answer may still come.
  void release(Slot slot, LeaseList& leases, bool remember, bool blamed);

  /// ready -> leased: its execution goes on under this attempt of an earlier master.
  void adopt(Slot slot, Attempt attempt, Rank owner, LeaseList& leases);
  /// Attempts of every unit are above this one.
  void start_attempts_after(Attempt attempt) { attempts_after_ = attempt; }

  /// Hands a leased unit out a second time.
  void lease_second(Slot slot, Rank rank, std::uint32_t assign_seq);
  /// The second execution is over or lost; the first goes on. The attempt is remembered.
  void end_second(Slot slot, bool blamed);
  /// The first execution is over or lost; the second becomes the lease, as the newest of `to`.
  void promote_second(Slot slot, LeaseList& from, LeaseList& to, bool remember, bool blamed);

  /// False: the numbers of attempts, which never come twice, are used up for this unit.
  [[nodiscard]] bool can_be_handed_out(Slot slot) const;
  /// What the next handing-out will be, if there can be one: attempts of a unit never come twice.
  [[nodiscard]] Attempt next_attempt(Slot slot) const;
  /// True if this rank was given this attempt of this unit.
  [[nodiscard]] bool was_given(Slot slot, Attempt attempt, Rank rank) const;

  /// Who holds a lease; second executions do not count.
  [[nodiscard]] const RankSet& holders() const { return holders_; }

  /// Calls visit(Slot, LiveUnit&) for every unit.
  template <class Visit>
  void for_each(Visit&& visit) {
    for (Slot slot = 0; slot < slots_.size(); ++slot) {
      if (slots_[slot].state != UnitState::free) visit(slot, slots_[slot]);
    }
  }
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (Slot slot = 0; slot < slots_.size(); ++slot) {
      if (slots_[slot].state != UnitState::free) visit(slot, slots_[slot]);
    }
  }

 private:
  [[nodiscard]] Attempt last_attempt(Slot slot) const;
  void link(Slot slot, LeaseList& leases);
  void unlink(Slot slot, LeaseList& leases);
  static void remember_lease(LiveUnit& unit, Attempt attempt, Rank rank, bool blamed);

  std::deque<LiveUnit> slots_;
  Attempt attempts_after_;
  std::vector<Slot> free_;
  KeyIndex index_;
  RankSet holders_;
};

}  // namespace steadfarm::core
