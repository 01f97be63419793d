#include "core/policy/factoring.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace steadfarm::core {
namespace {

std::uint64_t take(Factoring& rule, std::uint64_t left, std::uint32_t workers) {
  const std::uint64_t chunk = rule.next(left, workers);
  rule.gave();
  return chunk;
}

TEST(Factoring, gives_the_published_chunks) {
  Factoring rule;
  std::vector<std::uint64_t> chunks;
  for (std::uint64_t left = 1000; left > 0; left -= chunks.back()) {
    chunks.push_back(take(rule, left, 4));
  }
  std::vector<std::uint64_t> published;
  for (const std::uint64_t chunk : {125, 63, 31, 16, 8, 4, 2, 1}) {
    published.insert(published.end(), 4, chunk);
  }
  EXPECT_EQ(chunks, published);
}

TEST(Factoring, does_not_change_by_being_asked) {
  Factoring rule;
  EXPECT_EQ(rule.next(1000, 4), 125U);
  EXPECT_EQ(rule.next(1000, 4), 125U);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(take(rule, 1000, 4), 125U);
  EXPECT_EQ(rule.next(500, 4), 63U);
}

TEST(Factoring, begins_a_batch_when_units_were_spawned_or_a_worker_died) {
  Factoring rule;
  EXPECT_EQ(take(rule, 80, 4), 10U);
  EXPECT_EQ(take(rule, 160, 4), 20U);
  EXPECT_EQ(take(rule, 140, 4), 20U);
  EXPECT_EQ(take(rule, 120, 3), 20U);
  EXPECT_EQ(take(rule, 100, 2), 25U);
  EXPECT_EQ(take(rule, 0, 0), 1U);
}

}  // namespace
}  // namespace steadfarm::core
