#include "core/wall_time.hpp"

#include <gtest/gtest.h>

namespace steadfarm::core {
namespace {

UnitTimes steady(std::uint64_t unit_us) {
  UnitTimes times;
  times.add(100, 100 * unit_us, 100 * unit_us * unit_us);
  return times;
}

// Half of them take 1 s, half 3 s: mean 2 s, sigma 1 s.
UnitTimes uneven() {
  UnitTimes times;
  times.add(2, 4'000'000, 1'000'000'000'000 + 9'000'000'000'000);
  return times;
}

TEST(WallTime, without_a_deadline_limits_nothing) {
  const WallTime none(kNoDeadline, 10 * kSecondUs);
  EXPECT_FALSE(none.is_up(1'000'000 * kSecondUs));
  EXPECT_EQ(7u, none.units_in_time(steady(kSecondUs), 100, 7, 1'000'000 * kSecondUs));
}

TEST(WallTime, is_up_when_only_the_reserve_is_left) {
  const WallTime limit(100 * kSecondUs, 20 * kSecondUs);
  EXPECT_FALSE(limit.is_up(80 * kSecondUs - 1));
  EXPECT_TRUE(limit.is_up(80 * kSecondUs));
  EXPECT_TRUE(limit.is_up(200 * kSecondUs));
  EXPECT_TRUE(WallTime(5 * kSecondUs, 20 * kSecondUs).is_up(0));  // less than the reserve at all
}

TEST(WallTime, gives_out_everything_before_a_time_is_known) {
  const WallTime limit(100 * kSecondUs, 0);
  EXPECT_EQ(50u, limit.units_in_time(UnitTimes(), 3, 50, 99 * kSecondUs));
}

TEST(WallTime, counts_what_the_worker_has_already) {
  const WallTime limit(110 * kSecondUs, 10 * kSecondUs);
  EXPECT_EQ(10u, limit.units_in_time(steady(kSecondUs), 0, 50, 90 * kSecondUs));
  EXPECT_EQ(7u, limit.units_in_time(steady(kSecondUs), 3, 50, 90 * kSecondUs));
  EXPECT_EQ(2u, limit.units_in_time(steady(kSecondUs), 3, 2, 90 * kSecondUs));
  EXPECT_EQ(0u, limit.units_in_time(steady(kSecondUs), 10, 2, 90 * kSecondUs));
  EXPECT_EQ(0u, limit.units_in_time(steady(kSecondUs), 60, 2, 90 * kSecondUs));
  EXPECT_EQ(0u, limit.units_in_time(steady(kSecondUs), 0, 1, 99 * kSecondUs + 1));
  EXPECT_EQ(1u, limit.units_in_time(steady(kSecondUs), 0, 1, 99 * kSecondUs));
  EXPECT_EQ(0u, limit.units_in_time(steady(kSecondUs), 0, 1, 100 * kSecondUs));
  EXPECT_EQ(0u, limit.units_in_time(steady(kSecondUs), 0, 1, 300 * kSecondUs));
}

TEST(WallTime, allows_for_the_spread) {
  const WallTime limit(100 * kSecondUs, 0);
  // One unit: 2 s + 2 * 1 s. Four: 8 s + 2 * 2 s.
  EXPECT_EQ(1u, limit.units_in_time(uneven(), 0, 9, 96 * kSecondUs));
  EXPECT_EQ(0u, limit.units_in_time(uneven(), 0, 9, 96 * kSecondUs + 1));
  EXPECT_EQ(4u, limit.units_in_time(uneven(), 0, 9, 88 * kSecondUs));
  EXPECT_EQ(3u, limit.units_in_time(uneven(), 0, 9, 88 * kSecondUs + 1));
}

TEST(WallTime, bears_times_of_nothing) {
  const WallTime limit(100 * kSecondUs, 0);
  EXPECT_GT(limit.units_in_time(steady(0), 0, 1'000'000'000, 0), 1'000'000u);
}

}  // namespace
}  // namespace steadfarm::core
