#include "examples/qap/bound.hpp"

#include <gtest/gtest.h>

#include "tests/unit/examples/qap/support.hpp"

namespace steadfarm::qap {
namespace {

void walk(Path& path, const Permutation& prefix) {
  while (path.depth() > 0) path.pop();
  for (const std::uint8_t location : prefix) path.push(location);
}

// The bound at a random prefix and the cheap bounds of its children, against brute force.
void expect_admissible(const Instance& instance, Prng& random) {
  Path path(instance);
  for (int i = 0; i < 10; ++i) {
    Permutation prefix = random_permutation(random, instance.n);
    prefix.resize(random.below(instance.n + 1));
    walk(path, prefix);
    EXPECT_EQ(path.prefix(), prefix);
    const Incumbent best = brute_force(instance, prefix);
    EXPECT_LE(path.bound(), best.value);
    EXPECT_GE(cost(instance, path.assigned_completion()), best.value);
    if (path.closed()) {
      EXPECT_EQ(path.bound(), best.value);
      EXPECT_EQ(path.completion(), best.permutation);
      continue;
    }
    for (std::size_t l = 0; l < instance.n; ++l) {
      if ((path.free_locations() >> l & 1U) == 0) continue;
      Permutation child = prefix;
      child.push_back(static_cast<std::uint8_t>(l));
      EXPECT_LE(path.child_bound(l), brute_force(instance, child).value);
      EXPECT_GE(path.child_bound(l), path.bound());
    }
  }
}

TEST(Path, bound_is_never_above_the_best_completion) {
  Prng random(21);
  for (std::size_t n = 1; n <= 7; ++n) {
    for (const std::uint64_t entry_max : {1U, 4U, 1000U}) {
      for (int i = 0; i < 6; ++i) expect_admissible(random_instance(random, n, entry_max), random);
    }
  }
}

TEST(Path, bound_is_never_above_the_best_completion_where_facilities_are_silent) {
  Prng random(22);
  for (std::size_t live = 0; live <= 7; ++live) {
    for (int i = 0; i < 6; ++i) {
      Instance instance = random_instance(random, 7, 5);
      silence_from(instance, live);
      expect_admissible(instance, random);
    }
  }
}

TEST(Path, bound_is_exact_when_at_most_two_locations_are_free) {
  Prng random(23);
  for (int i = 0; i < 50; ++i) {
    const Instance instance = random_instance(random, 6, 30);
    Path path(instance);
    Permutation prefix = random_permutation(random, 6);
    prefix.resize(4);
    walk(path, prefix);
    EXPECT_EQ(path.bound(), brute_force(instance, prefix).value);
  }
}

TEST(Path, knows_the_published_root_bounds) {
  const auto root = [](const char* file) {
    const Instance instance = read_instance(data_path(file)).value();
    return Path(instance).bound();
  };
  EXPECT_EQ(root("nug12.dat"), 493);
  EXPECT_EQ(root("had12.dat"), 1536);
  EXPECT_EQ(root("scr12.dat"), 27858);
  EXPECT_EQ(root("rou12.dat"), 202272);
  EXPECT_EQ(root("tai12a.dat"), 195918);
  EXPECT_EQ(root("chr12a.dat"), 7245);
  EXPECT_EQ(root("esc16a.dat"), 38);
  EXPECT_EQ(root("nug14.dat"), 852);
}

TEST(Path, what_it_says_of_a_node_does_not_depend_on_the_way_there) {
  const Instance instance = read_instance(data_path("nug12.dat")).value();
  Prng random(24);
  Path wandering(instance);
  for (int i = 0; i < 50; ++i) {
    Permutation prefix = random_permutation(random, instance.n);
    prefix.resize(1 + random.below(instance.n - 2));
    walk(wandering, prefix);
    Path fresh(instance);
    walk(fresh, prefix);
    EXPECT_EQ(wandering.bound(), fresh.bound());
    for (const std::uint8_t l : identity(instance.n)) {
      if ((fresh.free_locations() >> l & 1U) == 0) continue;
      EXPECT_EQ(wandering.child_bound(l), fresh.child_bound(l));
    }
  }
}

TEST(Path, is_closed_as_soon_as_only_silent_facilities_are_left) {
  const Instance instance = read_instance(data_path("esc16a.dat")).value();
  Path path(instance);
  for (std::size_t depth = 0; depth < 10; ++depth) {
    EXPECT_FALSE(path.closed());
    path.push(15 - depth);
  }
  EXPECT_TRUE(path.closed());
  EXPECT_EQ(path.completion(), (Permutation{15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(path.bound(), cost(instance, path.completion()));
}

}  // namespace
}  // namespace steadfarm::qap
