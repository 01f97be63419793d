#include "core/interval_set.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "base/prng.hpp"

namespace steadfarm::core {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

IntervalSet of(std::initializer_list<Interval> runs) {
  IntervalSet set;
  for (const Interval& run : runs) set.insert(run.begin, run.end);
  return set;
}

TEST(IntervalSet, joins_runs_that_touch_or_overlap) {
  EXPECT_EQ(of({{0, 5}, {5, 9}}).runs(), (std::vector<Interval>{{0, 9}}));
  EXPECT_EQ(of({{5, 9}, {0, 5}}).runs(), (std::vector<Interval>{{0, 9}}));
  EXPECT_EQ(of({{0, 3}, {6, 9}, {2, 7}}).runs(), (std::vector<Interval>{{0, 9}}));
  EXPECT_EQ(of({{0, 3}, {4, 9}}).runs(), (std::vector<Interval>{{0, 3}, {4, 9}}));
}

TEST(IntervalSet, erasing_the_middle_of_a_run_leaves_two) {
  IntervalSet set = of({{0, 10}});
  set.erase(3, 7);
  EXPECT_EQ(set.runs(), (std::vector<Interval>{{0, 3}, {7, 10}}));
  EXPECT_EQ(set.count(), 6U);
  EXPECT_TRUE(set.contains(2));
  EXPECT_FALSE(set.contains(3));
  EXPECT_FALSE(set.contains(6));
  EXPECT_TRUE(set.contains(7));
}

TEST(IntervalSet, takes_from_the_front_and_never_across_a_gap) {
  IntervalSet set = of({{2, 5}, {8, 9}});
  EXPECT_EQ(set.take_front(2), (Interval{2, 4}));
  EXPECT_EQ(set.take_front(100), (Interval{4, 5}));
  EXPECT_EQ(set.take_front(100), (Interval{8, 9}));
  EXPECT_EQ(set.take_front(100), std::nullopt);
  EXPECT_TRUE(set.empty());
}

TEST(IntervalSet, takes_nothing_when_nothing_is_wanted) {
  IntervalSet set = of({{2, 5}});
  EXPECT_EQ(set.take_front(0), std::nullopt);
  EXPECT_EQ(set.count(), 3U);
}

TEST(IntervalSet, holds_up_at_the_last_index) {
  IntervalSet set = of({{5, kMax}});
  EXPECT_EQ(set.count(), kMax - 5);
  EXPECT_TRUE(set.contains(kMax - 1));
  EXPECT_FALSE(set.contains(kMax));
  EXPECT_EQ(set.take_front(kMax), (Interval{5, kMax}));
  EXPECT_TRUE(set.empty());
}

TEST(IntervalSet, empty_operations_change_nothing) {
  IntervalSet set = of({{2, 5}});
  set.insert(7, 7);
  set.erase(3, 3);
  set.erase(5, 100);
  set.erase(0, 2);
  EXPECT_EQ(set.runs(), (std::vector<Interval>{{2, 5}}));
}

TEST(IntervalSet, agrees_with_a_set_of_numbers_under_random_operations) {
  constexpr std::uint64_t kRange = 60;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Prng prng(seed);
    IntervalSet set;
    std::set<std::uint64_t> model;
    for (int step = 0; step < 200; ++step) {
      const std::uint64_t begin = prng.below(kRange);
      const std::uint64_t end = begin + prng.below(kRange - begin + 1);
      const std::uint64_t what = prng.below(5);
      if (what < 2) {
        set.insert(begin, end);
        for (std::uint64_t i = begin; i < end; ++i) model.insert(i);
      } else if (what < 4) {
        set.erase(begin, end);
        for (std::uint64_t i = begin; i < end; ++i) model.erase(i);
      } else if (const auto run = set.take_front(1 + prng.below(5))) {
        ASSERT_EQ(run->begin, *model.begin());
        for (std::uint64_t i = run->begin; i < run->end; ++i) ASSERT_EQ(model.erase(i), 1U);
      } else {
        ASSERT_TRUE(model.empty());
      }
      ASSERT_EQ(set.count(), model.size()) << "seed " << seed << " step " << step;
      for (std::uint64_t i = 0; i <= kRange; ++i) {
        ASSERT_EQ(set.contains(i), model.contains(i)) << "seed " << seed << " index " << i;
      }
      const std::vector<Interval> runs = set.runs();
      ASSERT_EQ(runs.size(), set.run_count());
      for (std::size_t i = 0; i < runs.size(); ++i) {
        ASSERT_LT(runs[i].begin, runs[i].end);
        ASSERT_TRUE(i == 0 || runs[i - 1].end < runs[i].begin) << "runs touch";
      }
    }
  }
}

}  // namespace
}  // namespace steadfarm::core
