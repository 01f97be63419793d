#include "checkpoint/compaction.hpp"

#include <gtest/gtest.h>

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
}

}  // namespace
}  // namespace steadfarm::checkpoint
