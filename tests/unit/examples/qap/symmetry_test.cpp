#include "examples/qap/symmetry.hpp"

#include <gtest/gtest.h>

#include "tests/unit/examples/qap/support.hpp"

namespace steadfarm::qap {
namespace {

constexpr std::uint64_t kSteps = 1'000'000;

// Every permutation, tried in lexicographic order: for small matrices.
std::vector<Permutation> all_automorphisms(const Matrix& matrix) {
  std::vector<Permutation> out;
  Permutation p = identity(matrix.size());
  while (std::next_permutation(p.begin(), p.end())) {
    bool keeps = true;
    for (std::size_t i = 0; i < p.size() && keeps; ++i) {
      for (std::size_t j = 0; j < p.size() && keeps; ++j) {
        keeps = matrix.at(i, j) == matrix.at(p[i], p[j]);
      }
    }
    if (keeps) out.push_back(p);
  }
  return out;
}

TEST(Automorphisms, are_all_found) {
  Prng random(31);
  std::size_t found = 0;
  for (int i = 0; i < 300; ++i) {
    const Instance instance = random_instance(random, 2 + random.below(4), 1);
    const std::vector<Permutation> got = automorphisms(instance.b, 1000, kSteps);
    EXPECT_EQ(got, all_automorphisms(instance.b));
    found += got.size();
  }
  EXPECT_GT(found, 10U) << "the random matrices are too irregular to test anything";
}

TEST(Automorphisms, of_a_hypercube_are_384_with_the_identity) {
  const Instance instance = read_instance(data_path("esc16a.dat")).value();
  EXPECT_EQ(automorphisms(instance.b, 1000, kSteps).size(), 383U);
}

TEST(Automorphisms, stop_at_their_limits) {
  const Matrix same(12);  // all 12! permutations
  EXPECT_EQ(automorphisms(same, 100, kSteps).size(), 100U);
  EXPECT_TRUE(automorphisms(same, 100, 5).empty());
}

TEST(SymmetryPath, leaves_one_location_of_each_class) {
  const Instance instance = read_instance(data_path("esc16a.dat")).value();
  SymmetryPath symmetry(automorphisms(instance.b, 1000, kSteps));
  const auto smallest = [&symmetry] {
    std::vector<std::size_t> out;
    for (std::size_t l = 0; l < 16; ++l) {
      if (symmetry.is_smallest(l)) out.push_back(l);
    }
    return out;
  };
  EXPECT_EQ(smallest(), (std::vector<std::size_t>{0}));
  symmetry.push(0);  // then by distance
  EXPECT_EQ(smallest(), (std::vector<std::size_t>{0, 1, 3, 7, 15}));
  symmetry.push(1);
  EXPECT_EQ(smallest(), (std::vector<std::size_t>{0, 1, 2, 3, 6, 7, 14, 15}));
  symmetry.pop();
  EXPECT_EQ(smallest(), (std::vector<std::size_t>{0, 1, 3, 7, 15}));
}

TEST(SymmetryPath, without_automorphisms_leaves_everything) {
  SymmetryPath symmetry({});
  symmetry.push(3);
  for (std::size_t l = 0; l < 64; ++l) EXPECT_TRUE(symmetry.is_smallest(l));
}

}  // namespace
}  // namespace steadfarm::qap
