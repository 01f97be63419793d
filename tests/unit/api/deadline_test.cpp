#include "api/deadline.hpp"

#include <gtest/gtest.h>

namespace steadfarm::api {
namespace {

constexpr double kNow = 1'800'000'000.5;

std::optional<TimeUs> left(double walltime_s, double deadline_unix_s, const char* slurm) {
  Options options;
  options.walltime_s = walltime_s;
  options.deadline_unix_s = deadline_unix_s;
  return time_left_us(options, 2, slurm, kNow);
}

TEST(Deadline, is_not_there_unless_somebody_says_so) {
  EXPECT_EQ(std::nullopt, left(0, 0, nullptr));
}

TEST(Deadline, comes_from_the_wall_time_or_the_moment_whichever_is_sooner) {
  EXPECT_EQ(88'000'000, left(90, 0, nullptr));
  EXPECT_EQ(9'500'000, left(0, 1'800'000'010, nullptr));
  EXPECT_EQ(9'500'000, left(90, 1'800'000'010, nullptr));
  EXPECT_EQ(3'000'000, left(5, 1'800'000'010, nullptr));
}

TEST(Deadline, that_has_passed_leaves_no_time) {
  EXPECT_EQ(0, left(0, 1'799'999'999, nullptr));
  EXPECT_EQ(0, left(90, 1, nullptr));
  EXPECT_EQ(0, left(1, 0, nullptr));
}

TEST(Deadline, comes_from_slurm_if_nobody_says_otherwise) {
  EXPECT_EQ(99'500'000, left(0, 0, "1800000100"));
  EXPECT_EQ(3'000'000, left(5, 0, "1800000001"));
}

TEST(Deadline, ignores_what_slurm_cannot_mean) {
  EXPECT_EQ(std::nullopt, left(0, 0, "1800000000"));  // a job that is over
  EXPECT_EQ(std::nullopt, left(0, 0, ""));
  EXPECT_EQ(std::nullopt, left(0, 0, "tomorrow"));
  EXPECT_EQ(std::nullopt, left(0, 0, "1800000100x"));
  EXPECT_EQ(std::nullopt, left(0, 0, "-5"));
}

TEST(Deadline, far_away_does_not_run_over) {
  EXPECT_EQ(1'000'000'000'000'000, left(1e300, 0, nullptr));
  EXPECT_EQ(1'000'000'000'000'000, left(0, 0, "9000000000000000000"));
}

}  // namespace
}  // namespace steadfarm::api
