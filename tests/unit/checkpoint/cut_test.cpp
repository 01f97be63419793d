#include "checkpoint/cut.hpp"

#include <gtest/gtest.h>

namespace steadfarm::checkpoint {
namespace {

constexpr std::uint64_t no_inline = 0;

core::GenerationDelta with_results(std::size_t count, std::size_t bytes) {
  core::GenerationDelta delta;
  for (std::size_t i = 0; i < count; ++i) delta.results.add(UnitKey::index(i), Bytes(bytes));
  return delta;
}

core::GenerationDelta with_units(std::size_t count, std::size_t bytes) {
  core::GenerationDelta delta;
  for (std::size_t i = 0; i < count; ++i) {
    delta.added.push_back({UnitKey{1ULL << 63U, i}, 0, 0, 0, Bytes(bytes)});
  }
  return delta;
}

TEST(Cut, an_empty_delta_is_one_state_part) {
  const core::GenerationDelta delta;
  const std::vector<Part> parts = cut(delta, {}, {1000, 100});
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].role, SegmentRole::state);
  EXPECT_EQ(parts[0].view.full, &delta);
}

TEST(Cut, few_results_ride_in_the_state_part) {
  const core::GenerationDelta delta = with_results(3, 10);
  const std::vector<Part> parts = cut(delta, {}, {100000, std::uint64_t{3} * (10 + 24)});
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].view.results.keys.size(), 3U);
  EXPECT_EQ(cut(delta, {}, {100000, 3 * (10 + 24) - 1}).size(), 2U);
}

TEST(Cut, results_keep_their_order_and_none_is_lost_or_doubled) {
  const core::GenerationDelta delta = with_results(100, 40);
  const std::vector<Part> parts = cut(delta, {}, {std::uint64_t{64} * 5, no_inline});
  std::uint64_t next = 0;
  for (const Part& part : parts) {
    if (part.role != SegmentRole::results) continue;
    EXPECT_EQ(part.view.results.offsets.size(), part.view.results.keys.size() + 1);
    EXPECT_LE(part.view.results.keys.size(), 5U);
    for (const UnitKey& key : part.view.results.keys) EXPECT_EQ(key, UnitKey::index(next++));
  }
  EXPECT_EQ(next, 100U);
  EXPECT_EQ(parts.size(), 21U);
}

TEST(Cut, one_giant_payload_makes_one_large_part_and_no_more) {
  core::GenerationDelta delta = with_results(2, 10);
  delta.results.add(UnitKey::index(2), Bytes(5000));
  delta.results.add(UnitKey::index(3), Bytes(10));
  std::vector<std::size_t> sizes;
  for (const Part& part : cut(delta, {}, {100, no_inline})) {
    if (part.role == SegmentRole::results) sizes.push_back(part.view.results.keys.size());
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{2, 1, 1}));
}

TEST(Cut, units_fill_parts_up_to_the_limit) {
  const core::GenerationDelta delta = with_units(10, 52);  // 100 bytes each
  const std::vector<Part> parts = cut(delta, {}, {300, no_inline});
  std::uint64_t next = 0;
  std::size_t with_full = 0;
  for (const Part& part : parts) {
    EXPECT_EQ(part.role, SegmentRole::state);
    EXPECT_LE(part.view.added.size(), 3U);
    if (part.view.full != nullptr) ++with_full;
    for (const core::UnitRecord& unit : part.view.added) EXPECT_EQ(unit.key.lo, next++);
  }
  EXPECT_EQ(next, 10U);
  EXPECT_EQ(parts.size(), 4U);
  EXPECT_EQ(with_full, 1U);
}

TEST(Cut, removals_come_before_all_units) {
  core::GenerationDelta delta = with_units(3, 52);
  delta.removed.assign(50, UnitKey{1ULL << 63U, 99});
  delta.failed.push_back({UnitKey::index(1), 1, 0, "why"});
  const std::vector<Part> parts = cut(delta, {}, {300, no_inline});
  bool units_seen = false;
  std::size_t removed = 0;
  std::size_t failed = 0;
  for (const Part& part : parts) {
    // Within one part removals apply first.
    EXPECT_FALSE(units_seen && !part.view.removed.empty());
    units_seen = units_seen || !part.view.added.empty();
    removed += part.view.removed.size();
    failed += part.view.failed.size();
  }
  EXPECT_EQ(removed, 50U);
  EXPECT_EQ(failed, 1U);
}

TEST(Cut, every_state_of_a_running_unit_is_in_one_part) {
  core::GenerationDelta delta = with_units(3, 52);
  for (std::uint64_t i = 0; i < 20; ++i) {
    delta.partials.push_back({UnitKey::index(i), 1, std::make_shared<const Bytes>(52)});
  }
  std::vector<UnitKey> seen;
  const std::vector<Part> parts = cut(delta, {}, {300, no_inline});
  for (const Part& part : parts) {
    EXPECT_LE(part.view.partials.size(), 3U);
    for (const core::PartialState& partial : part.view.partials) seen.push_back(partial.key);
  }
  ASSERT_EQ(seen.size(), 20U);
  for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(seen[i], UnitKey::index(i));
}

TEST(Cut, a_large_fold_state_leaves_room_for_nothing_else) {
  core::GenerationDelta delta = with_units(1, 10);
  delta.fold_state = Bytes(1000);
  const std::vector<Part> parts = cut(delta, {}, {300, no_inline});
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_TRUE(parts[0].view.added.empty());
  EXPECT_EQ(parts[1].view.added.size(), 1U);
}

}  // namespace
}  // namespace steadfarm::checkpoint
