// Whole runs: what they come to, what they refuse, and that every rank ends with the same code.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <latch>
#include <limits>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

#include "base/digest.hpp"
#include "checkpoint/posix_file_system.hpp"
#include "checkpoint/store.hpp"
#include "driver/signals.hpp"
#include "tests/unit/api/run_rig.hpp"
#include "tests/unit/driver/scratch_folder.hpp"

namespace steadfarm::api {
namespace {

using nlohmann::json;

// Every test on one rank (no threads, no launcher) and on three.
class Run : public testing::TestWithParam<int> {
 protected:
  std::vector<Outcome> run() {
    testing::internal::CaptureStderr();
    std::vector<Outcome> outcomes = run_on(GetParam(), job_);
    said_ = testing::internal::GetCapturedStderr();
    return outcomes;
  }
  // The whole run ends with one code; returns the master's outcome.
  Outcome run_to(int exit_code) {
    const std::vector<Outcome> outcomes = run();
    for (std::size_t rank = 0; rank < outcomes.size(); ++rank) {
      EXPECT_EQ(outcomes[rank].exit_code, exit_code) << "rank " << rank << ": " << said_;
    }
    return outcomes[0];
  }
  [[nodiscard]] std::string path(const char* name) const { return folder_.path() + "/" + name; }
  [[nodiscard]] std::vector<json> log() const {
    std::vector<json> lines;
    std::ifstream file(job_.options.log);
    for (std::string line; std::getline(file, line);) lines.push_back(json::parse(line));
    return lines;
  }

