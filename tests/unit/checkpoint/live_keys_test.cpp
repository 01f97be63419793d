#include "checkpoint/live_keys.hpp"

#include <gtest/gtest.h>

namespace steadfarm::checkpoint {
namespace {

UnitKey key(std::uint64_t n) { return {1ULL << 63U, n}; }

core::GenerationDelta delta(const std::vector<std::uint64_t>& added,
                            const std::vector<std::uint64_t>& removed) {
  core::GenerationDelta out;
  for (const std::uint64_t n : added) out.added.push_back({key(n), 0, 0, 0, {}});
  for (const std::uint64_t n : removed) out.removed.push_back(key(n));
  return out;
}

TEST(LiveKeys, count_each_unit_once) {
  LiveKeys keys;
  keys.apply(delta({1, 2, 3}, {}));
  keys.apply(delta({3, 4}, {1, 99}));
  EXPECT_EQ(keys.count(), 3U);
  keys.apply(delta({2}, {2}));  // removed first, then there again
  EXPECT_EQ(keys.count(), 3U);
}

TEST(LiveKeys, forget_a_delta_that_was_not_published) {
  LiveKeys keys;
  keys.apply(delta({1, 2}, {}));
  keys.apply(delta({2, 3, 4}, {1, 2}));
  EXPECT_EQ(keys.count(), 3U);
  keys.undo();
  EXPECT_EQ(keys.count(), 2U);
  keys.apply(delta({}, {1, 2}));
  EXPECT_EQ(keys.count(), 0U);
  keys.reset({{key(7), 0, 0, 0, {}}});
  EXPECT_EQ(keys.count(), 1U);
}

}  // namespace
}  // namespace steadfarm::checkpoint
