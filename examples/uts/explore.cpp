#include "examples/uts/explore.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace steadfarm::uts {
namespace {

/// Depth first over an explicit stack, for the trees are far deeper than a call stack. A leaf is
/// counted when its parent is expanded and never enters the stack: in critical trees four nodes
/// of five are leaves, and a unit made of them would hold no work.
class Explorer {
 public:
  Explorer(const Tree& tree, Unit unit) : tree_(tree), stack_(std::move(unit)) {}

  void run(std::uint64_t grain) {
    while (!stack_.empty() && counts_.nodes < grain) {
      const Node node = stack_.back();
      stack_.pop_back();
      expand(node);
    }
  }

  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] const Unit& left() const { return stack_; }

 private:
  void count(std::uint32_t depth, bool leaf) {
    counts_.nodes += 1;
    counts_.leaves += leaf ? 1 : 0;
    counts_.depth = std::max(counts_.depth, depth);
  }

  void expand(const Node& node) {
    const std::uint32_t children = tree_.child_count(node);
    count(node.depth, children == 0);
    digests_.resize(std::max<std::size_t>(digests_.size(), children));
    sha1_children(node.digest, 0, children, digests_.data());
    for (std::uint32_t i = 0; i < children; ++i) {
      const Node child{digests_[i], node.depth + 1};
      if (tree_.child_count(child) == 0) {
        count(child.depth, true);
      } else {
        stack_.push_back(child);
      }
    }
  }

  const Tree& tree_;
  Unit stack_;
  std::vector<Digest> digests_;
  Counts counts_;
};

/// Deals the nodes out like cards. Shallow nodes hold most of the work and stand at one end of the
/// list, so that pieces cut from consecutive nodes would be one large and several tiny ones.
std::vector<Unit> deal(const Unit& nodes) {
  const std::size_t pieces = std::min(nodes.size(), kPiecesMax);
  std::vector<Unit> out(pieces);
  for (std::size_t i = 0; i < nodes.size(); ++i) out[i % pieces].push_back(nodes[i]);
  return out;
}

}  // namespace

Exploration explore(const Tree& tree, Unit unit, std::uint64_t grain) {
  Explorer explorer(tree, std::move(unit));
  explorer.run(grain);
  return {explorer.counts(), deal(explorer.left())};
}

Counts serial_count(const Tree& tree) {
  Explorer explorer(tree, {tree.root()});
  explorer.run(std::numeric_limits<std::uint64_t>::max());
  return explorer.counts();
}

}  // namespace steadfarm::uts