  ScratchFolder folder_;
  SumJob job_;
  std::string said_;  // on standard error
};

INSTANTIATE_TEST_SUITE_P(Ranks, Run, testing::Values(1, 3));

TEST_P(Run, completes_with_the_right_answer_and_says_nothing) {
  const Outcome outcome = run_to(0);
  EXPECT_TRUE(outcome.complete);
  EXPECT_EQ(job_.sum, job_.expected(400));
  EXPECT_EQ(outcome.ranks, GetParam());
  EXPECT_EQ(outcome.units_accepted, 400U);
  EXPECT_EQ(outcome.units_committed, 0U);  // nothing is durable without a store
  EXPECT_EQ(outcome.executions, 400U);
  EXPECT_EQ(outcome.workers_lost, 0U);
  EXPECT_EQ(outcome.generation, 0U);
  EXPECT_GT(outcome.seconds, 0);
  EXPECT_EQ(said_, "");
}

TEST_P(Run, completes_with_a_store_and_repeats_nothing_the_second_time) {
  job_.options.store = path("store");
  const Outcome first = run_to(0);
  EXPECT_EQ(first.units_committed, 400U);
  EXPECT_GT(first.generation, 0U);
  job_.sum = 0;
  job_.work = [](UnitCall& /*call*/) { throw std::runtime_error("must not run again"); };
  const Outcome second = run_to(0);
  EXPECT_TRUE(second.complete);
  EXPECT_EQ(job_.sum, job_.expected(400));
  EXPECT_EQ(second.units_restored, 400U);
  EXPECT_EQ(second.executions, 400U);
}

TEST_P(Run, stops_with_75_on_a_signal_and_resumes_to_the_same_answer) {
  job_.options.store = path("store");
  job_.go_on = [] { return true; };  // it never ends by itself
  job_.before_fold = [](std::uint64_t folds) {
    if (folds == 1'000) std::raise(SIGTERM);  // as the batch system does
  };
  Outcome stopped;
  {
    const driver::SignalScope signals(true);
    stopped = run_to(75);
  }
  EXPECT_FALSE(stopped.complete);
  EXPECT_EQ(stopped.message, "stopped by signal 15");
  EXPECT_GE(stopped.units_accepted, 1'000U);
  EXPECT_EQ(stopped.units_accepted, job_.folds);
  EXPECT_EQ(stopped.units_committed, stopped.units_accepted);
  EXPECT_EQ(json::parse(stopped.json("null"))["complete"], false);

  job_.sum = 0;
  job_.folds = 0;
  job_.go_on = [] { return false; };
  job_.before_fold = [](std::uint64_t /*folds*/) {};
  const driver::SignalScope signals(true);  // clears the flag of the first
  const Outcome resumed = run_to(0);
  EXPECT_EQ(resumed.units_restored, stopped.units_accepted);
  EXPECT_EQ(resumed.units_accepted, stopped.units_accepted + job_.folds);
  EXPECT_EQ(job_.sum, job_.expected(resumed.units_accepted));
}

TEST_P(Run, resumes_a_unit_that_a_stop_ended_at_a_safe_point) {
  job_.options.store = path("store");
  job_.options.log = path("log");
  job_.units = 1;
  std::vector<std::uint64_t> begun;
  std::atomic<bool> stop = true;
  job_.work = [&](UnitCall& call) {
    const std::optional<ByteView> saved = call.saved_state();
    begun.push_back(saved ? bytes_number(*saved) : 0);
    for (std::uint64_t step = begun.back() + 1; step <= 10; ++step) {
      if (step == 4 && stop) std::raise(SIGUSR2);
      do {
        if (!call.save([&] { return number_bytes(step); })) return;
      } while (step == 4 && stop);  // until the stop has come around
    }
    call.set_result(number_bytes(10));
  };
  {
    const driver::SignalScope signals(true);
    const Outcome stopped = run_to(75);
    EXPECT_EQ(stopped.units_accepted, 0U);
    EXPECT_EQ(stopped.executions, 0U);
  }
  stop = false;
  const driver::SignalScope signals(true);
  run_to(0);
  EXPECT_EQ(begun, (std::vector<std::uint64_t>{0, 4}));
  EXPECT_EQ(job_.sum, 10U);
  const std::vector<json> lines = log();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const json& line) { return line["kind"] == "unit_resumed"; }),
            1);
}

TEST_P(Run, takes_checkpoints_while_a_unit_runs_that_saves) {
  job_.options.store = path("store");
  job_.options.interval_s = 0.001;
  job_.units = 1;
  // The unit ends only when two generations with its state have been made.
  job_.work = [this](UnitCall& call) {
    while (job_.saves < 4) ASSERT_TRUE(call.save([] { return number_bytes(1); }));
    call.set_result(number_bytes(7));
  };
  const Outcome outcome = run_to(0);
  EXPECT_EQ(job_.sum, 7U);
  EXPECT_GE(outcome.generations_published, 4U);
}

TEST_P(Run, says_what_the_fold_threw_inside_a_unit_that_saves) {
  job_.units = 2;
  job_.options.chunk = 2;
  job_.options.policy = "fixed";
  std::atomic<bool> second_runs = false;
  job_.work = [&](UnitCall& call) {
    call.set_result(number_bytes(1));
    if (call.key() == UnitKey::index(0)) return;
    second_runs = true;
    while (call.save([] { return number_bytes(1); })) {
    }
  };
  job_.before_fold = [](std::uint64_t /*folds*/) { throw std::runtime_error("cannot go on"); };
  const Outcome outcome = run_to(70);
  EXPECT_EQ(outcome.message, "the fold failed: cannot go on");
}

TEST_P(Run, stops_with_75_without_a_store_too) {
  const driver::SignalScope signals(true);
  job_.go_on = [] { return true; };
  job_.before_fold = [](std::uint64_t folds) {
    if (folds == 10) std::raise(SIGUSR2);
  };
  const Outcome outcome = run_to(75);
  EXPECT_EQ(outcome.message, "stopped by signal " + std::to_string(SIGUSR2));
  EXPECT_EQ(outcome.units_committed, 0U);
}

TEST_P(Run, checkpoints_on_usr1_and_goes_on) {
  const driver::SignalScope signals(true);
  job_.options.store = path("store");
  // A generation at the start, the one asked for, which ends the chains, and the last; the
  // interval is half a minute.
  job_.go_on = [this] { return job_.saves < 2; };
  job_.before_fold = [](std::uint64_t folds) {
    if (folds == 10) std::raise(SIGUSR1);
  };
  const Outcome outcome = run_to(0);
  EXPECT_EQ(job_.sum, job_.expected(outcome.units_accepted));
  EXPECT_EQ(outcome.generations_published, 3U);
}

TEST_P(Run, completes_with_3_when_units_fail_and_keeps_their_messages_on_one_line) {
  job_.options.announce = true;
  job_.options.report = path("report");
  job_.work = [](UnitCall& call) {
    if (call.key() == UnitKey::index(5)) throw std::runtime_error("first line\nsecond \x1b[31m");
    call.set_result(number_bytes(0));
  };
  const Outcome outcome = run_to(3);
  EXPECT_TRUE(outcome.complete);
  EXPECT_EQ(outcome.units_failed, 1U);
  EXPECT_EQ(outcome.units_accepted, 199U);
  EXPECT_EQ(outcome.executions, 199U + 3U);
  ASSERT_EQ(outcome.failures.size(), 1U);
  EXPECT_EQ(outcome.failures[0].key, UnitKey::index(5));
  EXPECT_NE(
      said_.find("steadfarm: unit 5 is given up after 3 failed executions: first line second  "
                 "[31m\n"),
      std::string::npos)
      << said_;
}

TEST_P(Run, gives_a_failing_unit_as_many_tries_as_asked) {
  job_.options.executions = 1;
  job_.work = [](UnitCall& call) {
    if (call.key() == UnitKey::index(5)) throw std::runtime_error("never again");
    call.set_result(number_bytes(0));
  };
  EXPECT_EQ(run_to(3).executions, 200U);
}

TEST_P(Run, keeps_as_many_generations_as_asked) {
  job_.options.store = path("store");
  job_.options.keep = 2;
  job_.options.interval_s = 0.001;
  job_.go_on = [this] { return job_.saves < 8; };
  EXPECT_GE(run_to(0).generations_published, 8U);
  int manifests = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path("store"))) {
    if (entry.path().filename().string().starts_with("manifest-")) ++manifests;
  }
  EXPECT_EQ(manifests, 2);
}

