#include "core/saved_states.hpp"

#include <gtest/gtest.h>

namespace steadfarm::core {
namespace {

using Kept = SavedStates::Kept;

std::shared_ptr<const Bytes> state(std::size_t bytes) {
  return std::make_shared<const Bytes>(bytes, std::byte{7});
}

TEST(SavedStates, keeps_what_is_further_on) {
  SavedStates states(100);
  std::unique_ptr<SavedState> unit;
  EXPECT_EQ(states.keep(unit, Attempt(1), 3, state(10)), Kept::newer);
  EXPECT_EQ(states.keep(unit, Attempt(2), 3, state(20)), Kept::old);
  EXPECT_EQ(states.keep(unit, Attempt(2), 2, state(20)), Kept::old);
  EXPECT_EQ(states.keep(unit, Attempt(1), 4, state(30)), Kept::newer);
  EXPECT_EQ(unit->sequence, 4U);
  EXPECT_EQ(unit->state->size(), 30U);
  EXPECT_EQ(states.bytes(), 30U);
}

TEST(SavedStates, has_a_limit_for_all_units_together) {
  SavedStates states(100);
  std::unique_ptr<SavedState> a;
  std::unique_ptr<SavedState> b;
  EXPECT_EQ(states.keep(a, Attempt(1), 1, state(60)), Kept::newer);
  EXPECT_EQ(states.keep(b, Attempt(1), 1, state(41)), Kept::no_room);
  EXPECT_EQ(b, nullptr);
  EXPECT_EQ(states.keep(b, Attempt(1), 1, state(40)), Kept::newer);
  // What takes the place of another needs room for the difference only.
  EXPECT_EQ(states.keep(a, Attempt(1), 2, state(60)), Kept::newer);
  EXPECT_EQ(states.keep(a, Attempt(1), 3, state(61)), Kept::no_room);
  EXPECT_EQ(a->sequence, 2U);
  states.forget(b);
  EXPECT_EQ(b, nullptr);
  EXPECT_EQ(states.keep(a, Attempt(1), 3, state(100)), Kept::newer);
  states.forget(a);
  states.forget(a);
  EXPECT_EQ(states.bytes(), 0U);
}

TEST(SavedStates, takes_nothing_of_the_attempts_before_it_was_dropped) {
  SavedStates states(100);
  std::unique_ptr<SavedState> unit;
  EXPECT_EQ(states.keep(unit, Attempt(2), 9, state(10)), Kept::newer);
  states.drop(*unit, Attempt(4));
  EXPECT_EQ(unit->sequence, 0U);
  EXPECT_EQ(unit->state, nullptr);
  EXPECT_EQ(states.bytes(), 0U);
  EXPECT_EQ(states.keep(unit, Attempt(3), 10, state(10)), Kept::old);
  EXPECT_EQ(states.keep(unit, Attempt(4), 1, state(5)), Kept::newer);
  EXPECT_EQ(states.bytes(), 5U);
}

TEST(SavedStates, takes_back_what_was_durable_whatever_the_limit) {
  SavedStates states(10);
  std::unique_ptr<SavedState> unit;
  states.restore(unit, 5, state(50));
  EXPECT_EQ(unit->sequence, 5U);
  EXPECT_TRUE(unit->persisted);
  EXPECT_EQ(states.bytes(), 50U);
  std::unique_ptr<SavedState> other;
  EXPECT_EQ(states.keep(other, Attempt(1), 1, state(1)), Kept::no_room);
  EXPECT_EQ(states.keep(unit, Attempt(1), 6, state(9)), Kept::newer);
}

}  // namespace
}  // namespace steadfarm::core
