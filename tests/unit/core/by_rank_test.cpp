#include "core/by_rank.hpp"

#include <gtest/gtest.h>

namespace steadfarm::core {
namespace {

struct Item {
  Rank rank;
};

TEST(FindByRank, finds_each_and_nobody_else) {
  const std::vector<Item> items{{Rank(2)}, {Rank(3)}, {Rank(7)}, {Rank(8)}, {Rank(40)}};
  for (int rank = 0; rank < 50; ++rank) {
    const Item* found = find_by_rank(items, Rank(rank));
    const bool is_there = rank == 2 || rank == 3 || rank == 7 || rank == 8 || rank == 40;
    ASSERT_EQ(found != nullptr, is_there) << rank;
    if (is_there) {
      EXPECT_EQ(found->rank, Rank(rank));
    }
  }
}

TEST(FindByRank, finds_nobody_in_nothing) {
  EXPECT_EQ(find_by_rank(std::vector<Item>{}, Rank(0)), nullptr);
}

}  // namespace
}  // namespace steadfarm::core