// ---- what goes wrong ----

TEST_P(Run, refuses_a_store_whose_counts_do_not_add_up) {
  job_.options.store = path("store");
  run_to(0);
  checkpoint::PosixFileSystem files;
  checkpoint::StoreOptions store_options;
  store_options.path = path("store");
  store_options.job.job = *checkpoint::inspect(files, path("store")).value().job;
  checkpoint::OpenReport report;
  core::GenerationDelta delta;
  delta.fold_state = number_bytes(7);
  delta.counters.accepted = 5;  // of 200, and nothing is pending
  ASSERT_TRUE(checkpoint::Store::open(files, store_options, report).value()->publish(delta).ok());
  run_to(65);
  EXPECT_NE(said_.find("do not add up"), std::string::npos) << said_;
}

TEST_P(Run, ends_with_70_on_every_rank_when_the_fold_throws) {
  job_.options.store = path("store");
  job_.before_fold = [](std::uint64_t folds) {
    if (folds == 20) throw std::runtime_error("the sum overflows");
  };
  const Outcome outcome = run_to(70);
  EXPECT_FALSE(outcome.complete);
  EXPECT_EQ(outcome.message, "the fold failed: the sum overflows");
  EXPECT_EQ(said_, "steadfarm: error: the fold failed: the sum overflows\n");

  job_.sum = 0;  // the store holds what was good: the next run carries on from there
  job_.before_fold = [](std::uint64_t /*folds*/) {};
  run_to(0);
  EXPECT_EQ(job_.sum, job_.expected(400));
}

TEST_P(Run, ends_with_70_when_the_fold_throws_what_is_no_exception) {
  job_.before_fold = [](std::uint64_t /*folds*/) { throw 5; };
  EXPECT_EQ(run_to(70).message,
            "the fold failed: something was thrown that is not a std::exception");
}

// A fold whose save or load throws; made by hand, as SumJob's do not.
class BadFold : public Run {};
INSTANTIATE_TEST_SUITE_P(Alone, BadFold, testing::Values(1));

TEST_P(BadFold, ends_with_70_when_it_throws_while_it_is_saved_or_loaded) {
  job_.options.store = path("store");
  job_.change_fold = [](ByteFarm::Fold& fold) {
    fold.save = []() -> Bytes { throw std::runtime_error("cannot be saved"); };
  };
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_alone(job_.job()).message, "the fold failed: cannot be saved");
  testing::internal::GetCapturedStderr();
  job_.change_fold = nullptr;
  run_to(0);
  job_.change_fold = [](ByteFarm::Fold& fold) {
    fold.load = [](ByteView /*state*/) -> bool { throw std::runtime_error("cannot be loaded"); };
  };
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_alone(job_.job()).message, "the fold failed: cannot be loaded");
  testing::internal::GetCapturedStderr();
}

