// The power goes after every single operation, with several outcomes for what was not synced.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "checkpoint/manifest.hpp"
#include "checkpoint/names.hpp"
#include "tests/crash/scale.hpp"
#include "tests/crash/scenario.hpp"

namespace steadfarm::checkpoint::test {
namespace {

const std::uint64_t damages_per_point = times(12, 60);

std::uint64_t operations_of_a_whole_run(std::uint64_t seed) {
  MemoryFileSystem files(seed);
  Scenario scenario(files, seed, 1);
  EXPECT_TRUE(scenario.run());
  EXPECT_EQ(scenario.judge(false), "");
  return files.faults().operations();
}

/// Segments of results that one generation of the run names and the next one no longer does.
std::size_t merged_results(std::uint64_t job) {
  // Old manifests go, so the run is stopped after each operation to see all of them.
  std::map<Generation, Manifest> manifests;
  const std::uint64_t operations = operations_of_a_whole_run(job);
  for (std::uint64_t point = 0; point < operations; ++point) {
    MemoryFileSystem files(job);
    Scenario scenario(files, job, 1);
    files.faults().power_off_after(point);
    scenario.run();
    for (const auto& [name, bytes] : files_of(files)) {
      const auto generation = parse_manifest_name(name);
      if (generation) manifests[*generation] = decode_manifest(bytes).value();
    }
  }
  std::size_t merged = 0;
  const Manifest* before = nullptr;
  for (const auto& [generation, manifest] : manifests) {
    const std::vector<SegmentEntry>& later = manifest.segments;
    for (const SegmentEntry& entry : before ? before->segments : std::vector<SegmentEntry>()) {
      if (entry.role != SegmentRole::results) continue;
      if (std::find(later.begin(), later.end(), entry) == later.end()) ++merged;
    }
    before = &manifest;
  }
  return merged;
}

TEST(CrashPoint, the_runs_that_are_crashed_merge_results) {
  std::size_t merged = 0;
  for (std::uint64_t job = 1; job <= 3; ++job) merged += merged_results(job);
  EXPECT_GE(merged, 4U);
}

TEST(CrashPoint, a_store_comes_back_whole_from_a_crash_after_any_operation) {
  Tried tried("crashes after an operation");
  std::uint64_t lost_names = 0;
  std::uint64_t torn_files = 0;
  std::uint64_t went_back_to_an_unreported_one = 0;
  for (std::uint64_t job = 1; job <= times(3, 6); ++job) {
    const std::uint64_t operations = operations_of_a_whole_run(job);
    ASSERT_GT(operations, 60U);
    for (std::uint64_t point = 0; point < operations; ++point) {
      for (std::uint64_t damage = 0; damage < damages_per_point; ++damage) {
        ++tried;
        MemoryFileSystem files(job * 1000003 + point * 101 + damage);
        Scenario scenario(files, job, 1);
        files.faults().power_off_after(point);
        scenario.run();
        files.crash();
        ASSERT_EQ(scenario.judge(true), "")
            << "job " << job << ", crash after operation " << point << ", damage " << damage;
        ASSERT_EQ(scenario.breaches(), std::vector<std::string>());
        lost_names += files.faults().counts().crash_lost_names;
        torn_files += files.faults().counts().crash_torn_files;
        if (scenario.reported() < Scenario::generations) ++went_back_to_an_unreported_one;
      }
    }
  }
  // The crashes must have bitten.
  EXPECT_GT(lost_names, 1000U);
  EXPECT_GT(torn_files, 100U);
  EXPECT_GT(went_back_to_an_unreported_one, 1000U);
}

TEST(CrashPoint, a_second_crash_during_recovery_loses_nothing_either) {
  const std::uint64_t operations = operations_of_a_whole_run(1);
  Tried tried("crashes during the recovery from a crash");
  for (std::uint64_t first = 5; first < operations; first += stride(7)) {
    for (std::uint64_t second = 1; second < 60; second += stride(3)) {
      ++tried;
      MemoryFileSystem files(first * 1009 + second);
      Scenario scenario(files, 1, 1);
      files.faults().power_off_after(first);
      scenario.run();
      files.crash();
      files.faults().power_off_after(files.faults().operations() + second);
      OpenReport report;
      const auto halfway = Store::open(files, crash_options(), report);
      files.crash();
      ASSERT_EQ(scenario.judge(true), "") << "crashes after " << first << " and " << second;
      ASSERT_EQ(scenario.breaches(), std::vector<std::string>());
    }
  }
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
