#include "driver/unit_guard.hpp"

#include <gtest/gtest.h>

namespace steadfarm::driver {
namespace {

constexpr TimeUs kLimit = 1000;
const UnitKey kUnit = UnitKey::index(7);

TEST(UnitGuard, calls_a_unit_deaf_that_came_by_no_safe_point_within_the_limit) {
  UnitGuard guard(kLimit);
  EXPECT_FALSE(guard.deaf(1'000'000));
  guard.begin(kUnit, Attempt(2), 50);
  EXPECT_FALSE(guard.deaf(50 + kLimit));
  const auto deaf = guard.deaf(50 + kLimit + 1);
  ASSERT_TRUE(deaf);
  EXPECT_EQ(deaf->key, kUnit);
  EXPECT_EQ(deaf->attempt, Attempt(2));
}

TEST(UnitGuard, a_unit_that_ended_is_not_deaf) {
  UnitGuard guard(kLimit);
  guard.begin(kUnit, Attempt(1), 0);
  guard.end();
  EXPECT_FALSE(guard.deaf(10 * kLimit));
  EXPECT_FALSE(guard.at_safe_point(10 * kLimit));
}

TEST(UnitGuard, fails_a_unit_at_its_first_safe_point_after_the_limit) {
  UnitGuard guard(kLimit);
  guard.begin(kUnit, Attempt(1), 0);
  EXPECT_FALSE(guard.at_safe_point(kLimit));
  EXPECT_TRUE(guard.at_safe_point(kLimit + 1));
}

TEST(UnitGuard, one_that_listens_gets_as_much_time_again_to_come_by) {
  UnitGuard guard(kLimit);
  guard.begin(kUnit, Attempt(1), 0);
  EXPECT_FALSE(guard.at_safe_point(kLimit - 100));
  EXPECT_FALSE(guard.deaf(2 * kLimit - 100));
  EXPECT_TRUE(guard.deaf(2 * kLimit - 99));
}

TEST(UnitGuard, one_that_was_told_to_end_and_goes_on_is_deaf_after_as_much_time_again) {
  UnitGuard guard(kLimit);
  guard.begin(kUnit, Attempt(1), 0);
  EXPECT_TRUE(guard.at_safe_point(kLimit + 100));
  for (TimeUs now = kLimit + 200; now <= 2 * kLimit + 100; now += 100) {
    EXPECT_FALSE(guard.deaf(now)) << now;
    EXPECT_TRUE(guard.at_safe_point(now)) << "again and again";
  }
  EXPECT_TRUE(guard.deaf(2 * kLimit + 101));
}

TEST(UnitGuard, one_that_cannot_end_is_deaf_at_once) {
  UnitGuard guard(kLimit);
  guard.cannot_end();
  guard.begin(kUnit, Attempt(3), 0);
  EXPECT_FALSE(guard.deaf(1)) << "that was not this one";
  guard.cannot_end();
  ASSERT_TRUE(guard.deaf(1));
  EXPECT_EQ(guard.deaf(1)->attempt, Attempt(3));
  guard.end();
  EXPECT_FALSE(guard.deaf(2));
}

TEST(UnitGuard, each_unit_has_the_whole_time) {
  UnitGuard guard(kLimit);
  guard.begin(kUnit, Attempt(1), 0);
  guard.end();
  guard.begin(UnitKey::index(8), Attempt(1), kLimit);
  EXPECT_FALSE(guard.at_safe_point(2 * kLimit));
  EXPECT_FALSE(guard.deaf(2 * kLimit));
}

}  // namespace
}  // namespace steadfarm::driver
