#include "checkpoint/compaction.hpp"

#include <gtest/gtest.h>

#include "checkpoint/memory_file_system.hpp"
#include "checkpoint/names.hpp"

namespace steadfarm::checkpoint {
namespace {

TEST(Compaction, is_due_when_there_is_much_to_gain) {
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

TEST(Compaction, gives_up_when_the_run_ends) {
  MemoryFileSystem files(1);
  const auto folder = std::move(files.open_folder("/store", Access::own)).value();
  Manifest manifest;
  manifest.segments.push_back(
      {segment_name({Generation(1), OwnerEpoch(1), 1}), SegmentRole::state, 0, 10, {}});
  const std::atomic<bool> hurry = true;
  const std::uint64_t before = files.faults().operations();
  EXPECT_FALSE(compact(*folder, manifest, {}, hdf5_codec(), hurry));
  EXPECT_EQ(files.faults().operations(), before);  // nothing was read
}

}  // namespace
}  // namespace steadfarm::checkpoint
