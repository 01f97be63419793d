// The trees of the Unbalanced Tree Search benchmark (Olivier et al., LCPC 2006). A tree is a pure
// function of its parameters: every node's children follow from the node's SHA-1 digest and depth.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "examples/uts/sha1.hpp"

namespace steadfarm::uts {

enum class TreeType : std::int32_t { binomial = 0, geometric = 1, hybrid = 2 };
enum class Shape : std::int32_t { linear = 0, exponential = 1, cyclic = 2, fixed = 3 };

/// The letters are those of the benchmark's command line.
struct TreeParams {
  TreeType type = TreeType::geometric;  // t
  double root_factor = 4.0;             // b: branching factor of the root
  Shape shape = Shape::linear;          // a: how the factor of a geometric tree falls with depth
  std::int32_t depth_limit = 6;         // d: the depth that shape refers to
  std::int32_t root_seed = 0;           // r
  double child_chance = 15.0 / 64.0;    // q: chance that a binomial node has children
  std::int32_t child_count = 4;         // m: how many it has then
  double shift = 0.5;                   // f: share of d from which a hybrid tree is binomial
  friend bool operator==(const TreeParams&, const TreeParams&) = default;
};

/// An error names the letter of the parameter that cannot be.
[[nodiscard]] Status validate(const TreeParams& params);

/// What is published about a tree, and what counting one gives.
struct Counts {
  std::uint64_t nodes = 0;
  std::uint32_t depth = 0;  // the largest; the root's is 0
  std::uint64_t leaves = 0;

  /// Commutative and exact, so that it may be applied in any order.
  void add(const Counts& other) {
    nodes += other.nodes;
    depth = depth > other.depth ? depth : other.depth;
    leaves += other.leaves;
  }
  friend bool operator==(const Counts&, const Counts&) = default;
};

struct NamedTree {
  std::string_view name;
  TreeParams params;
  Counts published;
};

/// T1 to T5 (4 million nodes each), T1L, T2L, T3L (100 million) and T1XL (1.6 billion).
[[nodiscard]] const std::vector<NamedTree>& named_trees();
[[nodiscard]] const NamedTree* find_tree(std::string_view name);

/// The parameters as the benchmark's options: "-t 1 -a 3 -d 10 -b 4 -r 19 ...". Names the job.
[[nodiscard]] std::string to_string(const TreeParams& params);

struct Node {
  Digest digest{};
  std::uint32_t depth = 0;
  friend bool operator==(const Node&, const Node&) = default;
};

/// A tree's rules, ready to be asked often. Immutable after construction.
class Tree {
 public:
  /// `params` must pass validate().
  explicit Tree(const TreeParams& params);

  [[nodiscard]] const TreeParams& params() const { return params_; }
  [[nodiscard]] Node root() const;
  [[nodiscard]] std::uint32_t child_count(const Node& node) const;
  [[nodiscard]] static Node child(const Node& parent, std::uint32_t index) {
    return {sha1_child(parent.digest, index), parent.depth + 1};
  }

 private:
  [[nodiscard]] std::uint32_t binomial_count(const Node& node) const;
  [[nodiscard]] std::uint32_t geometric_count(const Node& node) const;

  TreeParams params_;
  // ln(1 - p) by depth, as far as a table is worth it; 0 stands for "no children".
  std::vector<double> log_miss_;
};

}  // namespace steadfarm::uts
