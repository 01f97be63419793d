#include "checkpoint/compaction_policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "checkpoint/names.hpp"
#include "checkpoint/store.hpp"

namespace steadfarm::checkpoint {
namespace {

TEST(CompactionPolicy, is_due_when_there_is_much_to_gain) {
  const auto manifest = [](const std::vector<std::pair<std::uint64_t, std::uint64_t>>& states) {
    Manifest out;
    for (const auto& [generation, bytes] : states) {
      out.segments.push_back({segment_name({Generation(generation), OwnerEpoch(1), generation}),
                              SegmentRole::state,
                              0,
                              bytes,
                              {}});
    }
    out.segments.push_back({segment_name({Generation(99), OwnerEpoch(1), 99}),
                            SegmentRole::results,
                            5,
                            1U << 30U,
                            {}});
    return out;
  };
  EXPECT_FALSE(compaction_is_due(manifest({}), 2));
  EXPECT_FALSE(compaction_is_due(manifest({{1, 10}, {2, 10}}), 2));
  EXPECT_TRUE(compaction_is_due(manifest({{1, 10}, {2, 10}, {3, 10}}), 2));
  // Several segments of the generation that compacted last are one base.
  EXPECT_FALSE(compaction_is_due(manifest({{1, 10}, {1, 10}, {1, 10}, {2, 10}}), 2));
  // A large state is not written anew for a few small changes, until there are many.
  EXPECT_FALSE(compaction_is_due(manifest({{1, 1000}, {2, 10}, {3, 10}, {4, 10}}), 2));
  EXPECT_TRUE(compaction_is_due(
      manifest({{1, 1000}, {2, 1}, {3, 1}, {4, 1}, {5, 1}, {6, 1}, {7, 1}, {8, 1}, {9, 1}}), 2));
  // Large states that replace each other are not left to pile up.
  constexpr std::uint64_t mib = 1ULL << 20U;
  EXPECT_TRUE(compaction_is_due(manifest({{1, 10}, {2, 32 * mib}, {3, 32 * mib}}), 64));
  EXPECT_FALSE(compaction_is_due(manifest({{1, 10}, {2, 32 * mib}, {3, 31 * mib}}), 64));
  EXPECT_FALSE(compaction_is_due(manifest({{1, 40 * mib}, {2, 40 * mib}, {3, 40 * mib}}), 64));
  EXPECT_TRUE(compaction_is_due(manifest({{1, 20 * mib}, {2, 40 * mib}, {3, 40 * mib}}), 64));
}

std::vector<std::string> merged(const std::vector<std::uint64_t>& sizes, std::uint32_t every,
                                std::uint64_t merge_bytes_max) {
  Manifest manifest;
  for (const std::uint64_t bytes : sizes) {
    manifest.segments.push_back({std::to_string(bytes), SegmentRole::results, 1, bytes, {}});
    // A state is no result.
    manifest.segments.push_back({"state", SegmentRole::state, 1, bytes, {}});
  }
  std::vector<std::string> names;
  for (const SegmentEntry& entry : due_for_merging(manifest, every, merge_bytes_max)) {
    names.push_back(entry.file);
  }
  return names;
}

TEST(CompactionPolicy, merges_results_of_about_the_same_size_when_there_are_many) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(merged({}, 3, 10'000), Names());
  EXPECT_EQ(merged({70, 80}, 3, 10'000), Names());
  EXPECT_EQ(merged({70, 80, 90}, 3, 10'000), (Names{"70", "80", "90"}));
  // Not together with one that is much larger: it would be written again for their sake.
  EXPECT_EQ(merged({600, 70, 80}, 3, 10'000), Names());
  EXPECT_EQ(merged({600, 70, 80, 90}, 3, 10'000), (Names{"70", "80", "90"}));
  // One alone gains nothing.
  EXPECT_EQ(merged({70}, 1, 10'000), Names());
  EXPECT_EQ(merged({70, 80}, 1, 10'000), (Names{"70", "80"}));
}

TEST(CompactionPolicy, merges_results_when_they_are_as_large_as_may_be) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(merged(std::vector<std::uint64_t>(4, 900), 64, 3604), Names());
  // Never more than that at a time.
  EXPECT_EQ(merged(std::vector<std::uint64_t>(5, 900), 64, 3604), Names(4, "900"));
  EXPECT_EQ(merged(std::vector<std::uint64_t>(50, 900), 9, 3604), Names(4, "900"));
}

TEST(CompactionPolicy, leaves_large_results_where_they_are) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(merged(std::vector<std::uint64_t>(100, 1000), 2, 4000), Names());
  EXPECT_EQ(merged(std::vector<std::uint64_t>(4, 999), 2, 4000), Names(4, "999"));
  EXPECT_EQ(merged(std::vector<std::uint64_t>(100, 10), 2, 0), Names());
}

TEST(CompactionPolicy, each_result_is_written_again_a_few_times_at_most) {
  // A generation a step, with one segment of results; what is due becomes one at the front.
  const std::uint64_t merge_bytes_max = StoreOptions().merge_bytes_max;
  for (const std::uint64_t bytes : {3'000ULL, 70'000ULL, 1'100'000ULL, 7'000'000ULL}) {
    Manifest manifest;
    std::uint64_t rewritten = 0;
    std::size_t lines_max = 0;
    constexpr std::uint64_t generations = 20'000;
    for (std::uint64_t i = 0; i < generations; ++i) {
      manifest.segments.push_back({std::to_string(i), SegmentRole::results, 1, bytes, {}});
      const auto due = due_for_merging(manifest, 64, merge_bytes_max);
      std::uint64_t sum = 0;
      for (const SegmentEntry& entry : due) {
        sum += entry.bytes;
        std::erase(manifest.segments, entry);
      }
      ASSERT_LE(sum, merge_bytes_max);
      ASSERT_TRUE(due.empty() || due.size() >= 4U);
      if (!due.empty()) {
        manifest.segments.insert(
            manifest.segments.begin(),
            {"merged" + std::to_string(i), SegmentRole::results, due.size(), sum, {}});
      }
      rewritten += sum;
      lines_max = std::max(lines_max, manifest.segments.size());
    }
    const std::uint64_t written = generations * bytes;
    EXPECT_LE(rewritten, (bytes > 1'000'000 ? 1 : 3) * written) << bytes;
    // A line for three quarters of what is merged at a time, and those that wait for others.
    EXPECT_LE(lines_max, written / (merge_bytes_max / 4 * 3) + 200) << bytes;
  }
}

}  // namespace
}  // namespace steadfarm::checkpoint
