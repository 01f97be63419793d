#include "core/interval.hpp"

#include <gtest/gtest.h>

namespace steadfarm::core {
namespace {

constexpr TimeUs kMinuteUs = 60'000'000;

double minutes(TimeUs cost_us, TimeUs mtbf_us) {
  return static_cast<double>(daly_interval_us(cost_us, mtbf_us)) / static_cast<double>(kMinuteUs);
}

// The values that the paper prints for a checkpoint of five minutes, with two more digits.
TEST(Interval, gives_the_published_values) {
  EXPECT_NEAR(minutes(5 * kMinuteUs, 24 * 60 * kMinuteUs), 116.69, 0.005);
  EXPECT_NEAR(minutes(5 * kMinuteUs, 6 * 60 * kMinuteUs), 56.71, 0.005);
  EXPECT_NEAR(minutes(5 * kMinuteUs, 15 * kMinuteUs), 9.14, 0.005);
}

TEST(Interval, is_the_time_between_failures_when_a_checkpoint_takes_twice_as_long) {
  EXPECT_EQ(daly_interval_us(2'000, 1'000), 1'000);
  EXPECT_EQ(daly_interval_us(9'000, 1'000), 1'000);
}

TEST(Interval, rises_with_cost_and_with_time_between_failures) {
  EXPECT_LT(daly_interval_us(1'000, kMinuteUs), daly_interval_us(2'000, kMinuteUs));
  EXPECT_LT(daly_interval_us(1'000, kMinuteUs), daly_interval_us(1'000, 2 * kMinuteUs));
}

}  // namespace
}  // namespace steadfarm::core