TEST_P(BadFold, is_refused_with_65_when_its_state_does_not_fit) {
  job_.options.store = path("store");
  run_to(0);
  job_.change_fold = [](ByteFarm::Fold& fold) {
    fold.load = [](ByteView /*state*/) { return false; };
  };
  testing::internal::CaptureStderr();
  const Outcome outcome = run_alone(job_.job());
  testing::internal::GetCapturedStderr();
  EXPECT_EQ(outcome.exit_code, 65);
  EXPECT_NE(outcome.message.find("the state of a fold does not fit this program"),
            std::string::npos);
}

TEST_P(Run, refuses_bad_options_with_64_and_sends_the_workers_home) {
  job_.options.chunk = 0;
  EXPECT_EQ(run_to(64).message, "--chunk is 0; at least one unit goes into a message");
  EXPECT_EQ(said_, "steadfarm: error: --chunk is 0; at least one unit goes into a message\n");
  EXPECT_EQ(job_.folds, 0U);
}

TEST_P(Run, refuses_times_that_are_none_on_ranks_that_cannot_know_yet) {
  job_.options.heartbeat_s = std::numeric_limits<double>::quiet_NaN();
  job_.options.timeout_s = 1e300;
  run_to(64);
}

TEST_P(Run, refuses_a_store_when_the_fold_cannot_be_saved) {
  job_.options.store = path("store");
  job_.fold_can_be_saved = false;
  EXPECT_EQ(run_to(64).message,
            "the fold cannot be saved, so a run with a store could not be resumed");
  EXPECT_FALSE(std::filesystem::exists(path("store")));
}

TEST_P(Run, refuses_a_log_that_cannot_be_written) {
  job_.options.log = path("none/log");
  EXPECT_EQ(run_to(64).message, "cannot write the log '" + path("none/log") +
                                    "': No such file or directory; check --log");
}

TEST_P(Run, refuses_the_store_of_another_job_with_65_and_leaves_it_as_it_was) {
  job_.options.store = path("store");
  run_to(0);
  job_.options.seed = 2;
  job_.options.log = path("log");
  job_.sum = 0;
  const Outcome outcome = run_to(65);
  EXPECT_NE(outcome.message.find(path("store")), std::string::npos) << outcome.message;
  EXPECT_EQ(std::count(said_.begin(), said_.end(), '\n'), 1) << said_;
  EXPECT_EQ(job_.sum, 0U);
  ASSERT_FALSE(log().empty());
  EXPECT_EQ(log().back()["kind"], "refused");
  EXPECT_EQ(log().back()["exit_code"], 65);

  job_.options.seed = 1;
  EXPECT_EQ(run_to(0).units_restored, 400U);
}

TEST_P(Run, refuses_a_store_that_cannot_be_made_with_65) {
  std::ofstream(path("file")) << "not a folder";
  job_.options.store = path("file/store");
  run_to(65);
  EXPECT_NE(said_.find(path("file/store")), std::string::npos) << said_;
}

TEST_P(Run, goes_on_without_a_log_when_the_disk_is_full) {
  job_.options.log = "/dev/full";
  run_to(0);
  EXPECT_EQ(job_.sum, job_.expected(400));
  EXPECT_EQ(said_, "steadfarm: warning: the log '/dev/full' ends here: No space left on device\n");
}

TEST_P(Run, warns_of_a_report_that_cannot_be_written) {
  for (const std::string& where : {path("none/report"), std::string("/dev/full")}) {
    job_.options.report = where;
    run_to(0);
    EXPECT_EQ(said_,
              "steadfarm: warning: cannot write the report '" + where + "'; check --report\n");
  }
}

// ---- what is written ----

TEST_P(Run, counts_no_restarts_by_a_word_that_is_no_number) {
  for (const std::string word : {"-1", "four", "4 ", "", "18446744073709551616"}) {
    setenv("STEADFARM_RESTARTS", word.c_str(), 1);
    job_.options.report = path("report");
    run_to(0);
    unsetenv("STEADFARM_RESTARTS");
    EXPECT_EQ(said_, "steadfarm: warning: STEADFARM_RESTARTS is '" + word +
                         "', which is no number of restarts; it is ignored, unset it\n");
    EXPECT_EQ(json::parse(std::ifstream(path("report")))["restarts"], 0) << word;
  }
}

