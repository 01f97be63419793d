#include "core/ready_queue.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "base/prng.hpp"

namespace steadfarm::core {
namespace {

struct Rig {
  UnitTable table;
  ReadyQueue queue{table};

  Slot unit(std::uint64_t i, std::int32_t priority = 0) {
    return table.add(UnitKey::index(i), {}, priority);
  }
  // What comes out until nothing does: indices of units, and the first index of runs negated.
  std::vector<std::int64_t> drain(std::uint64_t max_run = 100) {
    std::vector<std::int64_t> out;
    while (const auto next = queue.pop(max_run)) {
      if (const Slot* slot = std::get_if<Slot>(&*next)) {
        out.push_back(static_cast<std::int64_t>(table.at(*slot).key.lo));
      } else {
        out.push_back(-static_cast<std::int64_t>(std::get<FreshRun>(*next).indices.begin));
      }
    }
    EXPECT_EQ(queue.count(), 0U);
    return out;
  }
};

TEST(ReadyQueue, gives_the_highest_priority_first_and_the_last_put_in_first) {
  Rig rig;
  for (const auto& [i, priority] : std::vector<std::pair<std::uint64_t, std::int32_t>>{
           {1, 0}, {2, 5}, {3, 0}, {4, -5}, {5, 5}}) {
    rig.queue.push(rig.unit(i, priority));
  }
  EXPECT_EQ(rig.queue.count(), 5U);
  EXPECT_EQ(rig.drain(), (std::vector<std::int64_t>{5, 2, 3, 1, 4}));
}

TEST(ReadyQueue, gives_units_before_untouched_indices_of_the_same_priority) {
  Rig rig;
  rig.queue.add_fresh({10, 12}, 0);
  rig.queue.add_fresh({20, 21}, 1);
  rig.queue.push(rig.unit(1, 0));
  EXPECT_EQ(rig.drain(), (std::vector<std::int64_t>{-20, 1, -10}));
}

TEST(ReadyQueue, gives_untouched_indices_from_the_lowest_in_runs_no_longer_than_asked) {
  Rig rig;
  rig.queue.add_fresh({10, 15}, 3);
  const auto first = rig.queue.pop(2);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(std::get<FreshRun>(*first).indices, (Interval{10, 12}));
  EXPECT_EQ(std::get<FreshRun>(*first).priority, 3);
  EXPECT_EQ(rig.queue.fresh_count(), 3U);
  EXPECT_EQ(rig.drain(2), (std::vector<std::int64_t>{-12, -14}));
}

TEST(ReadyQueue, takes_a_single_untouched_index_out_of_the_middle) {
  Rig rig;
  rig.queue.add_fresh({0, 3}, 2);
  rig.queue.add_fresh({3, 5}, 9);
  EXPECT_EQ(rig.queue.take_fresh(1), 2);
  EXPECT_EQ(rig.queue.take_fresh(1), std::nullopt);
  EXPECT_EQ(rig.queue.take_fresh(4), 9);
  EXPECT_TRUE(rig.queue.is_fresh(0));
  EXPECT_FALSE(rig.queue.is_fresh(1));
  EXPECT_FALSE(rig.queue.is_fresh(5));
  EXPECT_EQ(rig.queue.fresh().runs(), (std::vector<Interval>{{0, 1}, {2, 4}}));
  EXPECT_EQ(rig.drain(), (std::vector<std::int64_t>{-3, 0, -2}));
}

TEST(ReadyQueue, counts_an_index_once_that_is_added_twice) {
  Rig rig;
  rig.queue.add_fresh({0, 3}, 0);
  rig.queue.add_fresh({2, 5}, 0);
  rig.queue.add_fresh({4, 4}, 7);
  EXPECT_EQ(rig.queue.fresh_count(), 5U);
  EXPECT_EQ(rig.drain(), (std::vector<std::int64_t>{0}));
}

TEST(ReadyQueue, keeps_suspects_apart) {
  Rig rig;
  const Slot suspect = rig.unit(1);
  rig.table.at(suspect).deaths = 1;
  rig.queue.push_suspect(suspect);
  rig.queue.push(rig.unit(2));
  EXPECT_EQ(rig.queue.count(), 1U);
  EXPECT_EQ(rig.queue.suspect_count(), 1U);
  EXPECT_EQ(rig.queue.queued_count(), 2U);
  EXPECT_EQ(rig.drain(), (std::vector<std::int64_t>{2}));
  EXPECT_EQ(rig.queue.pop_suspect(), suspect);
  EXPECT_EQ(rig.queue.pop_suspect(), std::nullopt);
  EXPECT_EQ(rig.queue.queued_count(), 0U);
}

TEST(ReadyQueue, never_gives_a_unit_that_left_by_another_door) {
  Rig rig;
  const Slot one = rig.unit(1);
  const Slot two = rig.unit(2);
  const Slot suspect = rig.unit(3);
  rig.table.at(suspect).deaths = 1;
  rig.queue.push(one);
  rig.queue.push(two);
  rig.queue.push_suspect(suspect);
  rig.queue.forget(two);
  rig.table.remove(two);
  rig.queue.forget(suspect);
  rig.table.remove(suspect);
  EXPECT_EQ(rig.queue.queued_count(), 1U);
  // The slots are used again; the old entries must not speak for the new units.
  rig.unit(4);
  rig.unit(5);
  EXPECT_EQ(rig.queue.pop_suspect(), std::nullopt);
  EXPECT_EQ(rig.drain(), (std::vector<std::int64_t>{1}));
}

TEST(ReadyQueue, gives_a_unit_once_that_left_and_came_back) {
  Rig rig;
  const Slot one = rig.unit(1);
  rig.queue.push(one);
  rig.queue.forget(one);
  rig.queue.push(one);
  EXPECT_EQ(rig.queue.count(), 1U);
  EXPECT_EQ(rig.drain(), (std::vector<std::int64_t>{1}));
}

TEST(ReadyQueueDeathTest, refuses_a_suspect_without_a_death_and_a_run_of_nothing) {
  Rig rig;
  const Slot one = rig.unit(1);
  EXPECT_DEATH(rig.queue.push_suspect(one), "assertion failed");
  rig.queue.add_fresh({0, 3}, 0);
  EXPECT_DEATH(static_cast<void>(rig.queue.pop(0)), "assertion failed");
}

// A plain list as the model: by priority, then the last put in.
TEST(ReadyQueue, agrees_with_a_sorted_list_under_random_operations) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Prng prng(seed);
    Rig rig;
    std::map<std::int32_t, std::vector<Slot>, std::greater<>> model;
    std::size_t in_model = 0;
    std::uint64_t next_key = 0;
    for (int step = 0; step < 300; ++step) {
      const std::uint64_t what = prng.below(4);
      if (what < 2) {
        const auto priority = static_cast<std::int32_t>(prng.between(-1, 1));
        const Slot slot = rig.unit(next_key++, priority);
        rig.queue.push(slot);
        model[priority].push_back(slot);
        ++in_model;
      } else if (in_model > 0) {
        auto level = model.begin();
        while (level->second.empty()) ++level;
        Slot slot = level->second.back();
        if (what == 2) {
          const auto next = rig.queue.pop(1);
          ASSERT_TRUE(next.has_value());
          ASSERT_EQ(std::get<Slot>(*next), slot) << "seed " << seed << " step " << step;
          level->second.pop_back();
        } else {
          const auto at =
              level->second.begin() + static_cast<std::ptrdiff_t>(prng.below(level->second.size()));
          slot = *at;
          rig.queue.forget(slot);
          level->second.erase(at);
        }
        rig.table.remove(slot);
        --in_model;
      }
      ASSERT_EQ(rig.queue.count(), in_model);
    }
  }
}

