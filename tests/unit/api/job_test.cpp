#include "api/job.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <limits>

#include "api/input_file.hpp"
#include "base/build.hpp"
#include "base/digest.hpp"

namespace steadfarm::api {
namespace {

// The error of the default options with one change.
std::string error_of(const std::function<void(Options&)>& change) {
  Options options;
  change(options);
  const Status status = check_options(options);
  if (status.ok()) return "";
  EXPECT_EQ(status.error().code, ErrorCode::usage);
  return status.error().message;
}

TEST(CheckOptions, likes_the_defaults) {
  EXPECT_EQ(error_of([](Options& /*o*/) {}), "");
}

TEST(CheckOptions, likes_what_lies_on_the_limits) {
  EXPECT_EQ(error_of([](Options& o) {
              o.keep = 2;
              o.policy = "least-loaded";
              o.speeds = {1e-6, 1e6};
              o.executions = 1;
              o.interval_s = 1e9;
              o.heartbeat_s = 1e-3;
              o.timeout_s = 1e9;
              o.progress = "bar";
              o.store = "folder";
              o.keep_results = true;
            }),
            "");
}

TEST(CheckOptions, names_the_option_that_is_wrong_and_what_to_do) {
  EXPECT_EQ(error_of([](Options& o) { o.keep = 1; }),
            "--keep is below 2; two generations are the least that is safe");
  EXPECT_EQ(error_of([](Options& o) { o.mode = "all"; }),
            "--mode 'all' is not known; take private or group");
  EXPECT_EQ(error_of([](Options& o) { o.stragglers = "thrice"; }),
            "--stragglers 'thrice' is not known; take twice or wait");
  EXPECT_EQ(error_of([](Options& o) { o.same_program = "maybe"; }),
            "--same-program 'maybe' is not known; take warn, refuse or ignore");
  EXPECT_EQ(error_of([](Options& o) { o.policy = "magic"; }),
            "--policy 'magic' is not known; take dynamic, fixed, guided, factoring, trapezoid, "
            "round-robin, random, hash, weighted, least-loaded or affinity");
  EXPECT_EQ(error_of([](Options& o) {
              o.speeds = {1, 0};
            }),
            "--speeds holds 0, which is not between 0.000001 and 1000000");
  EXPECT_EQ(error_of([](Options& o) { o.chunk = 0; }),
            "--chunk is 0; at least one unit goes into a message");
  EXPECT_EQ(error_of([](Options& o) { o.executions = 0; }),
            "--executions (or --retries) is 0; it counts the first execution, too");
  EXPECT_EQ(error_of([](Options& o) { o.progress = "much"; }),
            "--progress 'much' is not known; take auto, bar, line or off");
  EXPECT_EQ(error_of([](Options& o) { o.keep_results = true; }),
            "results are to be kept, but there is no --store to keep them in");
  EXPECT_EQ(error_of([](Options& o) { o.timeout_s = o.heartbeat_s; }),
            "--timeout is not above --heartbeat; every worker would be lost at once");
}

TEST(CheckOptions, wants_to_know_how_often_things_fail_before_it_chooses_an_interval) {
  EXPECT_EQ(error_of([](Options& o) { o.interval_s = 0; }),
            "--interval auto needs --mtbf, the mean seconds between failures");
  EXPECT_EQ(error_of([](Options& o) {
              o.interval_s = 0;
              o.mtbf_s = 3600;
            }),
            "");
}

TEST(CheckOptions, wants_a_buffer_that_units_fit_in) {
  EXPECT_EQ(error_of([](Options& o) { o.buffer_bytes = 1000; }),
            "--buffer is below 65536 bytes; hardly a unit would run between two checkpoints");
}

TEST(CheckOptions, refuses_durations_that_are_none) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {0.0, -1.0, 1e-9, 1.1e9, 1e300, infinity, nan}) {
    if (bad != 0.0) {  // which stands for auto
      EXPECT_EQ(error_of([&](Options& o) { o.interval_s = bad; }),
                "--interval is not between 0.001 and 1e9 seconds");
      EXPECT_EQ(error_of([&](Options& o) { o.mtbf_s = bad; }),
                "--mtbf is not between 0.001 and 1e9 seconds");
    }
    EXPECT_EQ(error_of([&](Options& o) { o.heartbeat_s = bad; }),
              "--heartbeat is not between 0.001 and 1e9 seconds");
    EXPECT_EQ(error_of([&](Options& o) { o.timeout_s = bad; }),
              "--timeout is not between 0.001 and 1e9 seconds");
  }
}

