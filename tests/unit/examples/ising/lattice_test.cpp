#include "examples/ising/lattice.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace steadfarm::ising {
namespace {

TEST(Lattice, measures_what_is_known_of_simple_states) {
  const Lattice lattice(6, 2.0, 1);
  EXPECT_EQ(lattice.measure(ordered_spins(6)), (Measured{-72, 36}));
  EXPECT_EQ(lattice.measure(Spins(36, 0)), (Measured{-72, -36}));
  Spins board(36);
  for (std::uint32_t i = 0; i < 36; ++i) board[i] = static_cast<std::uint8_t>((i / 6 + i) % 2);
  EXPECT_EQ(lattice.measure(board), (Measured{72, 0}));
  Spins one_down = ordered_spins(6);
  one_down[0] = 0;  // on the edge: its four bonds go around the torus
  EXPECT_EQ(lattice.measure(one_down), (Measured{-72 + 8, 34}));
}

TEST(Lattice, a_sweep_depends_on_seed_and_number_alone) {
  const Lattice lattice(10, 3.0, 7);
  Spins a = ordered_spins(10);
  Spins b = a;
  lattice.sweep(a, 5);
  lattice.sweep(b, 5);
  EXPECT_EQ(a, b);
  Spins other_sweep = ordered_spins(10);
  lattice.sweep(other_sweep, 6);
  EXPECT_NE(a, other_sweep);
  Spins late_sweep = ordered_spins(10);
  lattice.sweep(late_sweep, 5 + (1ULL << 32U));
  EXPECT_NE(a, late_sweep);
  Spins other_seed = ordered_spins(10);
  Lattice(10, 3.0, 7 + (1ULL << 32U)).sweep(other_seed, 5);
  EXPECT_NE(a, other_seed);
}

TEST(Lattice, freezes_when_cold_and_forgets_when_hot) {
  Spins cold = ordered_spins(8);
  const Lattice freezing(8, 0.1, 3);
  for (std::uint64_t i = 0; i < 100; ++i) freezing.sweep(cold, i);
  EXPECT_EQ(cold, ordered_spins(8));
  // Without coupling every site is a fair coin, also the last ones of a row.
  const Lattice boiling(22, 1e9, 3);
  std::vector<int> ups(std::size_t{22} * 22);
  Spins hot = ordered_spins(22);
  for (std::uint64_t i = 0; i < 2000; ++i) {
    boiling.sweep(hot, i);
    for (std::size_t at = 0; at < hot.size(); ++at) ups[at] += hot[at];
  }
  const auto [least, most] = std::minmax_element(ups.begin(), ups.end());
  EXPECT_GT(*least, 1000 - 5 * 23);
  EXPECT_LT(*most, 1000 + 5 * 23);
}

}  // namespace
}  // namespace steadfarm::ising