// Index i takes times[i]; beyond them no time is declared.
struct Times : HintSource {
  std::vector<std::uint64_t> times_us;
  mutable std::uint64_t asked = 0;
  [[nodiscard]] UnitHints hints(std::uint64_t index) const override {
    ++asked;
    return {index < times_us.size() ? times_us[index] : 0, 0, true};
  }
};

TEST(CostClass, rises_with_the_time_and_has_eight_classes_an_octave) {
  EXPECT_EQ(cost_class(0), 0);
  CostClass last = 0;
  for (std::uint64_t us = 1; us != 0; us *= 2) {
    EXPECT_GT(cost_class(us), last);
    if (us > 8) {
      EXPECT_EQ(cost_class(us), cost_class(us + us / 16));
      EXPECT_EQ(cost_class(us) + 1, cost_class(us + us / 8));
    }
    last = cost_class(us);
  }
  EXPECT_GE(cost_class(UINT64_MAX), last);
}

TEST(ReadyQueue, gives_the_longest_indices_of_a_priority_first_and_those_without_a_time_last) {
  Rig rig;
  Times times;
  times.times_us = {10, 4000, 4000, 0, 900, 5'000'000};
  rig.queue.sort_by(&times);
  rig.queue.add_fresh({0, 5}, 0);
  rig.queue.add_fresh({6, 8}, 0);
  rig.queue.add_fresh({5, 6}, -1);
  EXPECT_EQ(rig.queue.count(), 8U);
  EXPECT_EQ(rig.queue.first_fresh(), 0U);
  EXPECT_TRUE(rig.queue.is_fresh(5));
  EXPECT_EQ(rig.drain(), (std::vector<std::int64_t>{-1, -4, 0, -3, -6, -5}));
  EXPECT_EQ(rig.queue.fresh_count(), 0U);
}

