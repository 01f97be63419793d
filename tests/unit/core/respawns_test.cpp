#include "core/respawns.hpp"

#include <gtest/gtest.h>

namespace steadfarm::core {
namespace {

constexpr TimeUs kPause = 1'000;
constexpr TimeUs kPatience = 50'000;

RespawnOptions options(std::uint32_t tries) { return {tries, kPatience, kPause, 0}; }

TEST(Respawns, are_off_by_default) {
  const Respawns respawns(RespawnOptions(), 3, Rank(4));
  EXPECT_FALSE(respawns.enabled());
  EXPECT_EQ(respawns.due(0, 0), std::nullopt);
}

TEST(Respawns, replace_who_is_missing_one_at_a_time_with_rising_ranks) {
  Respawns respawns(options(9), 3, Rank(4));
  EXPECT_EQ(respawns.due(0, 3), std::nullopt);
  EXPECT_EQ(respawns.due(0, 1), Rank(4));
  respawns.started(0);
  EXPECT_TRUE(respawns.under_way());
  EXPECT_EQ(respawns.due(0, 1), std::nullopt);
  EXPECT_FALSE(respawns.arrived(Rank(5)));
  EXPECT_TRUE(respawns.arrived(Rank(4)));
  EXPECT_FALSE(respawns.arrived(Rank(4)));
  EXPECT_EQ(respawns.due(0, 2), Rank(5));
  respawns.started(0);
  EXPECT_TRUE(respawns.arrived(Rank(5)));
  EXPECT_EQ(respawns.due(0, 3), std::nullopt);
}

TEST(Respawns, wait_until_the_launcher_is_done_with_a_loss) {
  RespawnOptions settling = options(9);
  settling.settle_us = 500;
  Respawns respawns(settling, 3, Rank(4));
  respawns.lost(Rank(1), 1'000);
  respawns.lost(Rank(2), 1'300);
  EXPECT_EQ(respawns.due(1'799, 1), std::nullopt);
  EXPECT_EQ(respawns.due(1'800, 1), Rank(4));
}

TEST(Respawns, leave_out_who_went_by_himself) {
  Respawns respawns(options(9), 3, Rank(4));
  respawns.left();
  EXPECT_EQ(respawns.due(0, 2), std::nullopt);
  EXPECT_EQ(respawns.due(0, 1), Rank(4));
}

TEST(Respawns, wait_twice_as_long_after_each_try_in_vain) {
  Respawns respawns(options(100), 1, Rank(2));
  TimeUs now = 0;
  for (const TimeUs pause : {1, 2, 4, 8, 16, 32, 64, 64, 64}) {
    ASSERT_EQ(respawns.due(now, 0), Rank(2));
    respawns.started(now);
    EXPECT_FALSE(respawns.failed(Rank(3), now));
    EXPECT_TRUE(respawns.failed(Rank(2), now));
    EXPECT_EQ(respawns.due(now + pause * kPause - 1, 0), std::nullopt);
    now += pause * kPause;
  }
}

TEST(Respawns, that_work_end_the_waiting) {
  Respawns respawns(options(100), 1, Rank(2));
  const auto start = [&](Rank rank, TimeUs now) {
    ASSERT_EQ(respawns.due(now, 0), rank);
    respawns.started(now);
    ASSERT_TRUE(respawns.arrived(rank));
  };
  start(Rank(2), 0);
  respawns.lost(Rank(2), 0);  // without an answer
  EXPECT_EQ(respawns.due(kPause - 1, 0), std::nullopt);
  start(Rank(3), kPause);
  respawns.worked(Rank(3));
  respawns.lost(Rank(3), kPause);
  start(Rank(4), kPause);          // at once
  respawns.lost(Rank(1), kPause);  // one of the first: says nothing of replacements
  respawns.lost(Rank(4), kPause);
  EXPECT_EQ(respawns.due(2 * kPause, 0), Rank(5));
}

TEST(Respawns, end_with_the_last_try) {
  Respawns respawns(options(2), 4, Rank(5));
  respawns.started(0);
  EXPECT_TRUE(respawns.failed(Rank(5), 0));
  respawns.started(kPause);
  EXPECT_TRUE(respawns.arrived(Rank(5)));
  EXPECT_EQ(respawns.due(1'000'000, 0), std::nullopt);
}

TEST(Respawns, wait_for_nobody_who_does_not_come_and_take_him_if_he_does) {
  Respawns respawns(options(9), 2, Rank(3));
  respawns.started(100);
  EXPECT_EQ(respawns.give_up(100 + kPatience - 1), std::nullopt);
  EXPECT_EQ(respawns.give_up(100 + kPatience), Rank(3));
  EXPECT_EQ(respawns.give_up(100 + 2 * kPatience), std::nullopt);
  EXPECT_FALSE(respawns.under_way());
  EXPECT_EQ(respawns.due(10 * kPatience, 0), std::nullopt);
  EXPECT_TRUE(respawns.arrived(Rank(3)));
  EXPECT_EQ(respawns.due(10 * kPatience, 0), Rank(4));
}

}  // namespace
}  // namespace steadfarm::core
