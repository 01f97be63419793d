#include "core/unit_table.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "core/term.hpp"

namespace steadfarm::core {
namespace {

const Rank kOne(1);
const Rank kTwo(2);

std::vector<std::uint64_t> held(const UnitTable& table, const LeaseList& leases) {
  std::vector<std::uint64_t> out;
  for (Slot slot = leases.head; slot != kNoSlot; slot = table.at(slot).next) {
    out.push_back(table.at(slot).key.lo);
  }
  EXPECT_EQ(out.size(), leases.count);
  return out;
}

TEST(UnitTable, a_new_unit_is_ready_and_was_given_to_nobody) {
  UnitTable table;
  const Slot slot = table.add(UnitKey::index(3), Bytes(2), -7);
  EXPECT_EQ(table.find(UnitKey::index(3)), slot);
  EXPECT_EQ(table.find(UnitKey::index(4)), kNoSlot);
  EXPECT_EQ(table.at(slot).state, UnitState::ready);
  EXPECT_EQ(table.at(slot).priority, -7);
  EXPECT_EQ(table.at(slot).payload.size(), 2U);
  EXPECT_FALSE(table.was_given(slot, Attempt(0), Rank(0)));
  EXPECT_FALSE(table.was_given(slot, Attempt(1), kOne));
  EXPECT_EQ(table.size(), 1U);
}

TEST(UnitTable, attempts_rise_with_every_lease) {
  UnitTable table;
  LeaseList leases;
  const Slot slot = table.add(UnitKey::index(0), {}, 0);
  table.lease(slot, kOne, leases);
  EXPECT_EQ(table.at(slot).attempt, Attempt(1));
  table.release(slot, leases, true, false);
  table.lease(slot, kTwo, leases);
  EXPECT_EQ(table.at(slot).attempt, Attempt(2));
}

TEST(UnitTable, knows_which_rank_was_given_which_attempt) {
  UnitTable table;
  LeaseList one;
  LeaseList two;
  const Slot slot = table.add(UnitKey::index(0), {}, 0);
  table.lease(slot, kOne, one);
  EXPECT_TRUE(table.was_given(slot, Attempt(1), kOne));
  EXPECT_FALSE(table.was_given(slot, Attempt(1), kTwo));
  EXPECT_FALSE(table.was_given(slot, Attempt(2), kOne));
  table.release(slot, one, true, true);
  EXPECT_TRUE(table.was_given(slot, Attempt(1), kOne));
  table.lease(slot, kTwo, two);
  EXPECT_TRUE(table.was_given(slot, Attempt(1), kOne));
  EXPECT_TRUE(table.was_given(slot, Attempt(2), kTwo));
  EXPECT_FALSE(table.was_given(slot, Attempt(2), kOne));
  EXPECT_FALSE(table.was_given(slot, Attempt(1), kTwo));
}

TEST(UnitTable, an_attempt_that_was_answered_is_not_welcome_twice) {
  UnitTable table;
  LeaseList leases;
  const Slot slot = table.add(UnitKey::index(0), {}, 0);
  table.lease(slot, kOne, leases);
  table.release(slot, leases, false, false);  // it failed
  EXPECT_FALSE(table.was_given(slot, Attempt(1), kOne));
}

TEST(UnitTable, keeps_the_leases_of_a_worker_in_the_order_of_handing_out) {
  for (std::uint64_t gone = 0; gone < 4; ++gone) {
    UnitTable table;
    LeaseList leases;
    std::vector<std::uint64_t> left;
    for (std::uint64_t i = 0; i < 4; ++i) {
      table.lease(table.add(UnitKey::index(i), {}, 0), kOne, leases);
      if (i != gone) left.push_back(i);
    }
    table.release(table.find(UnitKey::index(gone)), leases, false, false);
    EXPECT_EQ(held(table, leases), left);
    left.push_back(gone);
    table.lease(table.find(UnitKey::index(gone)), kOne, leases);
    EXPECT_EQ(held(table, leases), left);
  }
}

TEST(UnitTable, a_slot_that_is_used_again_remembers_nothing) {
  UnitTable table;
  LeaseList leases;
  const Slot slot = table.add(UnitKey::index(0), Bytes(9), 5);
  LiveUnit& unit = table.at(slot);
  table.lease(slot, kOne, leases);
  table.release(slot, leases, true, true);
  unit.tries = 2;
  unit.deaths = 1;
  unit.persisted = true;
  unit.dirty = true;
  const std::uint32_t stamp = unit.stamp;
  table.remove(slot);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.find(UnitKey::index(0)), kNoSlot);
  ASSERT_EQ(table.add(UnitKey::index(1), {}, 0), slot);
  EXPECT_EQ(unit.attempt, Attempt(0));
  EXPECT_EQ(unit.tries, 0U);
  EXPECT_EQ(unit.deaths, 0U);
  EXPECT_FALSE(unit.persisted);
  EXPECT_FALSE(unit.dirty);
  EXPECT_FALSE(table.was_given(slot, Attempt(1), kOne));
  EXPECT_NE(unit.stamp, stamp);  // entries of the old unit in a queue are stale
}

TEST(UnitTable, visits_every_unit_once) {
  UnitTable table;
  for (std::uint64_t i = 0; i < 5; ++i) table.add(UnitKey::index(i), {}, 0);
  table.remove(table.find(UnitKey::index(2)));
  std::uint64_t sum = 0;
  int count = 0;
  table.for_each([&](Slot slot, const LiveUnit& unit) {
    EXPECT_EQ(table.find(unit.key), slot);
    sum += unit.key.lo;
    ++count;
  });
  EXPECT_EQ(count, 4);
  EXPECT_EQ(sum, 8U);
}

TEST(UnitTableDeathTest, refuses_illegal_transitions) {
  UnitTable table;
  LeaseList leases;
  const Slot slot = table.add(UnitKey::index(0), {}, 0);
  EXPECT_DEATH(table.release(slot, leases, false, false), "assertion failed");
  EXPECT_DEATH(table.add(UnitKey::index(0), {}, 0), "assertion failed");
  table.lease(slot, kOne, leases);
  EXPECT_DEATH(table.lease(slot, kTwo, leases), "assertion failed");
  EXPECT_DEATH(table.remove(slot), "assertion failed");
}

TEST(UnitTable, sums_up_what_the_leases_of_a_worker_declare) {
  UnitTable table;
  LeaseList leases;
  const Slot plain = table.add(UnitKey::index(1), {}, 0);
  const Slot long_one = table.add(UnitKey::index(2), {}, 0, {700, 0, true});
  const Slot endless = table.add(UnitKey::index(3), {}, 0, {UINT64_MAX, 0, true});
  for (const Slot slot : {plain, long_one, endless}) table.lease(slot, Rank(1), leases);
  EXPECT_EQ(leases.declared, 2U);
  EXPECT_GT(leases.declared_us, 700U);
  table.release(endless, leases, false, false);
  EXPECT_EQ(leases.declared_us, 700U);
  table.release(plain, leases, false, false);
  table.release(long_one, leases, true, false);
  EXPECT_EQ(leases.declared, 0U);
  EXPECT_EQ(leases.declared_us, 0U);
}

TEST(UnitTable, a_second_execution_has_an_attempt_of_its_own) {
  UnitTable table;
  LeaseList one;
  LeaseList two;
  const Slot slot = table.add(UnitKey::index(1), {}, 0);
  table.lease(slot, Rank(1), one);
  table.lease_second(slot, Rank(2), 5);
  EXPECT_TRUE(table.was_given(slot, Attempt(1), Rank(1)));
  EXPECT_TRUE(table.was_given(slot, Attempt(2), Rank(2)));
  EXPECT_FALSE(table.was_given(slot, Attempt(2), Rank(1)));
  table.end_second(slot, false);
  EXPECT_TRUE(table.was_given(slot, Attempt(2), Rank(2)));  // late, but welcome
  EXPECT_FALSE(table.was_given(slot, Attempt(2), Rank(1)));
  // Attempts never come twice.
  table.lease_second(slot, Rank(3), 6);
  EXPECT_EQ(table.at(slot).second->attempt, Attempt(3));
  EXPECT_EQ(table.next_attempt(slot), Attempt(4));
  table.promote_second(slot, one, two, true, true);
  EXPECT_EQ(one.count, 0U);
  EXPECT_EQ(two.count, 1U);
  EXPECT_EQ(table.at(slot).owner, Rank(3));
  EXPECT_EQ(table.at(slot).assign_seq, 6U);
  EXPECT_TRUE(table.was_given(slot, Attempt(3), Rank(3)));
  EXPECT_TRUE(table.was_given(slot, Attempt(1), Rank(1)));  // late, but welcome
  table.release(slot, two, false, false);
  table.lease(slot, Rank(1), one);
  EXPECT_EQ(table.at(slot).attempt, Attempt(4));
}

// Marks come again: that of a later term may be below that of the one before.
TEST(UnitTable, attempts_follow_those_of_their_own_term_alone) {
  const Term before(kTermMarks - 1);
  const Term term(kTermMarks);
  ASSERT_LT(mark_of(term), mark_of(before));
  UnitTable table;
  table.start_attempts_after(attempt_before(term));
  LeaseList leases;
  const Slot slot = table.add(UnitKey::index(1), {}, 0);
  table.adopt(slot, attempt_before(before).next(), Rank(1), leases);
  EXPECT_EQ(table.next_attempt(slot), attempt_before(term).next());
  table.release(slot, leases, true, false);
  EXPECT_EQ(table.next_attempt(slot), attempt_before(term).next());
}

TEST(UnitTable, attempts_do_not_run_into_the_mark_of_another_term) {
  for (const Term term : {Term(0), Term(5)}) {
    UnitTable table;
    table.start_attempts_after(attempt_before(term));
    LeaseList leases;
    const Slot slot = table.add(UnitKey::index(1), {}, 0);
    for (std::uint32_t i = 1; i < kAttemptNumberMax; ++i) {
      ASSERT_TRUE(table.can_be_handed_out(slot));
      table.lease(slot, Rank(1), leases);
      table.release(slot, leases, false, false);
    }
    table.lease(slot, Rank(1), leases);
    EXPECT_EQ(number_of(table.at(slot).attempt), kAttemptNumberMax);
    EXPECT_EQ(mark_of(table.at(slot).attempt), mark_of(term));
    EXPECT_FALSE(table.can_be_handed_out(slot)) << "nor a second time";
    table.release(slot, leases, true, false);
    EXPECT_FALSE(table.can_be_handed_out(slot));
    EXPECT_DEATH(table.lease(slot, Rank(1), leases), "assertion failed");
    table.remove(slot);
    const Slot other = table.add(UnitKey::index(2), {}, 0);
    EXPECT_TRUE(table.can_be_handed_out(other)) << "it has the place, and numbers of its own";
  }
}

}  // namespace
}  // namespace steadfarm::core
