#include "supervisor/decision.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <vector>

namespace steadfarm::supervisor {
namespace {

using Kind = CommandEnd::Kind;
using State = StoreView::State;

StoreView absent() { return {}; }

StoreView holds(std::uint64_t committed, std::uint64_t generation) {
  StoreView view;
  view.state = State::good;
  view.committed = committed;
  view.generation = generation;
  return view;
}

StoreView complete(std::uint64_t failed = 0) {
  StoreView view = holds(100, 9);
  view.complete = true;
  view.failed = failed;
  return view;
}

StoreView troubled(State state) {
  StoreView view;
  view.state = state;
  view.trouble = "manifest 3 is torn";
  return view;
}

CommandEnd exited(int code, std::int64_t lived_ms = 5'000) {
  return {Kind::exited, code, lived_ms};
}
CommandEnd killed(int signal) { return {Kind::signalled, signal, 5'000}; }

constexpr int kRestart = -1;

struct Row {
  const char* what;
  CommandEnd end;
  StoreView after;
  Asked asked;
  int expected;  // exit code or kRestart
};

// The store was at 10 units in generation 4 before; a Row says the rest.
TEST(Decision, follows_the_table) {
  const StoreView more = holds(20, 6);
  const auto none = Asked::nothing;
  const std::vector<Row> rows = {
      {"complete", exited(0), complete(), none, 0},
      {"complete, units failed", exited(3), complete(2), none, 3},
      {"a launcher that says 0 for 3", exited(0), complete(2), none, 3},
      {"complete, but killed before it said so", exited(137), complete(), none, kRestart},
      {"complete, but its launcher was killed", killed(SIGKILL), complete(), none, kRestart},
      {"a launcher that says 0 for a dead master", exited(0), more, none, kRestart},
      {"complete, says the command, not the store", exited(3), more, none, kRestart},
      {"a rank was killed", exited(137), more, none, kRestart},
      {"the launcher was killed", killed(SIGKILL), more, none, kRestart},
      {"stalled", {Kind::stalled, 60, 90'000}, more, none, kRestart},
      {"every worker lost", exited(75), more, none, kRestart},
      {"the end state is not durable", exited(74), more, none, kRestart},
      {"some error", exited(1), more, none, kRestart},
      {"called wrongly", exited(64), more, none, 64},
      {"store refused", exited(65), more, none, 65},
      {"internal error", exited(70), more, none, 70},
      {"cannot be started", {Kind::cannot_start, ENOENT, 0}, more, none, 64},
      {"damaged store", exited(1), troubled(State::damaged), none, 65},
      {"store out of reach", exited(1), troubled(State::unknown), none, kRestart},
      {"died before it made a store", exited(137), absent(), none, kRestart},
      {"launcher says 0, no store yet", exited(0), absent(), none, kRestart},
      {"long run without a store", exited(0, 90'000), absent(), none, 65},
      {"stopped", exited(75), more, Asked::stop, 75},
      {"stopped, launcher says 0", exited(0), more, Asked::stop, 75},
      {"stopped, died of it", killed(SIGUSR2), more, Asked::stop, 75},
      {"stopped now", killed(SIGKILL), more, Asked::stop_now, 75},
      {"stopped before it made a store", killed(SIGUSR2), absent(), Asked::stop, 75},
      {"stopped, not durable", exited(74), more, Asked::stop, 74},
      {"stopped, but was called wrongly", exited(64), more, Asked::stop, 64},
      {"stopped, but was complete", exited(75), complete(), Asked::stop, 0},
      {"stopped, complete, units failed", killed(SIGTERM), complete(1), Asked::stop_now, 3},
  };
  for (const Row& row : rows) {
    const Decision d = decide({}, {}, {row.end, holds(10, 4), row.after, row.asked, {}});
    EXPECT_EQ(row.expected, d.restart ? kRestart : d.exit_code) << row.what;
    EXPECT_FALSE(d.reason.empty()) << row.what;
    EXPECT_EQ(d.restart ? 1u : 0u, d.tally.restarts) << row.what;
  }
}

TEST(Decision, gives_up_when_restarts_bring_no_progress) {
  Limits limits;
  limits.idle_restarts_max = 3;
  Tally tally;
  for (int restart = 1; restart <= 3; ++restart) {
    const Decision d = decide(limits, tally, {exited(1), holds(10, 4), holds(10, 5), {}, {}});
    ASSERT_TRUE(d.restart) << restart;
    tally = d.tally;
  }
  const Decision last = decide(limits, tally, {exited(1), holds(10, 5), holds(10, 6), {}, {}});
  EXPECT_FALSE(last.restart);
  EXPECT_EQ(76, last.exit_code);
  EXPECT_EQ(3u, last.tally.restarts);
}

TEST(Decision, does_not_blame_the_command_for_a_lost_host) {
  Limits limits;
  limits.idle_restarts_max = 1;
  Circumstances now = {exited(1), holds(10, 4), holds(10, 5), {}, {}};
  now.host_lost = true;
  const Decision d = decide(limits, {0, 1}, now);
  EXPECT_TRUE(d.restart);
  EXPECT_EQ(1u, d.tally.idle);
  now.host_lost = false;
  EXPECT_FALSE(decide(limits, {0, 1}, now).restart);
}

TEST(Decision, forgets_idle_restarts_after_progress) {
  Limits limits;
  limits.idle_restarts_max = 1;
  Tally tally;
  for (std::uint64_t round = 0; round < 10; ++round) {
    Decision d = decide(limits, tally, {exited(1), holds(round, 4), holds(round, 5), {}, {}});
    ASSERT_TRUE(d.restart);
    EXPECT_EQ(1u, d.tally.idle);
    d = decide(limits, d.tally, {exited(1), holds(round, 5), holds(round + 1, 7), {}, {}});
    ASSERT_TRUE(d.restart);
    EXPECT_EQ(0u, d.tally.idle);
    tally = d.tally;
  }
  EXPECT_EQ(20u, tally.restarts);
}

TEST(Decision, gives_up_at_the_limit_of_restarts) {
  Limits limits;
  limits.restarts_max = 2;
  Tally tally;
  std::uint64_t committed = 0;
  const auto next = [&] {
    const StoreView before = holds(committed, 4);
    return decide(limits, tally, {exited(137), before, holds(++committed, 6), {}, {}});
  };
  for (int restart = 0; restart < 2; ++restart) {
    const Decision d = next();
    ASSERT_TRUE(d.restart);
    tally = d.tally;
  }
  EXPECT_FALSE(next().restart);
  EXPECT_EQ(76, next().exit_code);
}

TEST(Decision, never_restarts_when_told_so) {
  Limits limits;
  limits.restarts_max = 0;
  EXPECT_EQ(76, decide(limits, {}, {exited(1), holds(1, 4), holds(2, 6), {}, {}}).exit_code);
  limits = {};
  limits.idle_restarts_max = 0;
  EXPECT_EQ(76, decide(limits, {}, {exited(1), holds(1, 4), holds(1, 5), {}, {}}).exit_code);
  EXPECT_TRUE(decide(limits, {}, {exited(1), holds(1, 4), holds(2, 6), {}, {}}).restart);
}

TEST(Decision, waits_longer_with_each_idle_restart_up_to_a_bound) {
  Limits limits;
  limits.idle_restarts_max = 100;
  limits.backoff_ms = 1'000;
  limits.backoff_ms_max = 6'000;
  const Circumstances idle = {exited(1), holds(1, 4), holds(1, 5), {}, {}};
  std::vector<std::int64_t> delays;
  Tally tally;
  for (int i = 0; i < 6; ++i) {
    const Decision d = decide(limits, tally, idle);
    delays.push_back(d.delay_ms);
    tally = d.tally;
  }
  EXPECT_EQ((std::vector<std::int64_t>{1'000, 2'000, 4'000, 6'000, 6'000, 6'000}), delays);
  // Progress brings back the first one.
  EXPECT_EQ(1'000, decide(limits, tally, {exited(1), holds(1, 4), holds(2, 6), {}, {}}).delay_ms);
  tally.idle = 99;  // as many doublings do not run over
  EXPECT_EQ(6'000, decide(limits, tally, idle).delay_ms);
  limits.backoff_ms = 0;
  EXPECT_EQ(0, decide(limits, tally, idle).delay_ms);
}

TEST(Decision, does_not_start_what_the_wall_time_would_cut_off) {
  const Circumstances now = {exited(75), holds(1, 4), holds(2, 6), {}, 40'999};
  const Decision late = decide({}, {}, now);
  EXPECT_FALSE(late.restart);
  EXPECT_EQ(75, late.exit_code);
  Circumstances early = now;
  early.left_ms = 41'000;
  EXPECT_TRUE(decide({}, {}, early).restart);
  // Giving up is more than being late.
  Limits limits;
  limits.restarts_max = 0;
  EXPECT_EQ(76, decide(limits, {}, now).exit_code);
}

TEST(Decision, knows_progress_from_what_a_start_publishes_by_itself) {
  EXPECT_FALSE(made_progress(absent(), absent()));
  EXPECT_FALSE(made_progress(absent(), holds(0, 2)));  // takes over, says that there is nothing
  EXPECT_TRUE(made_progress(absent(), holds(0, 3)));   // partial states
  EXPECT_TRUE(made_progress(absent(), holds(1, 2)));
  EXPECT_FALSE(made_progress(holds(5, 7), holds(5, 9)));
  EXPECT_TRUE(made_progress(holds(5, 7), holds(5, 10)));
  EXPECT_FALSE(made_progress(holds(5, 7), holds(4, 9)));  // fell back to an older generation
  EXPECT_FALSE(made_progress(holds(5, 7), troubled(State::unknown)));
  StoreView given_up = holds(5, 9);
  given_up.failed = 1;
  EXPECT_TRUE(made_progress(holds(5, 7), given_up));
}

TEST(Decision, describes_ends_and_stores) {
  EXPECT_EQ("ended with exit code 1", describe(exited(1)));
  EXPECT_EQ("ended with exit code 137 (signal 9, Killed)", describe(exited(137)));
  EXPECT_EQ("ended with exit code 132", describe(exited(132)));  // mpirun: no such program
  EXPECT_EQ("was killed by signal 15 (Terminated)", describe(killed(SIGTERM)));
  EXPECT_EQ("cannot be started: No such file or directory",
            describe(CommandEnd{Kind::cannot_start, ENOENT, 0}));
  EXPECT_EQ("published nothing for 60 s and was killed",
            describe(CommandEnd{Kind::stalled, 60, 0}));
  EXPECT_EQ("no store yet", describe(absent()));
  EXPECT_EQ("1 unit committed in generation 4", describe(holds(1, 4)));
  EXPECT_EQ("complete, 100 units committed, 2 failed in generation 9", describe(complete(2)));
  EXPECT_EQ("manifest 3 is torn", describe(troubled(State::damaged)));
}

}  // namespace
}  // namespace steadfarm::supervisor
