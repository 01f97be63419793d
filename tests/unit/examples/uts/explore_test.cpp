#include "examples/uts/explore.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace steadfarm::uts {

void PrintTo(const Counts& counts, std::ostream* out) {
  *out << counts.nodes << " nodes, depth " << counts.depth << ", " << counts.leaves << " leaves";
}

namespace {

struct InUnits {
  Counts counts;
  std::size_t units = 0;
  std::size_t pending_max = 0;
};

// Newest unit first, as a farm that wants a short list would.
InUnits count_in_units(const Tree& tree, std::uint64_t grain) {
  InUnits out;
  std::vector<Unit> pending{{tree.root()}};
  while (!pending.empty()) {
    Unit unit = std::move(pending.back());
    pending.pop_back();
    Exploration done = explore(tree, std::move(unit), grain);
    out.counts.add(done.counts);
    out.units += 1;
    for (Unit& left : done.left) {
      EXPECT_FALSE(left.empty());
      pending.push_back(std::move(left));
    }
    out.pending_max = std::max(out.pending_max, pending.size());
  }
  return out;
}

class PublishedTree : public testing::TestWithParam<const char*> {};

TEST_P(PublishedTree, is_counted_exactly) {
  const NamedTree* named = find_tree(GetParam());
  ASSERT_NE(named, nullptr);
  EXPECT_EQ(serial_count(Tree(named->params)), named->published);
}

TEST_P(PublishedTree, is_counted_exactly_in_units) {
  const NamedTree* named = find_tree(GetParam());
  ASSERT_NE(named, nullptr);
  const InUnits got = count_in_units(Tree(named->params), kDefaultGrain);
  EXPECT_EQ(got.counts, named->published);
  EXPECT_GE(got.units, 1000U);
  EXPECT_LE(got.units, 4000U);
  EXPECT_LE(got.pending_max, 200U);
}

INSTANTIATE_TEST_SUITE_P(Uts, PublishedTree, testing::Values("T1", "T2", "T3", "T4", "T5"),
                         [](const auto& tree) { return std::string(tree.param); });

TreeParams small_tree() {
  TreeParams params = find_tree("T1")->params;
  params.depth_limit = 6;
  return params;
}

TEST(Explore, smallest_grain_counts_the_same_tree) {
  const Tree tree(small_tree());
  EXPECT_EQ(count_in_units(tree, 1).counts, serial_count(tree));
}

TEST(Explore, largest_grain_leaves_nothing) {
  const Tree tree(small_tree());
  const Exploration done = explore(tree, {tree.root()}, 1'000'000'000);
  EXPECT_TRUE(done.left.empty());
  EXPECT_EQ(done.counts, serial_count(tree));
}

TEST(Explore, same_unit_is_cut_the_same_way) {
  const Tree tree(find_tree("T3")->params);
  const Exploration first = explore(tree, {tree.root()}, 5000);
  const Exploration again = explore(tree, {tree.root()}, 5000);
  EXPECT_EQ(first.counts, again.counts);
  EXPECT_EQ(first.left, again.left);
  EXPECT_EQ(first.left.size(), kPiecesMax);
}

TEST(Explore, stops_soon_after_the_grain) {
  const Tree tree(find_tree("T1")->params);
  const Exploration done = explore(tree, {tree.root()}, 5000);
  EXPECT_GE(done.counts.nodes, 5000U);
  EXPECT_LE(done.counts.nodes, 5000U + 100U);
}

TEST(Explore, shares_the_shallow_nodes_among_the_pieces) {
  const Tree tree(find_tree("T3")->params);
  const Exploration done = explore(tree, {tree.root()}, 5000);
  ASSERT_EQ(done.left.size(), kPiecesMax);
  for (const Unit& unit : done.left) EXPECT_EQ(unit.front().depth, 1U);
}

TEST(Explore, tree_of_one_node_is_a_leaf) {
  TreeParams params = small_tree();
  params.root_factor = 0;
  EXPECT_EQ(serial_count(Tree(params)), (Counts{1, 0, 1}));
}

TEST(Explore, empty_unit_counts_nothing) {
  const Exploration done = explore(Tree(small_tree()), {}, 10);
  EXPECT_EQ(done.counts, (Counts{}));
  EXPECT_TRUE(done.left.empty());
}

}  // namespace
}  // namespace steadfarm::uts
