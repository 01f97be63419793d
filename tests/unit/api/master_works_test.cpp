// Rank 0 computes beside the master.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "driver/signals.hpp"
#include "tests/unit/api/run_rig.hpp"
#include "tests/unit/driver/scratch_folder.hpp"

namespace steadfarm::api {
namespace {

using nlohmann::json;

class MasterWorks : public testing::Test {
 protected:
  MasterWorks() {
    job_.options.master_works = true;
    job_.options.log = folder_.path() + "/log";
  }
  [[nodiscard]] std::vector<json> log(const std::string& kind) const {
    std::vector<json> lines;
    std::ifstream file(job_.options.log);
    for (std::string line; std::getline(file, line);) {
      if (json fields = json::parse(line); fields["kind"] == kind) lines.push_back(fields);
    }
    return lines;
  }

  ScratchFolder folder_;
  SumJob job_;
};

TEST_F(MasterWorks, rank_0_joins_as_a_worker_and_the_answer_is_the_same) {
  job_.options.store = folder_.path() + "/store";
  const std::vector<Outcome> outcomes = run_on(3, job_);
  for (const Outcome& outcome : outcomes) EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(job_.sum, job_.expected(400));
  EXPECT_EQ(outcomes[0].ranks, 3);
  EXPECT_EQ(outcomes[0].units_committed, 400U);
  std::set<int> joined;
  for (const json& line : log("worker_joined")) joined.insert(line["rank"].get<int>());
  EXPECT_TRUE(joined.contains(0)) << "the worker in the master's process";
}

TEST_F(MasterWorks, every_worker_computes_at_the_same_time) {
  // Nobody gets on before all three are at work.
  std::mutex mutex;
  std::set<std::thread::id> threads;
  job_.work = [&](UnitCall& call) {
    const auto everybody = [&] {
      const std::lock_guard lock(mutex);
      threads.insert(std::this_thread::get_id());
      return threads.size() >= 3;
    };
    while (!everybody()) std::this_thread::yield();
    if (call.key().is_index()) call.spawn({}, 0);
    const std::uint64_t i = call.key().lo;
    call.set_result(number_bytes(call.key().is_index() ? i * i : 1));
  };
  EXPECT_EQ(run_on(3, job_)[0].exit_code, 0);
  EXPECT_EQ(job_.sum, job_.expected(400));
  EXPECT_EQ(threads.size(), 3U);
}

TEST_F(MasterWorks, goes_on_alone_when_all_others_are_dead) {
  const Job job = job_.job();
  transport::LocalHub hub(2);
  const auto master_end = hub.take(Rank(0));
  hub.kill(Rank(1));
  const Outcome outcome = run_master(job, *master_end);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.message;
  EXPECT_EQ(job_.sum, job_.expected(400));
}

TEST_F(MasterWorks, a_refused_run_sends_the_worker_inside_home) {
  std::ofstream(folder_.path() + "/file") << "no folder";
  job_.options.store = folder_.path() + "/file";
  testing::internal::CaptureStderr();
  const std::vector<Outcome> outcomes = run_on(2, job_);
  EXPECT_NE(testing::internal::GetCapturedStderr(), "");
  for (const Outcome& outcome : outcomes) EXPECT_EQ(outcome.exit_code, 65);
}

TEST_F(MasterWorks, alone_on_its_rank_it_does_what_it_always_did) {
  EXPECT_EQ(run_on(1, job_)[0].exit_code, 0);
  EXPECT_EQ(job_.sum, job_.expected(400));
}

TEST(MasterWorksDeathTest, cuts_off_a_unit_inside_that_does_not_return_after_a_signal) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        alarm(120);  // if nobody ends the process, SIGALRM does, and the test fails
        const driver::SignalScope signals(true);
        SumJob job;
        job.options.handle_signals = true;
        job.options.master_works = true;
        job.work = [](UnitCall& /*call*/) {
          kill(getpid(), SIGTERM);
          for (;;) pause();
        };
        const Job made = job.job();
        transport::LocalHub hub(2);
        const auto master_end = hub.take(Rank(0));
        hub.kill(Rank(1));
        static_cast<void>(run_master(made, *master_end));
        std::_Exit(1);
      },
      testing::ExitedWithCode(75), "");
}

}  // namespace
}  // namespace steadfarm::api
