// Depth-first branch and bound over p(0), p(1), ... in lexicographic order, cut into units.
//
// Pruning. A node's lower bound is the larger of its Gilmore-Lawler bound and of what its parent's
// assignment says about it. With a fixed bound N a node is pruned if and only if its lower bound is
// at least N; what is found never prunes, so every run bounds the same nodes. Without one, a node
// is pruned against the best permutation known, (v, b) of cost v, if its bound is above v, or if
// its bound is v and no completion of its prefix is lexicographically smaller than b.
//
// The answer is the lexicographically smallest of the optimal permutations, q of cost c, in every
// run, however units are scheduled and however late a worker hears of (v, b). Proof. Known
// permutations only improve in the total order of is_better(), and q is the least of all. Suppose
// that q is never offered. Then a node above q was pruned. It was not left out for symmetry, for
// that leaves out only what has a lexicographically smaller image of the same cost. With a fixed
// bound N > c, it was not pruned, for its lower bound is at most c. Otherwise it was pruned against
// some (v, b), and its lower bound is at most c. If that bound is above v then c > v, but nothing
// costs less than c. If it equals v, then c >= v, so c = v and b is optimal, and q, a completion of
// the prefix, is not smaller than b; as q is the smallest optimum, b = q: it was offered.
//
// With a fixed bound N <= c nothing is found, and that says only that no permutation costs less
// than N.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "examples/qap/bound.hpp"
#include "examples/qap/incumbent.hpp"
#include "examples/qap/instance.hpp"
#include "examples/qap/symmetry.hpp"

namespace steadfarm::qap {

/// One or two milliseconds of work.
inline constexpr std::uint64_t kDefaultGrain = 1000;
/// How many units one unit leaves at most.
inline constexpr std::size_t kPiecesMax = 3;

struct SearchOptions {
  std::optional<Cost> fixed_bound;
  bool symmetry = false;  // leave out locations that are equivalent to a smaller one
};

/// A place in the search: the children of `prefix` from location `next` on, then whatever follows
/// `prefix` in lexicographic order below its first `base` elements.
struct Unit {
  Permutation prefix;
  std::uint8_t base = 0;
  std::uint8_t next = 0;
  friend bool operator==(const Unit&, const Unit&) = default;
};

/// Everything.
[[nodiscard]] inline Unit root_unit() { return {}; }

struct Exploration {
  std::uint64_t nodes = 0;  // bounded here; every node of a search is counted in one unit
  std::vector<Unit> left;
};

/// Explores units of one instance. Keeps its buffers from unit to unit.
class Searcher {
 public:
  /// `instance` must outlive this.
  Searcher(const Instance& instance, SearchOptions options);

  /// True if `unit` can be one of this instance's: what comes from outside is not trusted.
  [[nodiscard]] bool is_valid(const Unit& unit) const;

  /// Bounds about `grain` nodes (at least one) of `unit`, offers what it finds, and cuts what is
  /// left. With a fixed bound, counts and cuts depend on the unit and the grain alone.
  [[nodiscard]] Exploration explore(const Unit& unit, std::uint64_t grain, IncumbentPort& port);

 private:
  bool enter(const Unit& unit, IncumbentPort& port);
  void leave_all();
  void descend(std::size_t location);
  void ascend();
  void visit(std::size_t location, IncumbentPort& port);
  [[nodiscard]] std::optional<std::size_t> next_child() const;
  [[nodiscard]] bool is_pruned(Cost bound, std::optional<std::size_t> child, IncumbentPort& port);
  [[nodiscard]] bool can_be_smaller(std::optional<std::size_t> child,
                                    const Permutation& best) const;
  void offer_completion(IncumbentPort& port);
  void offer_assignment(IncumbentPort& port);
  [[nodiscard]] std::vector<Unit> cut() const;

  const Instance& instance_;
  SearchOptions options_;
  Path path_;
  SymmetryPath symmetry_;
  std::size_t base_ = 0;
  std::size_t next_ = 0;
};

struct Answer {
  std::optional<Incumbent> best;  // empty: nothing costs less than the fixed bound
  std::uint64_t nodes = 0;
};

/// The same search in one process.
[[nodiscard]] Answer solve_serial(const Instance& instance, const SearchOptions& options);

}  // namespace steadfarm::qap
