#include "examples/uts/tree.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>

namespace steadfarm::uts {
namespace {

constexpr std::uint32_t kChildrenMax = 100;     // of any node but a binomial root
constexpr double kRootFactorMax = 1'000'000.0;  // a root is expanded in one go
constexpr std::int32_t kDepthLimitMax = 1'000'000;
constexpr std::size_t kTableSize = 4096;

double random_value(const Node& node) {
  return static_cast<double>(node.digest[4] & 0x7FFFFFFFU) / 2147483648.0;
}

/// The mean number of children at `depth` of a geometric tree.
double branching_factor(const TreeParams& params, std::uint32_t depth) {
  const double b = params.root_factor;
  if (depth == 0) return b;
  const double d = depth;
  const double limit = params.depth_limit;
  switch (params.shape) {
    case Shape::linear:
      return b * (1.0 - d / limit);
    case Shape::exponential:
      return b * std::pow(d, -std::log(b) / std::log(limit));
    case Shape::cyclic:
      if (d > 5.0 * limit) return 0.0;
      return std::pow(b, std::sin(2.0 * std::numbers::pi * d / limit));
    case Shape::fixed:
      return d < limit ? b : 0.0;
  }
  return 0.0;
}

/// ln(1 - p), the chance to stop being p = 1 / (1 + factor); 0 if there are no children.
double log_miss(const TreeParams& params, std::uint32_t depth) {
  const double factor = branching_factor(params, depth);
  if (!(factor > 0.0)) return 0.0;
  return std::log(1.0 - 1.0 / (1.0 + factor));
}

Error bad(const char* letter, const std::string& value, const char* rule) {
  return {ErrorCode::usage,
          std::string("tree parameter -") + letter + " is " + value + "; " + rule};
}

TreeParams binomial(double b, double q, std::int32_t m, std::int32_t r) {
  TreeParams params;
  params.type = TreeType::binomial;
  params.root_factor = b;
  params.child_chance = q;
  params.child_count = m;
  params.root_seed = r;
  return params;
}

TreeParams geometric(Shape shape, std::int32_t d, double b, std::int32_t r) {
  TreeParams params;
  params.shape = shape;
  params.depth_limit = d;
  params.root_factor = b;
  params.root_seed = r;
  return params;
}

TreeParams hybrid_t4() {
  TreeParams params = geometric(Shape::linear, 16, 6, 1);
  params.type = TreeType::hybrid;
  params.child_chance = 0.234375;
  params.child_count = 4;
  return params;
}

}  // namespace

Status validate(const TreeParams& params) {
  const auto type = static_cast<std::int32_t>(params.type);
  const auto shape = static_cast<std::int32_t>(params.shape);
  if (type < 0 || type > 2) {
    return bad("t", std::to_string(type), "use 0 (binomial), 1 (geometric) or 2 (hybrid)");
  }
  if (shape < 0 || shape > 3) {
    return bad("a", std::to_string(shape),
               "use 0 (linear), 1 (exponential), 2 (cyclic) or 3 (fixed)");
  }
  if (!(params.root_factor >= 0.0 && params.root_factor <= kRootFactorMax)) {
    return bad("b", std::to_string(params.root_factor), "use a number from 0 to 1000000");
  }
  if (params.depth_limit < 1 || params.depth_limit > kDepthLimitMax) {
    return bad("d", std::to_string(params.depth_limit), "use a whole number from 1 to 1000000");
  }
  if (params.root_seed < 0) {
    return bad("r", std::to_string(params.root_seed), "use a whole number from 0 to 2147483647");
  }
  if (!(params.child_chance >= 0.0 && params.child_chance <= 1.0)) {
    return bad("q", std::to_string(params.child_chance), "use a number from 0 to 1");
  }
  if (params.child_count < 0 || params.child_count > static_cast<std::int32_t>(kChildrenMax)) {
    return bad("m", std::to_string(params.child_count), "use a whole number from 0 to 100");
  }
  if (!(params.shift >= 0.0 && params.shift <= 1.0)) {
    return bad("f", std::to_string(params.shift), "use a number from 0 to 1");
  }
  return {};
}

const std::vector<NamedTree>& named_trees() {
  static const std::vector<NamedTree> trees = {
      {"T1", geometric(Shape::fixed, 10, 4, 19), {4130071, 10, 3305118}},
      {"T2", geometric(Shape::cyclic, 16, 6, 502), {4117769, 81, 2342762}},
      {"T3", binomial(2000, 0.124875, 8, 42), {4112897, 1572, 3599034}},
      {"T4", hybrid_t4(), {4132453, 134, 3108986}},
      {"T5", geometric(Shape::linear, 20, 4, 34), {4147582, 20, 2181318}},
      {"T1L", geometric(Shape::fixed, 13, 4, 29), {102181082, 13, 81746377}},
      {"T2L", geometric(Shape::cyclic, 23, 7, 220), {96793510, 67, 53791152}},
      {"T1XL", geometric(Shape::fixed, 15, 4, 29), {1635119272, 15, 1308100063}},
      {"T3L", binomial(2000, 0.200014, 5, 7), {111345631, 17844, 89076904}},
  };
  return trees;
}

const NamedTree* find_tree(std::string_view name) {
  for (const NamedTree& tree : named_trees()) {
    if (tree.name == name) return &tree;
  }
  return nullptr;
}

std::string to_string(const TreeParams& params) {
  std::array<char, 256> text{};
  std::snprintf(
      text.data(), text.size(), "-t %d -b %.17g -a %d -d %d -r %d -q %.17g -m %d -f %.17g",
      static_cast<int>(params.type), params.root_factor, static_cast<int>(params.shape),
      params.depth_limit, params.root_seed, params.child_chance, params.child_count, params.shift);
  return text.data();
}

Tree::Tree(const TreeParams& params) : params_(params) {
  if (params_.type == TreeType::binomial) return;
  log_miss_.reserve(kTableSize);
  for (std::uint32_t depth = 0; depth < kTableSize; ++depth) {
    log_miss_.push_back(log_miss(params_, depth));
  }
}

Node Tree::root() const {
  std::array<std::byte, 20> seed{};
  const auto r = static_cast<std::uint32_t>(params_.root_seed);
  for (std::size_t i = 0; i < 4; ++i) seed[16 + i] = static_cast<std::byte>(r >> (24 - 8 * i));
  return {sha1(seed), 0};
}

std::uint32_t Tree::binomial_count(const Node& node) const {
  if (node.depth == 0) return static_cast<std::uint32_t>(params_.root_factor);
  return random_value(node) < params_.child_chance ? static_cast<std::uint32_t>(params_.child_count)
                                                   : 0;
}

std::uint32_t Tree::geometric_count(const Node& node) const {
  const double miss =
      node.depth < log_miss_.size() ? log_miss_[node.depth] : log_miss(params_, node.depth);
  if (miss == 0.0) return 0;
  const double count = std::floor(std::log(1.0 - random_value(node)) / miss);
  return static_cast<std::uint32_t>(std::min(count, static_cast<double>(kChildrenMax)));
}

std::uint32_t Tree::child_count(const Node& node) const {
  switch (params_.type) {
    case TreeType::binomial:
      return binomial_count(node);
    case TreeType::geometric:
      return geometric_count(node);
    case TreeType::hybrid:
      if (node.depth < params_.shift * params_.depth_limit) return geometric_count(node);
      return std::min(binomial_count(node), kChildrenMax);
  }
  return 0;
}

}  // namespace steadfarm::uts
