// Counting a tree in units of work. A unit is a list of nodes; what it counts and what it leaves
// follows from that list and the grain alone, so every run cuts the same tree into the same units.
#pragma once

#include <cstdint>
#include <vector>

#include "examples/uts/tree.hpp"

namespace steadfarm::uts {

/// Half a millisecond of work; T3 then makes some 2,000 units.
inline constexpr std::uint64_t kDefaultGrain = 5000;

/// Nodes that are still to be expanded, shallow ones first. None has been counted.
using Unit = std::vector<Node>;

struct Exploration {
  Counts counts;           // the nodes that were counted here
  std::vector<Unit> left;  // at most kPiecesMax units, none of them empty
};

/// How many units one unit leaves at most.
inline constexpr std::size_t kPiecesMax = 4;

/// Expands nodes depth first until `grain` nodes are counted (a node's children are counted
/// together, so it may be a few more) and cuts what is left into units. `grain` is at least 1.
[[nodiscard]] Exploration explore(const Tree& tree, Unit unit, std::uint64_t grain);

/// The whole tree at once.
[[nodiscard]] Counts serial_count(const Tree& tree);

}  // namespace steadfarm::uts