TEST(ReadyQueue, gives_the_longest_spawned_unit_first_and_of_equal_ones_the_last) {
  Rig rig;
  const auto push = [&](std::uint64_t i, std::uint64_t expected_us) {
    rig.queue.push(rig.table.add(UnitKey::index(i), {}, 0, {expected_us, 0, true}));
  };
  push(1, 0);
  push(2, 50'000);
  push(3, 200);
  push(4, 50'100);
  push(5, 0);
  EXPECT_EQ(rig.drain(), (std::vector<std::int64_t>{4, 2, 3, 5, 1}));
}

TEST(ReadyQueue, ignores_times_where_units_go_by_index) {
  Rig rig;
  rig.queue.ignore_costs();
  rig.queue.push(rig.table.add(UnitKey::index(1), {}, 0, {100, 0, true}));
  rig.queue.push(rig.table.add(UnitKey::index(2), {}, 0, {50, 0, true}));
  EXPECT_EQ(rig.drain(), (std::vector<std::int64_t>{2, 1}));
}

TEST(ReadyQueue, takes_back_what_was_not_wanted_and_gives_single_indices_of_a_sorted_run) {
  Rig rig;
  Times times;
  times.times_us = {7, 7, 7, 900};
  rig.queue.sort_by(&times);
  rig.queue.add_fresh({0, 4}, 2);
  EXPECT_EQ(std::get<FreshRun>(*rig.queue.pop(8)).indices, (Interval{3, 4}));
  FreshRun run = std::get<FreshRun>(*rig.queue.pop(8));
  EXPECT_EQ(run.indices, (Interval{0, 3}));
  run.indices.begin = 1;
  rig.queue.put_back(run);
  EXPECT_EQ(rig.queue.fresh_count(), 2U);
  EXPECT_EQ(rig.queue.take_fresh(2), 2);
  EXPECT_EQ(rig.queue.take_fresh(2), std::nullopt);
  EXPECT_EQ(rig.drain(), (std::vector<std::int64_t>{-1}));
}

TEST(ReadyQueue, sorts_a_long_range_in_blocks) {
  Rig rig;
  Times times;
  times.times_us = {5};
  rig.queue.sort_by(&times);
  rig.queue.add_fresh({0, 1'000'000'000'000}, 0);
  EXPECT_EQ(std::get<FreshRun>(*rig.queue.pop(64)).indices, (Interval{0, 1}));
  EXPECT_EQ(std::get<FreshRun>(*rig.queue.pop(64)).indices, (Interval{1, 65}));
  EXPECT_EQ(times.asked, kSortBlock);
  std::uint64_t taken = 65;
  while (taken < kSortBlock) taken += std::get<FreshRun>(*rig.queue.pop(4096)).indices.count();
  EXPECT_EQ(times.asked, kSortBlock);
  EXPECT_EQ(std::get<FreshRun>(*rig.queue.pop(64)).indices, (Interval{taken, taken + 64}));
  EXPECT_EQ(times.asked, 2 * kSortBlock);
  EXPECT_EQ(rig.queue.fresh_count(), 1'000'000'000'000 - taken - 64);
}

TEST(CostClass, has_a_floor_that_is_in_it) {
  for (std::uint64_t us = 1; us < 100'000; us = us * 9 / 8 + 1) {
    const CostClass cost = cost_class(us);
    EXPECT_LE(cost_floor_us(cost), us);
    if (us < 8) continue;
    EXPECT_EQ(cost_class(cost_floor_us(cost)), cost);
  }
  EXPECT_EQ(cost_floor_us(0), 0U);
}

TEST(ReadyQueue, passes_over_what_takes_too_long) {
  Rig rig;
  Times times;
  times.times_us = {100, 90'000, 0, 5000};
  rig.queue.sort_by(&times);
  rig.queue.add_fresh({0, 4}, 0);
  EXPECT_EQ(rig.queue.next_cost(), cost_class(90'000));
  const auto first_index = [&](const CostLimit& limit) {
    const auto next = rig.queue.pop(1, limit);
    return next ? static_cast<std::int64_t>(std::get<FreshRun>(*next).indices.begin) : -1;
  };
  EXPECT_TRUE(rig.queue.has_within({cost_class(10), true}));
  EXPECT_FALSE(rig.queue.has_within({cost_class(10), false}));
  EXPECT_EQ(first_index({cost_class(10), false}), -1);
  EXPECT_EQ(first_index({cost_class(10'000), true}), 3);
  EXPECT_EQ(first_index({cost_class(10'000), true}), 0);
  EXPECT_EQ(first_index({cost_class(10'000), false}), -1);
  EXPECT_EQ(first_index({cost_class(10'000), true}), 2);
  EXPECT_EQ(rig.drain(), (std::vector<std::int64_t>{-1}));
}

}  // namespace
}  // namespace steadfarm::core