TEST(ToUs, never_leaves_the_range_of_sensible_times) {
  EXPECT_EQ(to_us(1.5), 1'500'000);
  EXPECT_EQ(to_us(1e9), 1'000'000'000'000'000);
  EXPECT_EQ(to_us(1e300), 1'000'000'000'000'000);
  EXPECT_EQ(to_us(std::numeric_limits<double>::infinity()), 1'000'000'000'000'000);
  EXPECT_EQ(to_us(0), 1'000);
  EXPECT_EQ(to_us(-5), 1'000);
  EXPECT_EQ(to_us(std::numeric_limits<double>::quiet_NaN()), 1'000);
}

// What a store would say of the next start of the same job.
class SameJob : public testing::Test {
 protected:
  void SetUp() override {
    options_.identity = "program --size 4";
    add("a", 0);
    add("b", 0);
    job_.options = &options_;
    job_.submitted = &units_;
    job_.unit_layout = "i32";
    job_.result_layout = "f64";
    stored_ = record_of(job_);
  }
  void add(std::string_view payload, int priority) {
    units_.add({reinterpret_cast<const std::byte*>(payload.data()), payload.size()}, priority);
  }
  // Empty: the store is resumed.
  [[nodiscard]] std::string refusal() {
    warnings_.clear();
    const Status same = checkpoint::compare_jobs(stored_, claim_of(job_), warnings_);
    return same ? "" : same.error().message;
  }

  Options options_;
  SubmittedUnits units_;
  Job job_;
  checkpoint::JobRecord stored_;
  std::vector<std::string> warnings_;
};

TEST_F(SameJob, is_the_same_if_nothing_changed) {
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(warnings_, std::vector<std::string>());
}

TEST_F(SameJob, is_another_one_with_another_identity_seed_type_or_fold) {
  options_.identity = "program --size 5";
  EXPECT_TRUE(refusal().starts_with(
      "the identity is 'program --size 4' in the store and 'program --size 5' here"))
      << refusal();
  options_.identity = "program --size 4";
  options_.seed = 2;
  EXPECT_TRUE(refusal().starts_with("--seed is 1 in the store and 2 here; give another --store"));
  options_.seed = 1;
  job_.result_layout = "i64";
  EXPECT_TRUE(refusal().starts_with("the result type is f64 in the store and i64 here"));
  job_.unit_layout = "i64";
  EXPECT_TRUE(refusal().starts_with("the unit type is i32 in the store and i64 here; the result"));
  job_.unit_layout = "i32";
  job_.result_layout = "f64";
  ByteFarm::Fold fold;
  fold.layout = "i64";
  job_.folds.add(std::move(fold));
  EXPECT_TRUE(refusal().starts_with("the number of folds is 0 in the store and 1 here"));
  stored_ = record_of(job_);
  EXPECT_EQ(stored_.folds, std::vector<std::string>{"any i64"});
  stored_.folds[0] = "any f64";
  EXPECT_TRUE(refusal().starts_with("the state of fold 1 is any f64 in the store and any i64"));
}

TEST_F(SameJob, needs_the_same_units_and_says_if_the_first_ones_agree) {
  add("c", 0);
  EXPECT_TRUE(
      refusal().starts_with("the units are 2 submitted units in the store and 3 submitted "
                            "units here (the first 2 agree)"))
      << refusal();
  stored_.units.digest = Digest{1, 2};
  EXPECT_NE(refusal().find("(they differ within the first 2)"), std::string::npos) << refusal();
  stored_.units.count = 3;
  EXPECT_TRUE(refusal().starts_with("the 3 submitted units have other content or another order"));
  stored_.units.count = 4;
  EXPECT_TRUE(refusal().starts_with(
      "the units are 4 submitted units in the store and 3 submitted units here;"));
  job_.range_count = 4;
  EXPECT_TRUE(refusal().starts_with(
      "the units are 4 submitted units in the store and a range of 4 units here"));
  stored_ = record_of(job_);
  EXPECT_EQ(refusal(), "");
  job_.range_count = 5;
  EXPECT_TRUE(refusal().starts_with(
      "the units are a range of 4 units in the store and a range of 5 units here"));
}

TEST_F(SameJob, without_an_identity_needs_the_same_file_name_or_build) {
  options_.identity = "";
  options_.program = "first";
  options_.build = "gnu-aaaa";
  stored_ = record_of(job_);
  options_.program = "second";
  EXPECT_EQ(refusal(), "") << "renamed";
  options_.build = "gnu-bbbb";
  EXPECT_EQ(refusal(),
            "the program is 'first' (build aaaa) in the store and 'second' (build bbbb) here, and "
            "no identity says that the two are one; if it computes the same, start it with "
            "--identity 'first', otherwise give another --store, or put this one away with "
            "--fresh");
  options_.identity = "first";
  EXPECT_EQ(refusal(), "") << "as it was told";
  options_.identity = "";
  options_.program = "first";
  EXPECT_EQ(refusal(), "") << "rebuilt";
  EXPECT_EQ(warnings_.size(), 1U);
}

TEST_F(SameJob, of_another_build_is_said_or_refused_as_asked) {
  options_.build = "gnu-0123456789abcdef";
  EXPECT_EQ(refusal(), "");
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_NE(warnings_[0].find("(build 0123456789ab)"), std::string::npos) << warnings_[0];
  EXPECT_NE(warnings_[0].find("(build " + short_build(stored_.build) + ")"), std::string::npos);
  options_.same_program = "ignore";
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(warnings_.size(), 0U);
  options_.same_program = "refuse";
  EXPECT_NE(refusal().find("--same-program is refuse"), std::string::npos) << refusal();
}

TEST_F(SameJob, does_not_change_with_what_changes_no_result) {
  options_.interval_s = 1;
  options_.keep = 5;
  options_.policy = "fixed";
  options_.chunk = 7;
  options_.prefetch = 9;
  options_.stragglers = "wait";
  options_.heartbeat_s = 2;
  options_.timeout_s = 50;
  options_.executions = 8;
  options_.progress = "bar";
  options_.log = "log";
  options_.report = "report";
  options_.store = "elsewhere";
  options_.json = true;
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(record_of(job_), stored_);
}

TEST_F(SameJob, is_another_one_if_results_are_stored_otherwise) {
  options_.keep_results = true;
  EXPECT_TRUE(refusal().starts_with("what is stored of results is no in the store and bytes here"));
  job_.result_fields = "value:f64";
  stored_ = record_of(job_);
  EXPECT_EQ(stored_.stored, "value:f64");
}

TEST_F(SameJob, names_the_input_file_that_changed) {
  const std::string path = testing::TempDir() + "steadfarm-input";
  const auto read = [&](const std::string& text) {
    std::ofstream(path, std::ios::trunc) << text;
    return read_input_file(path).value();
  };
  job_.inputs = {read("beta = 1")};
  EXPECT_TRUE(refusal().starts_with("the input file 'steadfarm-input' is new"));
  stored_ = record_of(job_);
  job_.inputs[0].name = "moved-and-renamed";
  EXPECT_EQ(refusal(), "");
  job_.inputs = {read("beta = 2")};
  EXPECT_TRUE(
      refusal().starts_with("the input file 'steadfarm-input' has other content than when "
                            "the store was begun"))
      << refusal();
  job_.inputs.clear();
  EXPECT_TRUE(refusal().starts_with("the input file 'steadfarm-input' is not named any more"));
  const Result<checkpoint::InputRecord> missing = read_input_file(path + "-missing");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find(path + "-missing"), std::string::npos);
  EXPECT_FALSE(read_input_file(testing::TempDir())) << "a folder";
}

TEST(DescribeFormat1, is_what_programs_of_format_1_wrote) {
  Options options;
  options.seed = 5;
  const SubmittedUnits none;
  Job job;
  job.options = &options;
  job.submitted = &none;
  job.range_count = 1'000;
  EXPECT_EQ(describe_format_1(job, ""), "unnamed program | seed 5 | range of 1000 units");
  job.range_count = 0;
  EXPECT_EQ(describe_format_1(job, "uts -t 1"),
            "uts -t 1 | seed 5 | 0 submitted units " + to_hex(none.digest()));
}

TEST(Say, is_one_line_whatever_a_unit_wrote) {
  testing::internal::CaptureStderr();
  say("unit 5: first\nsecond\r\x1b[31mred\x7f \xc3\xa4");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "steadfarm: unit 5: first second  [31mred  \xc3\xa4\n");
}

}  // namespace
}  // namespace steadfarm::api
