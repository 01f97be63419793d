#include "checkpoint/job_record.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace steadfarm::checkpoint {
namespace {

TEST(RecordLine, keeps_what_is_printable) {
  EXPECT_EQ(record_line("uts -t 1 \xc3\xa4"), "uts -t 1 \xc3\xa4");
  EXPECT_EQ(record_line(""), "");
}

TEST(RecordLine, has_neither_line_breaks_nor_terminal_codes_and_stays_unambiguous) {
  EXPECT_EQ(record_line("a\nb"), "a\\x0ab");
  EXPECT_EQ(record_line("a\\x0ab"), "a\\\\x0ab");
  EXPECT_EQ(record_line("\x1b[31m"), "\\x1b[31m");
}

TEST(RecordLine, of_a_long_text_is_cut_and_still_tells_it_from_others) {
  const std::string text(5000, 'x');
  EXPECT_EQ(record_line(text).size(), 1024U);
  EXPECT_NE(record_line(text), record_line(text + "x"));
  EXPECT_NE(record_line(text), record_line(record_line(text)));
}

JobRecord example() {
  JobRecord job;
  job.identity = "i";
  job.seed = 1;
  job.unit = "i32";
  job.result = "f64";
  job.stored = "no";
  job.folds = {"any i64"};
  job.inputs = {{"file", {1, 2}}};
  return job;
}

// Stores on disk carry it.
TEST(FingerprintOf, has_the_value_that_format_2_defines) {
  EXPECT_EQ(fingerprint_of(example()),
            digest(std::string_view("steadfarm-job 2\nidentity i\nseed 1\nunit i32\nresult f64\n"
                                    "stored no\nfold any i64\n"
                                    "input 00000000000000010000000000000002\n")));
}

TEST(FingerprintOf, changes_with_each_part_that_must_stay) {
  std::set<Digest> all = {fingerprint_of(example())};
  const auto add = [&](const std::function<void(JobRecord&)>& change) {
    JobRecord job = example();
    change(job);
    EXPECT_TRUE(all.insert(fingerprint_of(job)).second) << all.size();
  };
  add([](JobRecord& j) { j.identity = "j"; });
  add([](JobRecord& j) { j.seed = 2; });
  add([](JobRecord& j) { j.unit = "i64"; });
  add([](JobRecord& j) { j.result = "i64"; });
  add([](JobRecord& j) { j.stored = "bytes"; });
  add([](JobRecord& j) { j.folds = {"ordered i64"}; });
  add([](JobRecord& j) { j.folds.emplace_back("any i64"); });
  add([](JobRecord& j) { j.folds.clear(); });
  add([](JobRecord& j) { j.inputs[0].digest.lo = 3; });
}

TEST(FingerprintOf, stays_when_the_program_is_rebuilt_or_units_are_appended) {
  JobRecord job = example();
  job.program = "other";
  job.build = "gnu-1";
  job.units.count = 7;
  job.inputs[0].name = "moved";
  EXPECT_EQ(fingerprint_of(job), fingerprint_of(example()));
}

/// Why `ours` is another job than what `stored` says; nothing if it is the same.
std::string difference(const JobRecord& stored, const JobClaim& ours) {
  std::vector<std::string> warnings;
  const Status same = compare_jobs(stored, ours, warnings);
  return same ? std::string() : same.error().message;
}

TEST(CompareJobs, says_whether_the_units_begin_as_the_stored_ones_do) {
  JobRecord stored = example();
  stored.units = {false, 3, {7, 7}};
  JobClaim ours{example()};
  ours.job.units = {false, 5, {9, 9}};
  ours.units_digest = [](std::uint64_t count) { return count == 3 ? Digest{7, 7} : Digest{1, 1}; };
  EXPECT_NE(difference(stored, ours).find("(the first 3 agree)"), std::string::npos)
      << difference(stored, ours);
  ours.units_digest = [](std::uint64_t /*count*/) { return Digest{8, 8}; };
  EXPECT_NE(difference(stored, ours).find("(they differ within the first 3)"), std::string::npos)
      << difference(stored, ours);
}

// Two programs without an identity are one only by a build that both know.
TEST(CompareJobs, an_unknown_build_makes_no_two_programs_one) {
  JobRecord stored = example();
  stored.identity = "";
  stored.program = "one";
  JobClaim ours{stored};
  ours.job.program = "other";
  EXPECT_NE(difference(stored, ours).find("the program is"), std::string::npos);
  stored.build = ours.job.build = "gnu-1";
  EXPECT_EQ(difference(stored, ours), "");
}

}  // namespace
}  // namespace steadfarm::checkpoint
