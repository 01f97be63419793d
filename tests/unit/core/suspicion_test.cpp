#include "core/suspicion.hpp"

#include <gtest/gtest.h>

namespace steadfarm::core {
namespace {

// The quantiles of the normal distribution, as tables have them.
TEST(Phi, is_the_negative_logarithm_of_the_normal_tail) {
  EXPECT_NEAR(phi_of(1000, 1000, 100), 0.30103, 1e-5);  // one half
  EXPECT_NEAR(phi_of(1128.155, 1000, 100), 1, 1e-4);
  EXPECT_NEAR(phi_of(1232.635, 1000, 100), 2, 1e-4);
  EXPECT_NEAR(phi_of(1309.023, 1000, 100), 3, 1e-4);
  EXPECT_NEAR(phi_of(1561.200, 1000, 100), 8, 1e-3);
}

TEST(Phi, stays_a_number_whatever_the_silence) {
  EXPECT_NEAR(phi_of(0, 1000, 100), 0, 1e-9);
  EXPECT_EQ(phi_of(1e12, 1000, 100), 300);
}

TEST(BeatTimes, knows_nothing_before_it_has_seen_some) {
  BeatTimes beats;
  for (std::uint32_t i = 1; i < BeatTimes::kLeast; ++i) beats.add(1000);
  EXPECT_FALSE(beats.known());
  beats.add(1000);
  EXPECT_TRUE(beats.known());
}

TEST(BeatTimes, takes_nobody_to_be_more_regular_than_a_quarter_of_the_interval) {
  BeatTimes beats;
  for (int i = 0; i < 100; ++i) beats.add(1000);
  EXPECT_NEAR(beats.phi(1000 + 772, 1000), 3, 0.01);
}

TEST(BeatTimes, expects_no_more_than_was_agreed_on) {
  BeatTimes beats;
  for (int i = 0; i < 100; ++i) beats.add(10);
  EXPECT_NEAR(beats.phi(1000, 1000), 0.30103, 1e-5);
}

TEST(BeatTimes, follows_a_machine_that_has_become_busy) {
  BeatTimes beats;
  for (int i = 0; i < 1000; ++i) beats.add(1000);
  const double before = beats.phi(4000, 1000);
  for (int i = 0; i < 200; ++i) beats.add(i % 2 == 0 ? 1000 : 4000);
  EXPECT_GT(before, 8);
  EXPECT_LT(beats.phi(4000, 1000), 2);
}

}  // namespace
}  // namespace steadfarm::core
