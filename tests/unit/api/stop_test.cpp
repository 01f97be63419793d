// A unit that does not return is cut off when the run has to end; each case in a child process.
// These take as long as a unit is given: 15 s after a signal, 5 s after the run is over.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "driver/signals.hpp"
#include "tests/unit/api/run_rig.hpp"

namespace steadfarm::api {
namespace {

// If nobody ends the process, SIGALRM does, and the test fails.
void run_never_ending(int ranks, SumJob& job) {
  alarm(120);
  const driver::SignalScope signals(true);
  job.options.handle_signals = true;
  run_on(ranks, job);
  std::_Exit(1);  // it returned after all
}

TEST(StopDeathTest, cuts_off_a_unit_alone_on_its_rank_after_a_signal) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        SumJob job;
        job.work = [](UnitCall& /*call*/) {
          std::raise(SIGTERM);
          for (;;) pause();
        };
        run_never_ending(1, job);
      },
      testing::ExitedWithCode(75), "");
}

TEST(StopDeathTest, cuts_off_a_unit_on_a_worker_when_the_master_has_ended_the_run) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        SumJob job;
        // The unit that ends the run waits for the one that never returns.
        std::atomic<bool> first = true;
        std::atomic<bool> other_runs = false;
        job.work = [&](UnitCall& call) {
          if (first.exchange(false)) {
            while (!other_runs) std::this_thread::yield();
            return;
          }
          other_runs = true;
          for (;;) static_cast<void>(call.shared_value());
        };
        job.before_fold = [](std::uint64_t /*folds*/) { throw std::runtime_error("cannot go on"); };
        run_never_ending(3, job);
      },
      testing::ExitedWithCode(70), "the fold failed: cannot go on");
}

}  // namespace
}  // namespace steadfarm::api
