#include "core/policy/chunk_rule.hpp"

#include <gtest/gtest.h>

namespace steadfarm::core {
namespace {

TEST(ChunkRule, is_the_rule_of_its_policy) {
  EXPECT_EQ(ChunkRule(PolicyKind::guided).next(1000, 4, 1), 250U);
  EXPECT_EQ(ChunkRule(PolicyKind::factoring).next(1000, 4, 1), 125U);
  EXPECT_EQ(ChunkRule(PolicyKind::trapezoid).next(1000, 4, 1), 125U);
  EXPECT_EQ(ChunkRule(PolicyKind::weighted).next(1000, 4, 1), 125U);
  for (const PolicyKind other :
       {PolicyKind::dynamic, PolicyKind::fixed, PolicyKind::round_robin, PolicyKind::random,
        PolicyKind::hash, PolicyKind::least_loaded, PolicyKind::affinity}) {
    EXPECT_EQ(ChunkRule(other).next(1000, 4, 1), 0U);
  }
}

TEST(ChunkRule, goes_on_with_what_was_given) {
  ChunkRule factoring(PolicyKind::factoring);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(factoring.next(1000 - 125 * static_cast<std::uint64_t>(i), 4, 1), 125U);
    factoring.gave(125);
  }
  EXPECT_EQ(factoring.next(500, 4, 1), 63U);
  ChunkRule trapezoid(PolicyKind::trapezoid);
  EXPECT_EQ(trapezoid.next(1000, 4, 1), 125U);
  trapezoid.gave(125);
  EXPECT_EQ(trapezoid.next(875, 4, 1), 117U);
}

TEST(ChunkRule, weighs_by_speed_and_never_gives_one_worker_more_than_half) {
  ChunkRule rule(PolicyKind::weighted);
  EXPECT_EQ(rule.next(1000, 4, 2), 250U);
  EXPECT_EQ(rule.next(1000, 4, 0.5), 63U);
  EXPECT_EQ(rule.next(1000, 4, 1e-9), 1U);
  EXPECT_EQ(rule.next(1000, 4, 100), 500U);
}

}  // namespace
}  // namespace steadfarm::core
