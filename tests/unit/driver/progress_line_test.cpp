#include "driver/progress_line.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/driver/manual_clock.hpp"

namespace steadfarm::driver {
namespace {

core::Progress some_progress() {
  core::Progress p;
  p.total = 8;
  p.pending = 6;
  p.workers_alive = 3;
  p.counters.accepted = 1;
  p.counters.failed = 1;
  return p;
}

TEST(ProgressText, counts_what_is_done_of_what_there_is) {
  EXPECT_EQ(progress_text(some_progress(), 12.34, 0.4, false),
            "25.0 %, 2 of 8 units, 3 workers, 0 units/s, 12.3 s");
}

TEST(ProgressText, has_a_bar_of_fixed_width_if_wanted) {
  EXPECT_EQ(progress_text(some_progress(), 1, 1000, true),
            "[######..................] 25.0 %, 2 of 8 units, 3 workers, 1000 units/s, 1.0 s");
}

TEST(ProgressText, says_what_is_durable_once_there_is_a_generation) {
  core::Progress p = some_progress();
  p.generation = Generation(4);
  p.committed = 1;
  EXPECT_EQ(progress_text(p, 1, 1, false),
            "25.0 %, 2 of 8 units, 1 durable, 3 workers, 1 units/s, 1.0 s");
}

TEST(ProgressText, shows_what_is_left_where_units_spawn_units) {
  core::Progress p = some_progress();
  p.counters.spawned = 5;
  EXPECT_EQ(progress_text(p, 1, 1, true),
            "2 units done, 6 known to be left, 3 workers, 1 units/s, 1.0 s");
}

TEST(ProgressText, is_complete_where_nothing_is_to_be_done) {
  EXPECT_EQ(progress_text({}, 0, 0, true),
            "[########################] 100.0 %, 0 of 0 units, 0 workers, 0 units/s, 0.0 s");
}

TEST(ProgressText, bears_the_largest_numbers) {
  core::Progress p;
  p.total = std::numeric_limits<std::uint64_t>::max();
  p.pending = p.total;
  p.counters.accepted = p.total;
  p.workers_alive = std::numeric_limits<std::uint32_t>::max();
  p.generation = Generation(p.total);
  p.committed = p.total;
  EXPECT_EQ(progress_text(p, 1e9, 1e9, false),
            "100.0 %, 18446744073709551615 of 18446744073709551615 units, 18446744073709551615 "
            "durable, 4294967295 workers, 1000000000 units/s, 1000000000.0 s");
}

TEST(ProgressText, keeps_the_bar_within_its_width_if_the_counts_are_off) {
  core::Progress p = some_progress();
  p.counters.accepted = 20;
  EXPECT_EQ(progress_text(p, 1, 1, true).substr(0, 35), "[########################] 100.0 %,");
}

TEST(FitColumns, leaves_the_last_column_to_the_cursor) {
  EXPECT_EQ(fit_columns("12345678", 9), "12345678");
  EXPECT_EQ(fit_columns("12345678", 8), "1234567");
  EXPECT_EQ(fit_columns("12345678", 1), "");
}

TEST(FitColumns, cuts_nothing_where_the_width_is_unknown) {
  EXPECT_EQ(fit_columns("12345678", 0), "12345678");
}

// ---- the line itself, on a standard error that is no terminal ----

TEST(ProgressLine, shows_a_line_a_second_when_asked_for_lines) {
  ManualClock clock;
  ProgressLine line(ProgressMode::line, clock);
  EXPECT_FALSE(line.due(clock.now_us + 999'999));
  clock.now_us += 1'000'000;
  ASSERT_TRUE(line.due(clock.now_us));
  testing::internal::CaptureStderr();
  line.show(clock.now_us, some_progress());
  line.end();
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "steadfarm: 25.0 %, 2 of 8 units, 3 workers, 0 units/s, 1.0 s\n");
  EXPECT_FALSE(line.due(clock.now_us + 999'999));
  EXPECT_TRUE(line.due(clock.now_us + 1'000'000));
}

TEST(ProgressLine, measures_speed_from_what_was_done_when_it_began) {
  ManualClock clock;
  ProgressLine line(ProgressMode::line, clock);
  core::Progress progress = some_progress();
  testing::internal::CaptureStderr();
  line.show(clock.now_us + 1'000'000, progress);  // what was restored is no speed
  progress.counters.accepted = 7;
  progress.counters.failed = 1;
  line.show(clock.now_us + 2'000'000, progress);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "steadfarm: 25.0 %, 2 of 8 units, 3 workers, 0 units/s, 1.0 s\n"
            "steadfarm: 100.0 %, 8 of 8 units, 3 workers, 3 units/s, 2.0 s\n");
}

TEST(ProgressLine, overwrites_a_bar_and_ends_it_once) {
  ManualClock clock;
  ProgressLine line(ProgressMode::bar, clock);
  EXPECT_TRUE(line.due(clock.now_us + 250'000));
  testing::internal::CaptureStderr();
  line.show(clock.now_us + 250'000, some_progress());
  line.end();
  line.end();
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "\rsteadfarm: [######..................] 25.0 %, 2 of 8 units, 3 workers, 0 units/s, "
            "0.2 s\033[K\n");
}

TEST(ProgressLine, is_quiet_in_logs_that_nobody_asked_for) {
  ManualClock clock;
  testing::internal::CaptureStderr();  // a file now, whatever it was before
  const ProgressLine line(ProgressMode::automatic, clock);
  EXPECT_FALSE(line.due(clock.now_us + 9'999'999));
  EXPECT_TRUE(line.due(clock.now_us + 10'000'000));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(ProgressLine, says_nothing_when_off) {
  ManualClock clock;
  ProgressLine line(ProgressMode::off, clock);
  EXPECT_FALSE(line.due(clock.now_us + 3'600'000'000));
  testing::internal::CaptureStderr();
  line.show(clock.now_us, some_progress());
  line.end();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace steadfarm::driver
