#include "examples/qap/search.hpp"

#include <gtest/gtest.h>

#include <tuple>

#include "tests/unit/examples/qap/support.hpp"

namespace steadfarm::qap {
namespace {

enum class Order { oldest, newest, random };

struct InUnits {
  std::optional<Incumbent> best;
  std::uint64_t nodes = 0;
  std::size_t units = 0;
};

InUnits solve_in_units(const Instance& instance, const SearchOptions& options, std::uint64_t grain,
                       Order order, IncumbentPort& port) {
  Prng random(grain);
  Searcher searcher(instance, options);
  InUnits out;
  std::vector<Unit> pending{root_unit()};
  while (!pending.empty()) {
    std::size_t pick = pending.size() - 1;
    if (order == Order::oldest) pick = 0;
    if (order == Order::random) pick = random.below(pending.size());
    const Unit unit = pending[pick];
    pending.erase(pending.begin() + static_cast<std::ptrdiff_t>(pick));
    EXPECT_TRUE(searcher.is_valid(unit));
    Exploration done = searcher.explore(unit, grain, port);
    EXPECT_LE(done.left.size(), kPiecesMax);
    out.nodes += done.nodes;
    out.units += 1;
    pending.insert(pending.end(), done.left.begin(), done.left.end());
  }
  out.best = port.best();
  return out;
}

InUnits solve_in_units(const Instance& instance, const SearchOptions& options, std::uint64_t grain,
                       Order order) {
  LocalIncumbent port;
  return solve_in_units(instance, options, grain, order, port);
}

// Hears of an improvement only at every seventh question, like a worker far from the master.
class SlowIncumbent : public IncumbentPort {
 public:
  [[nodiscard]] const std::optional<Incumbent>& best() override {
    if (++questions_ % 7 == 0) heard_ = real_;
    return heard_;
  }
  void offer(const Incumbent& incumbent) override {
    if (is_better(incumbent, real_)) real_ = incumbent;
  }
  [[nodiscard]] const std::optional<Incumbent>& real() const { return real_; }

