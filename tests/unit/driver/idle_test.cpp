#include "driver/idle.hpp"

#include <gtest/gtest.h>

#include "tests/unit/driver/manual_clock.hpp"

namespace steadfarm::driver {
namespace {

TEST(PauseUs, spins_for_the_first_microseconds) {
  EXPECT_EQ(pause_us(0), std::nullopt);
  EXPECT_EQ(pause_us(19), std::nullopt);
}

TEST(PauseUs, yields_up_to_three_milliseconds) {
  EXPECT_EQ(pause_us(20), 0);
  EXPECT_EQ(pause_us(2'999), 0);
}

TEST(PauseUs, sleeps_a_small_part_of_the_time_already_waited) {
  EXPECT_EQ(pause_us(3'000), 150);
  EXPECT_EQ(pause_us(10'000), 500);
}

TEST(PauseUs, never_sleeps_longer_than_a_millisecond) {
  EXPECT_EQ(pause_us(20'000), 1'000);
  EXPECT_EQ(pause_us(86'400'000'000), 1'000);
}

TEST(PauseUs, never_shrinks_while_the_idleness_grows) {
  TimeUs before = -1;
  for (TimeUs idle_us = 0; idle_us < 40'000; ++idle_us) {
    const TimeUs pause = pause_us(idle_us).value_or(-1);
    ASSERT_GE(pause, before) << idle_us;
    before = pause;
  }
}

// Counts how often it is asked: after a turn that worked there is no need to know the time.
class CountingClock final : public Clock {
 public:
  [[nodiscard]] TimeUs now() override {
    ++asked;
    return now_us;
  }
  TimeUs now_us = 0;
  int asked = 0;
};

TEST(Idle, asks_for_no_time_while_there_is_work) {
  CountingClock clock;
  Idle idle(clock);
  for (int i = 0; i < 10; ++i) idle.after_turn(true);
  EXPECT_EQ(clock.asked, 0);
  idle.after_turn(false);
  EXPECT_EQ(clock.asked, 1);
}

}  // namespace
}  // namespace steadfarm::driver
