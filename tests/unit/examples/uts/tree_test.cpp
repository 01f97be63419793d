#include "examples/uts/tree.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace steadfarm::uts {
namespace {

TreeParams valid() { return find_tree("T1")->params; }

void expect_refused(const TreeParams& params, const char* letter) {
  const Status status = validate(params);
  ASSERT_FALSE(status.ok()) << letter;
  EXPECT_EQ(status.error().code, ErrorCode::usage);
  EXPECT_NE(status.error().message.find(std::string("-") + letter + " is"), std::string::npos)
      << status.error().message;
}

// A node whose random value is u.
Node node_with(double u, std::uint32_t depth) {
  Node node;
  node.digest[4] = static_cast<std::uint32_t>(u * 2147483648.0);
  node.depth = depth;
  return node;
}

TEST(Tree, root_hashes_sixteen_zeros_and_the_seed) {
  std::array<std::byte, 20> bytes{};
  bytes[18] = std::byte{0x01};
  bytes[19] = std::byte{0xF6};
  EXPECT_EQ(Tree(find_tree("T2")->params).root(), (Node{sha1(bytes), 0}));  // 502 = 0x1F6
}

TEST(Tree, child_is_one_deeper_and_hashed_from_its_parent) {
  const Node parent{Digest{1, 2, 3, 4, 5}, 7};
  EXPECT_EQ(Tree::child(parent, 3), (Node{sha1_child(parent.digest, 3), 8}));
}

TEST(Tree, binomial_node_has_all_its_children_or_none) {
  const Tree tree(find_tree("T3")->params);
  EXPECT_EQ(tree.child_count(node_with(0.999, 0)), 2000U);
  EXPECT_EQ(tree.child_count(node_with(0.124, 1)), 8U);
  EXPECT_EQ(tree.child_count(node_with(0.125, 1)), 0U);
}

TEST(Tree, random_value_leaves_the_top_bit_out) {
  const Tree tree(find_tree("T3")->params);
  Node node = node_with(0.0, 1);
  node.digest[4] |= 0x80000000U;
  EXPECT_EQ(tree.child_count(node), 8U);
}

TEST(Tree, fixed_shape_ends_at_its_depth) {
  const Tree tree(find_tree("T1")->params);  // factor 4: p = 0.2
  EXPECT_EQ(tree.child_count(node_with(0.19, 9)), 0U);
  EXPECT_EQ(tree.child_count(node_with(0.21, 9)), 1U);
  EXPECT_EQ(tree.child_count(node_with(0.9, 9)), 10U);
  EXPECT_EQ(tree.child_count(node_with(0.9, 10)), 0U);
}

TEST(Tree, linear_shape_falls_to_nothing_at_its_depth) {
  const Tree tree(find_tree("T5")->params);  // at depth 10 of 20 the factor is 2: p = 1/3
  EXPECT_EQ(tree.child_count(node_with(0.33, 10)), 0U);
  EXPECT_EQ(tree.child_count(node_with(0.34, 10)), 1U);
  EXPECT_EQ(tree.child_count(node_with(0.999, 20)), 0U);
  EXPECT_EQ(tree.child_count(node_with(0.999, 25)), 0U);
}

TEST(Tree, exponential_shape_is_one_at_its_depth) {
  TreeParams params = valid();
  params.shape = Shape::exponential;
  const Tree tree(params);  // b = 4, d = 10: 4 * 10^(-ln 4 / ln 10) = 1, so p = 1/2
  EXPECT_EQ(tree.child_count(node_with(0.49, 10)), 0U);
  EXPECT_EQ(tree.child_count(node_with(0.51, 10)), 1U);
  EXPECT_EQ(tree.child_count(node_with(0.76, 10)), 2U);
}

TEST(Tree, cyclic_shape_ends_past_five_periods) {
  const Tree tree(find_tree("T2")->params);  // b = 6, d = 16: factor 6 at depth 4, 1/6 at 12
  EXPECT_EQ(tree.child_count(node_with(0.15, 4)), 1U);
  EXPECT_EQ(tree.child_count(node_with(0.14, 4)), 0U);
  EXPECT_EQ(tree.child_count(node_with(0.85, 12)), 0U);
  EXPECT_EQ(tree.child_count(node_with(0.999, 80)), 9U);
  EXPECT_EQ(tree.child_count(node_with(0.999, 81)), 0U);
}

TEST(Tree, factor_at_the_root_is_b_for_every_shape) {
  for (const Shape shape : {Shape::linear, Shape::exponential, Shape::cyclic, Shape::fixed}) {
    TreeParams params = valid();
    params.shape = shape;
    EXPECT_EQ(Tree(params).child_count(node_with(0.9, 0)), 10U);
  }
}

TEST(Tree, children_are_capped_except_those_of_a_binomial_root) {
  TreeParams params = valid();
  params.root_factor = 5000;
  EXPECT_EQ(Tree(params).child_count(node_with(0.9, 0)), 100U);
  params.type = TreeType::binomial;
  EXPECT_EQ(Tree(params).child_count(node_with(0.9, 0)), 5000U);
}

TEST(Tree, hybrid_is_geometric_above_and_binomial_below) {
  const Tree tree(find_tree("T4")->params);  // the border is depth 8
  EXPECT_EQ(tree.child_count(node_with(0.01, 7)), 0U);
  EXPECT_EQ(tree.child_count(node_with(0.01, 8)), 4U);
  EXPECT_EQ(tree.child_count(node_with(0.9, 7)), 8U);
  EXPECT_EQ(tree.child_count(node_with(0.9, 8)), 0U);
}

TEST(Tree, root_of_a_hybrid_is_capped_where_it_is_binomial) {
  TreeParams params = valid();
  params.type = TreeType::hybrid;
  params.shift = 0.0;  // binomial from the root on
  params.root_factor = 2000.0;
  EXPECT_EQ(Tree(params).child_count(node_with(0.5, 0)), 100U);
}

TEST(Tree, factor_of_zero_means_no_children) {
  TreeParams params = valid();
  params.root_factor = 0;
  for (const Shape shape : {Shape::linear, Shape::exponential, Shape::cyclic, Shape::fixed}) {
    params.shape = shape;
    EXPECT_EQ(Tree(params).child_count(node_with(0.999, 0)), 0U);
    EXPECT_EQ(Tree(params).child_count(node_with(0.999, 2)), 0U);
  }
}

TEST(TreeParams, all_named_trees_are_valid) {
  EXPECT_EQ(named_trees().size(), 9U);
  for (const NamedTree& tree : named_trees()) EXPECT_TRUE(validate(tree.params).ok()) << tree.name;
  EXPECT_EQ(find_tree("T9"), nullptr);
}

TEST(TreeParams, refusal_names_the_parameter) {
  const auto with = [](auto change) {
    TreeParams params = valid();
    change(params);
    return params;
  };
  expect_refused(with([](TreeParams& p) { p.type = static_cast<TreeType>(3); }), "t");
  expect_refused(with([](TreeParams& p) { p.shape = static_cast<Shape>(-1); }), "a");
  expect_refused(with([](TreeParams& p) { p.root_factor = -1; }), "b");
  expect_refused(with([](TreeParams& p) { p.root_factor = std::nan(""); }), "b");
  expect_refused(
      with([](TreeParams& p) { p.root_factor = std::numeric_limits<double>::infinity(); }), "b");
  expect_refused(with([](TreeParams& p) { p.depth_limit = 0; }), "d");
  expect_refused(with([](TreeParams& p) { p.root_seed = -1; }), "r");
  expect_refused(with([](TreeParams& p) { p.child_chance = 1.01; }), "q");
  expect_refused(with([](TreeParams& p) { p.child_count = 101; }), "m");
  expect_refused(with([](TreeParams& p) { p.shift = -0.5; }), "f");
}

TEST(TreeParams, text_tells_two_trees_apart) {
  TreeParams params = valid();
  const std::string before = to_string(params);
  params.child_chance = std::nextafter(params.child_chance, 1.0);
  EXPECT_NE(to_string(params), before);
  EXPECT_EQ(before.substr(0, 28), "-t 1 -b 4 -a 3 -d 10 -r 19 -");
}

}  // namespace
}  // namespace steadfarm::uts
