// What the tests of the quadratic assignment problem share: random instances and brute force.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>

#include "base/prng.hpp"
#include "examples/qap/incumbent.hpp"
#include "examples/qap/instance.hpp"

namespace steadfarm::qap {

/// Asymmetric, with diagonals. A small `entry_max` makes many ties and zeros.
inline Instance random_instance(Prng& random, std::size_t n, std::uint64_t entry_max) {
  Instance instance{n, Matrix(n), Matrix(n)};
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      instance.a.set(i, j, static_cast<std::uint32_t>(random.below(entry_max + 1)));
      instance.b.set(i, j, static_cast<std::uint32_t>(random.below(entry_max + 1)));
    }
  }
  return instance;
}

/// Facilities from `live` on interact with nobody.
inline void silence_from(Instance& instance, std::size_t live) {
  for (std::size_t i = 0; i < instance.n; ++i) {
    for (std::size_t j = 0; j < instance.n; ++j) {
      if (i >= live || j >= live) instance.a.set(i, j, 0);
    }
  }
}

inline Permutation identity(std::size_t n) {
  Permutation out(n);
  std::iota(out.begin(), out.end(), std::uint8_t{0});
  return out;
}

inline Permutation random_permutation(Prng& random, std::size_t n) {
  Permutation out = identity(n);
  for (std::size_t i = n; i > 1; --i) std::swap(out[i - 1], out[random.below(i)]);
  return out;
}

/// The best of all permutations that begin with `prefix`. Goes through them in lexicographic
/// order, so the first of several optima is the smallest.
inline Incumbent brute_force(const Instance& instance, const Permutation& prefix = {}) {
  Permutation p = prefix;
  for (const std::uint8_t l : identity(instance.n)) {
    if (std::find(prefix.begin(), prefix.end(), l) == prefix.end()) p.push_back(l);
  }
  Incumbent best{cost(instance, p), p};
  while (std::next_permutation(p.begin() + static_cast<std::ptrdiff_t>(prefix.size()), p.end())) {
    const Cost value = cost(instance, p);
    if (value < best.value) best = {value, p};
  }
  return best;
}

inline std::string data_path(const std::string& file) {
  return std::string(STEADFARM_QAP_DATA) + "/" + file;
}

}  // namespace steadfarm::qap