 private:
  int questions_ = 0;
  std::optional<Incumbent> heard_;
  std::optional<Incumbent> real_;
};

// All the ways to search, on one small instance.
void expect_all_agree(const Instance& instance) {
  const Incumbent expected = brute_force(instance);
  for (const bool symmetry : {false, true}) {
    const SearchOptions free{std::nullopt, symmetry};
    const SearchOptions fixed{expected.value + 1, symmetry};
    const Answer serial = solve_serial(instance, free);
    EXPECT_EQ(serial.best, expected);
    const Answer fixed_serial = solve_serial(instance, fixed);
    EXPECT_EQ(fixed_serial.best, expected);
    for (const Order order : {Order::oldest, Order::newest, Order::random}) {
      for (const std::uint64_t grain : {1U, 5U, 40U}) {
        EXPECT_EQ(solve_in_units(instance, free, grain, order).best, expected);
        const InUnits fixed_units = solve_in_units(instance, fixed, grain, order);
        EXPECT_EQ(fixed_units.best, expected);
        EXPECT_EQ(fixed_units.nodes, fixed_serial.nodes);
        SlowIncumbent slow;
        (void)solve_in_units(instance, free, grain, order, slow);
        EXPECT_EQ(slow.real(), expected);
      }
    }
  }
}

TEST(Search, agrees_with_brute_force_on_random_instances) {
  Prng random(51);
  for (std::size_t n = 1; n <= 6; ++n) {
    for (const std::uint64_t entry_max : {1U, 3U, 100U}) {
      for (int i = 0; i < 4; ++i) expect_all_agree(random_instance(random, n, entry_max));
    }
  }
}

TEST(Search, agrees_with_brute_force_on_eight_facilities) {
  Prng random(52);
  for (const std::uint64_t entry_max : {1U, 10U}) {
    const Instance instance = random_instance(random, 8, entry_max);
    const Incumbent expected = brute_force(instance);
    EXPECT_EQ(solve_serial(instance, {}).best, expected);
    EXPECT_EQ(solve_serial(instance, {expected.value + 1, true}).best, expected);
  }
}

TEST(Search, agrees_with_brute_force_where_facilities_are_silent) {
  Prng random(53);
  for (std::size_t live = 0; live <= 6; ++live) {
    Instance instance = random_instance(random, 6, 2);
    silence_from(instance, live);
    expect_all_agree(instance);
  }
}

TEST(Search, agrees_with_brute_force_where_many_locations_are_alike) {
  Prng random(54);
  for (int i = 0; i < 4; ++i) {
    Instance instance = random_instance(random, 6, 3);
    for (std::size_t k = 0; k < 6; ++k) {  // a ring of six, and every second location marked
      for (std::size_t l = 0; l < 6; ++l) {
        instance.b.set(k, l,
                       l == (k + 1) % 6 ? 1U : (k == l ? static_cast<std::uint32_t>(k % 2) : 0U));
      }
    }
    EXPECT_FALSE(automorphisms(instance.b, 10, 1000).empty());
    expect_all_agree(instance);
  }
}

TEST(Search, fixed_bound_prunes_if_and_only_if_the_bound_reaches_it) {
  Prng random(55);
  const Instance instance = random_instance(random, 5, 9);
  const Incumbent expected = brute_force(instance);
  for (const Cost fixed : {expected.value, expected.value + 1, expected.value + 50}) {
    // By the definition: a node is bounded if its parent was not pruned and not closed.
    std::uint64_t nodes = 0;
    Path path(instance);
    const auto count = [&](const auto& self) -> void {
      nodes += 1;
      if (path.bound() >= fixed || path.closed()) return;
      for (std::size_t l = 0; l < 5; ++l) {
        if ((path.free_locations() >> l & 1U) == 0) continue;
        path.push(l);
        self(self);
        path.pop();
      }
    };
    count(count);
    EXPECT_EQ(solve_serial(instance, {fixed, false}).nodes, nodes) << fixed;
  }
}

TEST(Search, fixed_bound_at_the_optimum_finds_nothing) {
  Prng random(56);
  const Instance instance = random_instance(random, 6, 9);
  const Incumbent expected = brute_force(instance);
  EXPECT_EQ(solve_serial(instance, {expected.value, false}).best, std::nullopt);
  EXPECT_EQ(solve_serial(instance, {0, false}).nodes, 1U);
}

TEST(Search, a_better_incumbent_cuts_nodes) {
  const Instance instance = read_instance(data_path("rou12.dat")).value();
  const Answer alone = solve_serial(instance, {});
  LocalIncumbent told(alone.best);
  const InUnits helped = solve_in_units(instance, {}, kDefaultGrain, Order::newest, told);
  EXPECT_LT(helped.nodes, alone.nodes);
  EXPECT_EQ(helped.best, alone.best);
}

TEST(Search, a_unit_that_has_become_hopeless_is_not_explored) {
  const Instance instance = read_instance(data_path("rou12.dat")).value();
  Searcher searcher(instance, {});
  LocalIncumbent first;
  const Exploration begun = searcher.explore(root_unit(), 500, first);
  ASSERT_FALSE(begun.left.empty());
  const Unit& deepest = begun.left.back();
  ASSERT_FALSE(deepest.prefix.empty());
  LocalIncumbent unbeatable(Incumbent{0, identity(12)});
  const Exploration done = searcher.explore(deepest, 500, unbeatable);
  EXPECT_EQ(done.nodes, 0U);
  EXPECT_TRUE(done.left.empty());
}

TEST(Search, the_same_unit_explored_again_gives_the_same) {
  Prng random(57);
  const Instance instance = random_instance(random, 7, 20);
  Searcher searcher(instance, {});
  const auto explore = [&searcher] {
    LocalIncumbent port;
    const Exploration done = searcher.explore(root_unit(), 30, port);
    return std::tuple(done.nodes, done.left, port.best());
  };
  const auto first = explore();
  EXPECT_EQ(explore(), first);
}

TEST(Search, refuses_units_that_cannot_be) {
  const Instance instance = read_instance(data_path("nug12.dat")).value();
  const Searcher searcher(instance, {});
  EXPECT_TRUE(searcher.is_valid({{3, 0}, 1, 12}));
  EXPECT_FALSE(searcher.is_valid({{3, 12}, 1, 0}));
  EXPECT_FALSE(searcher.is_valid({{3, 3}, 1, 0}));
  EXPECT_FALSE(searcher.is_valid({{3, 0}, 3, 0}));
  EXPECT_FALSE(searcher.is_valid({{3, 0}, 1, 13}));
  EXPECT_FALSE(searcher.is_valid({identity(12), 0, 0}));
}

struct File {
  const char* name;
  Cost optimum;
  bool symmetry;  // where a search without takes long
};

class Qaplib : public testing::TestWithParam<File> {};

TEST_P(Qaplib, is_solved_in_every_way) {
  const File file = GetParam();
  const Result<Instance> instance = read_instance(data_path(std::string(file.name) + ".dat"));
  ASSERT_TRUE(instance.ok()) << instance.error().message;
  const SearchOptions free{std::nullopt, file.symmetry};
  const Answer serial = solve_serial(instance.value(), free);
  ASSERT_TRUE(serial.best.has_value());
  EXPECT_EQ(serial.best->value, file.optimum);
  EXPECT_EQ(cost(instance.value(), serial.best->permutation), file.optimum);
  EXPECT_EQ(solve_in_units(instance.value(), free, kDefaultGrain, Order::oldest).best, serial.best);

  const SearchOptions fixed{file.optimum + 1, file.symmetry};
  const Answer fixed_serial = solve_serial(instance.value(), fixed);
  const InUnits fixed_units = solve_in_units(instance.value(), fixed, kDefaultGrain, Order::random);
  EXPECT_EQ(fixed_serial.best, serial.best);
  EXPECT_EQ(fixed_units.best, serial.best);
  EXPECT_EQ(fixed_units.nodes, fixed_serial.nodes);
}

INSTANTIATE_TEST_SUITE_P(Files, Qaplib,
                         testing::Values(File{"nug12", 578, false}, File{"had12", 1652, false},
                                         File{"scr12", 31410, false}, File{"rou12", 235528, false},
                                         File{"tai12a", 224416, false}, File{"chr12a", 9552, false},
                                         File{"esc16a", 68, true}, File{"nug14", 1014, false}),
                         [](const auto& file) { return std::string(file.param.name); });

}  // namespace
}  // namespace steadfarm::qap
