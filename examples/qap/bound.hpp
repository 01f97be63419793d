// The Gilmore-Lawler lower bound (Gilmore 1962, Lawler 1963) at a node of the search, that is for a
// partial permutation: p(0), ..., p(k - 1) are given.
//
// Let U be the facilities k, ..., n - 1 and V the free locations. Putting facility i of U at
// location l of V costs at least
//     c(i, l) = A[i][i] B[l][l] + sum over j < k of A[i][j] B[l][p(j)] + A[j][i] B[p(j)][l]
//               + the least of sum over j in U \ i of A[i][j] B[l][q(j)], q : U \ i -> V \ l one to
//               one,
// and that least sum pairs the largest A with the smallest B. Every ordered pair of facilities is
// counted once: pairs within k in the cost so far, mixed pairs in the second term, pairs within U
// in the row of the first facility. So the cost so far plus the least assignment of U to V under c
// is no more than the cost of any completion. Nothing is assumed about symmetry or diagonals.
//
// The facilities that interact with nobody and stand at the end of the order are left out: their
// rows would be zero. The assignment problem then has fewer rows than columns.
#pragma once

#include <cstdint>
#include <vector>

#include "examples/qap/instance.hpp"
#include "examples/qap/lap.hpp"

namespace steadfarm::qap {

/// A path from the root of the search to a node, with the bound of every node on it. What it says
/// about a node depends on that node alone, however it was reached.
class Path {
 public:
  /// At the root. `instance` must outlive this.
  explicit Path(const Instance& instance);

  /// Goes to the child that puts facility depth() at `location`, which must be free, and bounds it.
  void push(std::size_t location);
  void pop();

  [[nodiscard]] std::size_t depth() const { return depth_; }
  [[nodiscard]] const Instance& instance() const { return instance_; }
  /// p(0), ..., p(depth() - 1).
  [[nodiscard]] const Permutation& prefix() const { return prefix_; }
  [[nodiscard]] std::uint64_t free_locations() const { return level().free; }
  [[nodiscard]] Cost bound() const { return level().bound; }
  /// A lower bound for a child, cheaper and mostly weaker than its own: the node's bound and what
  /// the child's location costs beyond the best assignment. For nodes that are not closed().
  [[nodiscard]] Cost child_bound(std::size_t location) const;
  /// Nothing is left to decide: the rest costs the same in every order. The bound is then the cost
  /// of completion().
  [[nodiscard]] bool closed() const { return depth_ >= live_ || depth_ + 1 >= instance_.n; }
  /// The lexicographically smallest permutation below this node.
  [[nodiscard]] Permutation completion() const;
  /// The permutation of the assignment that gave the bound: often a good one.
  [[nodiscard]] Permutation assigned_completion() const;

 private:
  struct Level {
    std::uint64_t free = 0;
    Cost fixed = 0;  // of the pairs within the prefix
    Cost bound = 0;
    std::vector<std::uint8_t> columns;    // the free locations, ascending
    std::vector<std::uint8_t> column_of;  // by location
    std::vector<Cost> linear;  // n x n by facility and location: the first two terms of c
    std::vector<Cost> costs;   // c, by facility of U and column
    std::vector<Cost> column_duals;
    std::vector<std::uint8_t> assigned;  // by facility of U: the column the assignment gave it
    Cost first_row_dual = 0;
  };

  [[nodiscard]] const Level& level() const { return levels_[depth_]; }
  void bound_level();
  void add_least_products(Level& level, std::size_t rows);
  void sort_rows(const Level& level);

  const Instance& instance_;
  std::size_t live_ = 0;  // facilities from here on interact with nobody
  std::size_t depth_ = 0;
  Permutation prefix_;
  std::vector<Level> levels_;  // by depth
  // sorted_a_[k][i - k]: the A[i][j] over j >= k, j != i that are not zero, descending.
  std::vector<std::vector<std::vector<std::uint32_t>>> sorted_a_;
  std::vector<std::size_t> ranks_;  // by k: the length of the longest of these
  // ascending_b_[l]: the locations other than l, smallest B[l][.] first.
  std::vector<std::vector<std::uint8_t>> ascending_b_;
  // By rank and column: the ranks_[k] smallest B[l][.] over V \ l, ascending; one spare row.
  std::vector<std::uint32_t> sorted_b_;
  LapSolver lap_;
};

}  // namespace steadfarm::qap