TEST_P(Run, writes_a_report_for_its_owner) {
  job_.options.report = path("report");
  setenv("STEADFARM_RESTARTS", "4", 1);
  run_to(0);
  unsetenv("STEADFARM_RESTARTS");
  const json report = json::parse(std::ifstream(path("report")));
  EXPECT_EQ(report["complete"], true);
  EXPECT_EQ(report["exit_code"], 0);
  EXPECT_EQ(report["units_accepted"], 400);
  EXPECT_EQ(report["restarts"], 4);
  EXPECT_EQ(report["failures"], json::array());
  EXPECT_FALSE(report.contains("answer"));
  struct stat status = {};
  ASSERT_EQ(stat(path("report").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_P(Run, replaces_an_earlier_report) {
  job_.options.report = path("report");
  std::ofstream(path("report")) << std::string(100'000, 'x');
  run_to(0);
  EXPECT_TRUE(json::accept(std::ifstream(path("report"))));
}

TEST_P(Run, tells_its_story_in_the_log) {
  job_.options.store = path("store");
  job_.options.log = path("log");
  // A worker whose thread starts late on a busy machine comes when all is done, and never joins. So
  // the first unit of each waits for the others.
  const int workers = std::max(1, GetParam() - 1);
  std::mutex mutex;
  std::set<std::thread::id> seen;
  std::latch all_work(workers);
  job_.work = [&, work = job_.work](UnitCall& call) {
    bool first = false;
    {
      const std::lock_guard lock(mutex);
      first = seen.insert(std::this_thread::get_id()).second;
    }
    if (first) all_work.arrive_and_wait();
    work(call);
  };
  run_to(0);
  const std::vector<json> lines = log();
  ASSERT_GE(lines.size(), 4U);
  EXPECT_EQ(lines.front()["kind"], "start");
  EXPECT_EQ(lines.front()["ranks"], GetParam());
  EXPECT_EQ(lines.front()["units_restored"], 0);
  EXPECT_EQ(lines.back()["kind"], "finish");
  EXPECT_EQ(lines.back()["outcome"], "complete");
  EXPECT_EQ(lines.back()["exit_code"], 0);
  const auto count = [&](const char* kind) {
    return std::count_if(lines.begin(), lines.end(), [&](auto& l) { return l["kind"] == kind; });
  };
  EXPECT_EQ(count("worker_joined"), workers);
  EXPECT_GE(count("generation_durable"), 2);
  EXPECT_EQ(count("worker_lost"), 0);
}

TEST_P(Run, announces_start_and_end_when_asked_to) {
  job_.options.announce = true;
  run_to(0);
  const std::string ranks = GetParam() == 1 ? "1 rank" : std::to_string(GetParam()) + " ranks";
  // Several ranks in memory hear of deaths from their transport.
  const std::string deaths = GetParam() == 1 ? "" : "; MPI tells of deaths (ULFM)";
  const std::string start =
      "steadfarm: " + ranks + "; no --store, so nothing is durable" + deaths + "\n";
  ASSERT_EQ(said_.substr(0, start.size()), start);
  const std::string end = said_.substr(start.size());
  EXPECT_EQ(end.rfind("steadfarm: complete: 400 units accepted, ", 0), 0U) << end;
  EXPECT_EQ(end.substr(end.size() - 3), " s\n");
}

TEST_P(Run, warns_of_a_bad_file_and_goes_on_from_the_generation_before) {
  job_.options.store = path("store");
  run_to(0);
  std::vector<std::filesystem::path> manifests;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path("store"))) {
    if (entry.path().filename().string().rfind("manifest", 0) == 0) {
      manifests.push_back(entry.path());
    }
  }
  ASSERT_GE(manifests.size(), 2U);
  const auto newest = *std::max_element(manifests.begin(), manifests.end());
  std::filesystem::permissions(newest, std::filesystem::perms::owner_all);
  std::ofstream(newest, std::ios::app) << "x";
  job_.sum = 0;
  const Outcome outcome = run_to(0);
  EXPECT_LT(outcome.units_restored, 400U);
  EXPECT_EQ(job_.sum, job_.expected(400));
  EXPECT_EQ(said_.rfind("steadfarm: warning: ", 0), 0U) << said_;
  EXPECT_NE(said_.find(newest.filename().string()), std::string::npos) << said_;
}

}  // namespace
}  // namespace steadfarm::api
