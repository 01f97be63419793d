#include "core/silence.hpp"

#include <gtest/gtest.h>

namespace steadfarm::core {
namespace {

constexpr TimeUs kLimit = 100;

TEST(Silence, lasts_since_the_last_word) {
  Silence silence(5);
  EXPECT_EQ(silence.lasted_us(25), 20);
  silence.heard(30);
  EXPECT_EQ(silence.lasted_us(40), 10);
}

TEST(Silence, goes_on_where_turns_are_at_most_half_of_the_limit_apart) {
  Silence silence(0);
  silence.turn(0, 50, kLimit);
  silence.turn(50, 100, kLimit);
  EXPECT_EQ(silence.lasted_us(100), 100);
}

TEST(Silence, starts_anew_after_a_gap) {
  Silence silence(0);
  silence.turn(0, 51, kLimit);
  EXPECT_EQ(silence.lasted_us(51), 0);
}

TEST(Silence, forgives_three_gaps_in_a_row_and_no_more) {
  Silence silence(0);
  for (TimeUs now = 60; now <= 180; now += 60) {
    silence.turn(now - 60, now, kLimit);
    EXPECT_EQ(silence.lasted_us(now), 0) << now;
  }
  silence.turn(180, 240, kLimit);
  EXPECT_EQ(silence.lasted_us(240), 60);
  silence.turn(240, 5000, kLimit);
  EXPECT_EQ(silence.lasted_us(5000), 4820);
}

TEST(Silence, turns_in_time_between_the_gaps_do_not_make_it_forget_them) {
  Silence silence(0);
  TimeUs now = 0;
  for (int gap = 0; gap < 3; ++gap) {
    silence.turn(now, now + 60, kLimit);
    silence.turn(now + 60, now + 70, kLimit);
    now += 70;
    EXPECT_EQ(silence.lasted_us(now), 10);
  }
  silence.turn(now, now + 60, kLimit);
  EXPECT_EQ(silence.lasted_us(now + 60), 70);
}

TEST(Silence, a_word_makes_it_forget_them) {
  Silence silence(0);
  for (TimeUs now = 60; now <= 600; now += 60) {
    silence.turn(now - 60, now, kLimit);
    EXPECT_EQ(silence.lasted_us(now), 0) << now;
    silence.heard(now);
  }
}

}  // namespace
}  // namespace steadfarm::core
