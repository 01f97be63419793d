#include "core/rank_set.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/prng.hpp"

namespace steadfarm::core {
namespace {

std::vector<Rank> all_of(const RankSet& set) {
  std::vector<Rank> all;
  set.for_each([&](Rank rank) { all.push_back(rank); });
  return all;
}

TEST(RankSet, gives_what_is_in_it_from_the_lowest) {
  RankSet set;
  for (const int rank : {200, 63, 0, 64, 63}) set.insert(Rank(rank));
  EXPECT_EQ(all_of(set), (std::vector<Rank>{Rank(0), Rank(63), Rank(64), Rank(200)}));
  set.erase(Rank(64));
  set.erase(Rank(1000));
  EXPECT_EQ(all_of(set), (std::vector<Rank>{Rank(0), Rank(63), Rank(200)}));
}

TEST(RankSet, contains_nothing_above_its_highest) {
  RankSet set;
  EXPECT_FALSE(set.contains(Rank(5)));
  set.insert(Rank(5));
  EXPECT_TRUE(set.contains(Rank(5)));
  EXPECT_FALSE(set.contains(Rank(69)));
  set.set(Rank(5), false);
  EXPECT_FALSE(set.contains(Rank(5)));
}

TEST(RankSet, intersects_only_where_both_have_one) {
  RankSet a;
  RankSet b;
  a.insert(Rank(1));
  b.insert(Rank(300));
  EXPECT_FALSE(a.intersects(b));
  EXPECT_FALSE(b.intersects(a));
  a.insert(Rank(300));
  EXPECT_TRUE(a.intersects(b));
  EXPECT_TRUE(b.intersects(a));
}

TEST(RankSet, is_a_set) {
  Prng prng(7);
  RankSet set;
  std::set<Rank> model;
  for (int i = 0; i < 20'000; ++i) {
    const Rank rank(static_cast<std::int32_t>(prng.below(300)));
    const bool is_in = prng.chance(0.5);
    set.set(rank, is_in);
    is_in ? (void)model.insert(rank) : (void)model.erase(rank);
    ASSERT_EQ(set.contains(rank), is_in);
  }
  EXPECT_EQ(all_of(set), std::vector<Rank>(model.begin(), model.end()));
}

}  // namespace
}  // namespace steadfarm::core
