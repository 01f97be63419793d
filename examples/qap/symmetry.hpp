// Location symmetries. An automorphism of B is a permutation s of the locations with
// B[s(k)][s(l)] = B[k][l] for all k, l. It maps every p to s(p(.)) of the same cost. If s fixes
// p(0), ..., p(k - 1) and s(l) < l, then whatever has p(k) = l is lexicographically larger than its
// image and costs the same, so the lexicographically smallest optimum has p(k) != l, and the child
// l may be left out. Any set of automorphisms may be used: a smaller one leaves out less.
#pragma once

#include <cstdint>
#include <vector>

#include "examples/qap/instance.hpp"

namespace steadfarm::qap {

/// Automorphisms of `matrix` other than the identity, at most `count_max`, found in at most
/// `steps_max` steps. Equal input gives equal output.
[[nodiscard]] std::vector<Permutation> automorphisms(const Matrix& matrix, std::size_t count_max,
                                                     std::uint64_t steps_max);

/// Which automorphisms fix the prefix of a path, level by level.
class SymmetryPath {
 public:
  /// Without automorphisms every location stands for itself.
  explicit SymmetryPath(std::vector<Permutation> automorphisms);

  /// True if no smaller location is equivalent here.
  [[nodiscard]] bool is_smallest(std::size_t location) const;
  void push(std::size_t location);
  void pop() { levels_.pop_back(); }

 private:
  std::vector<Permutation> automorphisms_;
  std::vector<std::vector<std::uint32_t>> levels_;  // indices of those that fix the prefix
};

}  // namespace steadfarm::qap
