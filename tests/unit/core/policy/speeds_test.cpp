#include "core/policy/speeds.hpp"

#include <gtest/gtest.h>

namespace steadfarm::core {
namespace {

const std::vector<Rank> kFour = {Rank(1), Rank(2), Rank(3), Rank(4)};

UnitTimes times(std::uint32_t count, std::uint64_t each_us) {
  UnitTimes out;
  out.add(count, count * each_us, count * each_us * each_us);
  return out;
}

TEST(Speeds, that_are_given_are_weighed_by_their_mean_and_used_in_turn) {
  const Speeds speeds({1, 3}, kFour);
  const UnitTimes none;
  EXPECT_TRUE(speeds.known(Rank(1)));
  EXPECT_DOUBLE_EQ(speeds.weight(Rank(1), none), 0.5);
  EXPECT_DOUBLE_EQ(speeds.weight(Rank(2), none), 1.5);
  EXPECT_DOUBLE_EQ(speeds.weight(Rank(3), none), 0.5);
  EXPECT_DOUBLE_EQ(speeds.weight(Rank(4), none), 1.5);
}

TEST(Speeds, are_measured_where_none_is_given) {
  Speeds speeds({}, kFour);
  const UnitTimes all = times(1000, 100);
  EXPECT_FALSE(speeds.known(Rank(2)));
  EXPECT_DOUBLE_EQ(speeds.weight(Rank(2), all), 1);
  speeds.add(Rank(2), 396, 396 * 50, 396 * 50 * 50);
  EXPECT_TRUE(speeds.known(Rank(2)));
  EXPECT_NEAR(speeds.weight(Rank(2), all), 1.99, 0.001);
  EXPECT_DOUBLE_EQ(speeds.times(Rank(2), all).mean_us(), 50);
  EXPECT_DOUBLE_EQ(speeds.times(Rank(3), all).mean_us(), 100);
}

TEST(Speeds, of_a_worker_that_comes_later_are_the_next_in_turn) {
  Speeds speeds({1, 3, 2}, kFour);  // 1, 3, 2, 1: the mean is 7 / 4
  const UnitTimes none;
  speeds.add_worker(Rank(9));
  EXPECT_TRUE(speeds.known(Rank(9)));
  EXPECT_DOUBLE_EQ(speeds.weight(Rank(9), none), 12.0 / 7);
  EXPECT_DOUBLE_EQ(speeds.weight(Rank(1), none), 4.0 / 7);
  Speeds measured({}, kFour);
  measured.add_worker(Rank(9));
  EXPECT_FALSE(measured.known(Rank(9)));
  measured.add(Rank(9), 396, 396 * 50, 396 * 50 * 50);
  EXPECT_DOUBLE_EQ(measured.times(Rank(9), none).mean_us(), 50);
}

TEST(Speeds, of_few_units_are_doubted) {
  Speeds speeds({}, kFour);
  speeds.add(Rank(1), 1, 1000, 1'000'000);
  EXPECT_NEAR(speeds.weight(Rank(1), times(1000, 100)), (0.1 + 4) / 5, 1e-9);
}

TEST(Speeds, never_weigh_more_than_all_workers_together) {
  Speeds measured({}, kFour);
  measured.add(Rank(1), 1000, 0, 0);
  EXPECT_DOUBLE_EQ(measured.weight(Rank(1), times(1000, 100)), 4);
  EXPECT_LE(Speeds({1e6, 1e-6}, kFour).weight(Rank(1), UnitTimes()), 4);
}

TEST(Speeds, of_a_stranger_are_the_mean) {
  Speeds speeds({2}, kFour);
  speeds.add(Rank(9), 1, 1, 1);
  EXPECT_FALSE(speeds.known(Rank(9)));
  EXPECT_DOUBLE_EQ(speeds.weight(Rank(9), UnitTimes()), 1);
}

}  // namespace
}  // namespace steadfarm::core
