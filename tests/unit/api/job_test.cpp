#include "api/job.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

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
  EXPECT_EQ(error_of([](Options& o) { o.policy = "magic"; }),
            "--policy 'magic' is not known; take dynamic, fixed, guided, factoring, trapezoid, "
            "round-robin, random, hash, weighted, least-loaded or affinity");
  EXPECT_EQ(error_of([](Options& o) {
              o.speeds = {1, 0};
            }),
            "--speeds holds 0.000000, which is not between 0.000001 and 1000000");
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

class Fingerprint : public testing::Test {
 protected:
  void SetUp() override {
    options_.identity = "program --size 4";
    add("a", 0);
    add("b", 0);
  }
  void add(std::string_view payload, int priority) {
    units_.add({reinterpret_cast<const std::byte*>(payload.data()), payload.size()}, priority);
  }
  [[nodiscard]] Digest now() const {
    Job job;
    job.options = &options_;
    job.submitted = &units_;
    job.range_count = range_;
    return digest(describe(job));
  }

  Options options_;
  SubmittedUnits units_;
  std::uint64_t range_ = 0;
};

TEST_F(Fingerprint, changes_with_identity_seed_and_units) {
  const Digest before = now();
  options_.identity = "program --size 5";
  EXPECT_NE(now(), before);
  options_.identity = "program --size 4";
  EXPECT_EQ(now(), before);
  options_.seed = 2;
  EXPECT_NE(now(), before);
  options_.seed = 1;
  add("c", 0);
  EXPECT_NE(now(), before);
}

TEST_F(Fingerprint, does_not_change_with_what_changes_no_result) {
  const Digest before = now();
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
  EXPECT_EQ(now(), before);
}

TEST_F(Fingerprint, tells_a_range_from_submitted_units_and_from_another_range) {
  const Digest submitted = now();
  range_ = 2;
  const Digest two = now();
  range_ = 3;
  EXPECT_NE(two, submitted);
  EXPECT_NE(now(), two);
}

TEST(Describe, is_readable) {
  Options options;
  options.seed = 5;
  const SubmittedUnits none;
  Job job;
  job.options = &options;
  job.submitted = &none;
  job.range_count = 1'000;
  EXPECT_EQ(describe(job), "unnamed program | seed 5 | range of 1000 units");
  options.identity = "uts -t 1";
  job.range_count = 0;
  EXPECT_EQ(describe(job), "uts -t 1 | seed 5 | 0 submitted units " + to_hex(none.digest()));
}

TEST(Say, is_one_line_whatever_a_unit_wrote) {
  testing::internal::CaptureStderr();
  say("unit 5: first\nsecond\r\x1b[31mred\x7f \xc3\xa4");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "steadfarm: unit 5: first second  [31mred  \xc3\xa4\n");
}

}  // namespace
}  // namespace steadfarm::api
