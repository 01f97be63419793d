#include "core/policy/trapezoid.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace steadfarm::core {
namespace {

std::vector<std::uint64_t> all_chunks(Trapezoid& rule, std::uint64_t left, std::uint32_t workers,
                                      std::uint64_t most = UINT64_MAX) {
  std::vector<std::uint64_t> chunks;
  while (left > 0) {
    chunks.push_back(std::min({rule.next(left, workers), left, most}));
    rule.gave(chunks.back());
    left -= chunks.back();
  }
  return chunks;
}

TEST(Trapezoid, gives_the_published_first_chunk_and_number_of_chunks) {
  Trapezoid rule;
  EXPECT_EQ(rule.next(1000, 4), 125U);
  EXPECT_EQ(rule.chunks(), 16U);
  // Steps of 124/15. The planned ones add up to 1008, so the last two shrink to what is there.
  EXPECT_EQ(all_chunks(rule, 1000, 4), (std::vector<std::uint64_t>{125, 117, 108, 100, 92, 84, 75,
                                                                   67, 59, 51, 42, 34, 26, 18, 2}));
}

TEST(Trapezoid, does_not_change_by_being_asked) {
  Trapezoid rule;
  EXPECT_EQ(rule.next(1000, 4), rule.next(1000, 4));
}

// A message has a limit. What it cut off must not be lost from the plan, or most units would go out
// one by one at the end.
TEST(Trapezoid, plans_on_when_its_chunks_are_cut) {
  Trapezoid rule;
  const auto chunks = all_chunks(rule, 100'000, 4, 1000);
  EXPECT_LT(chunks.size(), 130U);
  EXPECT_EQ(chunks.front(), 1000U);
}

TEST(Trapezoid, begins_anew_when_work_was_spawned) {
  Trapezoid rule;
  EXPECT_EQ(rule.next(10, 4), 2U);
  rule.gave(2);
  EXPECT_EQ(rule.next(16, 4), 2U);  // a few more come at the end
  EXPECT_EQ(rule.next(800, 4), 100U);
  EXPECT_EQ(rule.next(800, 2), 200U);  // half of the workers died
  EXPECT_EQ(rule.next(0, 0), 1U);
}

TEST(Trapezoid, ends_for_any_number_of_units_and_workers) {
  for (std::uint64_t units = 1; units < 200; ++units) {
    for (std::uint32_t workers = 1; workers < 20; ++workers) {
      Trapezoid rule;
      std::uint64_t sum = 0;
      for (const std::uint64_t chunk : all_chunks(rule, units, workers)) sum += chunk;
      EXPECT_EQ(sum, units);
    }
  }
}

}  // namespace
}  // namespace steadfarm::core
