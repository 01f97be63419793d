#include "core/policy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

namespace steadfarm::core {
namespace {

PolicyOptions fixed(std::uint32_t chunk, std::uint32_t prefetch_max = 0) {
  PolicyOptions options;
  options.kind = PolicyKind::fixed;
  options.chunk = chunk;
  options.prefetch_max = prefetch_max;
  return options;
}

UnitTimes times(std::uint32_t count, std::uint64_t each_us) {
  UnitTimes out;
  out.add(count, count * each_us, count * each_us * each_us);
  return out;
}

TEST(UnitTimes, knows_mean_and_spread) {
  UnitTimes some;
  EXPECT_FALSE(some.known());
  EXPECT_EQ(some.mean_us(), 0.0);
  EXPECT_EQ(some.sigma_us(), 0.0);
  some.add(2, 30, 10 * 10 + 20 * 20);
  EXPECT_TRUE(some.known());
  EXPECT_DOUBLE_EQ(some.mean_us(), 15.0);
  EXPECT_DOUBLE_EQ(some.sigma_us(), 5.0);
}

TEST(UnitTimes, follows_a_drift_because_old_samples_fade) {
  UnitTimes drifting = times(1'000'000, 10);
  drifting.add(30'000, 30'000 * 1000ULL, 30'000 * 1'000'000ULL);
  EXPECT_GT(drifting.mean_us(), 700.0);  // ten thousand of weight, three quarters of them new
  EXPECT_LT(drifting.mean_us(), 1000.0);
}

TEST(UnitTimes, a_spread_that_rounding_makes_negative_is_none) {
  UnitTimes same;
  same.add(3, 3, 2);  // saturated squares can be too small
  EXPECT_EQ(same.sigma_us(), 0.0);
}

TEST(Fixed, gives_a_chunk_and_a_second_one_when_the_first_is_being_worked_on) {
  const UnitTimes unknown;
  EXPECT_EQ(units_to_assign(fixed(4), unknown, {100, 0, 2}), 4U);
  EXPECT_EQ(units_to_assign(fixed(4), unknown, {100, 4, 2}), 4U);
  EXPECT_EQ(units_to_assign(fixed(4), unknown, {100, 2, 2}), 4U);
  EXPECT_EQ(units_to_assign(fixed(4), unknown, {100, 5, 2}), 0U);
  EXPECT_EQ(units_to_assign(fixed(4), unknown, {100, 8, 2}), 0U);
  EXPECT_EQ(units_to_assign(fixed(4), unknown, {3, 0, 2}), 3U);
  EXPECT_EQ(units_to_assign(fixed(0), unknown, {3, 0, 2}), 1U);
}

TEST(Fixed, never_holds_more_waiting_units_than_the_prefetch_allows) {
  const UnitTimes unknown;
  EXPECT_EQ(units_to_assign(fixed(4, 1), unknown, {100, 0, 2}), 2U);
  EXPECT_EQ(units_to_assign(fixed(4, 1), unknown, {100, 1, 2}), 1U);
  EXPECT_EQ(units_to_assign(fixed(4, 1), unknown, {100, 2, 2}), 0U);
  EXPECT_EQ(units_to_assign(fixed(1, 9), unknown, {100, 1, 2}), 1U);
  EXPECT_EQ(units_to_assign(fixed(1, 9), unknown, {100, 2, 2}), 0U);
}

TEST(Dynamic, gives_single_units_until_a_time_is_known) {
  const UnitTimes unknown;
  EXPECT_EQ(units_to_assign({}, unknown, {1000, 0, 2}), 1U);
  EXPECT_EQ(units_to_assign({}, unknown, {1000, 1, 2}), 1U);
  EXPECT_EQ(units_to_assign({}, unknown, {1000, 2, 2}), 0U);
}

TEST(Dynamic, fills_a_message_with_twenty_milliseconds_of_work) {
  EXPECT_EQ(units_to_assign({}, times(10, 100), {1'000'000, 0, 2}), 200U);
  EXPECT_EQ(units_to_assign({}, times(10, 100), {1'000'000, 200, 2}), 200U);
  EXPECT_EQ(units_to_assign({}, times(10, 100), {1'000'000, 201, 2}), 0U);
  EXPECT_EQ(units_to_assign({}, times(10, 50'000), {1'000'000, 0, 2}), 1U);
  EXPECT_EQ(units_to_assign({}, times(10, 0), {1'000'000, 0, 2}), 4096U);
  // 50 or 150 us: mean 100, sigma 50; 193 of them take 19,300 us and 695 us of spread.
  UnitTimes spread;
  spread.add(2, 200, 50 * 50 + 150 * 150);
  EXPECT_EQ(units_to_assign({}, spread, {1'000'000, 0, 2}), 193U);
}

TEST(Dynamic, shrinks_towards_the_end_so_that_all_finish_together) {
  const UnitTimes known = times(10, 100);
  EXPECT_EQ(units_to_assign({}, known, {400, 0, 4}), 50U);
  EXPECT_EQ(units_to_assign({}, known, {9, 0, 4}), 2U);
  EXPECT_EQ(units_to_assign({}, known, {8, 0, 4}), 1U);
  EXPECT_EQ(units_to_assign({}, known, {1, 0, 4}), 1U);
}

TEST(Dynamic, lets_no_long_unit_wait_behind_another_when_few_are_left) {
  EXPECT_EQ(units_to_assign({}, times(10, 5000), {3, 1, 4}), 0U);
  EXPECT_EQ(units_to_assign({}, times(10, 5000), {4, 1, 4}), 1U);
  EXPECT_EQ(units_to_assign({}, times(10, 100), {3, 1, 4}), 1U);  // short ones may
  EXPECT_EQ(units_to_assign({}, UnitTimes(), {3, 1, 4}), 0U);     // unknown ones count as long
}

TEST(Rules, give_their_chunk_when_the_last_one_is_down_to_a_message) {
  PolicyOptions options;
  options.kind = PolicyKind::guided;
  const UnitTimes known = times(10, 1000);  // twenty units are a message
  EXPECT_EQ(units_to_assign(options, known, {1000, 0, 4, 250}), 250U);
  EXPECT_EQ(units_to_assign(options, known, {1000, 21, 4, 250}), 0U);
  EXPECT_EQ(units_to_assign(options, known, {1000, 20, 4, 250}), 250U);
  EXPECT_EQ(units_to_assign(options, known, {1000, 3, 4, 2}), 0U);  // or to a chunk
  EXPECT_EQ(units_to_assign(options, known, {100, 0, 4, 250}), 100U);
}

TEST(Rules, let_nothing_wait_behind_a_unit_that_is_longer_than_a_message) {
  PolicyOptions options;
  options.kind = PolicyKind::factoring;
  EXPECT_EQ(units_to_assign(options, times(10, 20'001), {1000, 1, 4, 50}), 0U);
  EXPECT_EQ(units_to_assign(options, UnitTimes(), {1000, 1, 4, 50}), 0U);
  EXPECT_EQ(units_to_assign(options, times(10, 20'001), {1000, 0, 4, 50}), 50U);
}

TEST(Rules, keep_to_the_least_chunk_the_message_and_the_prefetch) {
  PolicyOptions options = fixed(10);
  options.kind = PolicyKind::factoring;
  EXPECT_EQ(units_to_assign(options, UnitTimes(), {1000, 0, 4, 3}), 10U);
  EXPECT_EQ(units_to_assign(options, UnitTimes(), {1'000'000'000, 0, 4, 125'000'000}), 4096U);
  options.prefetch_max = 2;
  EXPECT_EQ(units_to_assign(options, UnitTimes(), {1000, 0, 4, 125}), 3U);
  EXPECT_EQ(units_to_assign(options, times(10, 10), {1000, 1, 4, 125}), 2U);
}

TEST(LeastLoaded, goes_no_further_than_the_level_but_never_lets_a_worker_idle) {
  PolicyOptions options;
  options.kind = PolicyKind::least_loaded;
  const UnitTimes known = times(10, 1000);
  EXPECT_EQ(units_to_assign(options, known, {1000, 4, 4, 0, 10}), 6U);
  EXPECT_EQ(units_to_assign(options, known, {1000, 10, 4, 0, 10}), 0U);
  EXPECT_EQ(units_to_assign(options, known, {1000, 0, 4, 0, 0}), 1U);
  EXPECT_EQ(units_to_assign(options, known, {1000, 0, 4, 0, 10}), 10U);
}

TEST(Policies, an_idle_worker_never_goes_away_empty_and_nobody_gets_more_than_there_is) {
  for (const auto& [kind, rule_chunk] :
       std::vector<std::pair<PolicyKind, std::uint64_t>>{{PolicyKind::dynamic, 0},
                                                         {PolicyKind::fixed, 0},
                                                         {PolicyKind::guided, 1},
                                                         {PolicyKind::factoring, UINT64_MAX},
                                                         {PolicyKind::least_loaded, 0}}) {
    for (const std::uint32_t chunk : {0U, 1U, 7U, 4'000'000'000U}) {
      for (const std::uint32_t prefetch : {0U, 1U, 5U}) {
        for (const std::uint64_t mean : {0U, 1U, 999U, 1001U, 3'000'000'000U}) {
          for (const std::uint64_t ready : {1U, 2U, 3U, 100U}) {
            for (const std::uint32_t workers : {0U, 1U, 64U, 4'000'000'000U}) {
              PolicyOptions options = fixed(chunk, prefetch);
              options.kind = kind;
              const UnitTimes known = mean == 0 ? UnitTimes() : times(3, mean);
              const std::uint64_t idle =
                  units_to_assign(options, known, {ready, 0, workers, rule_chunk});
              EXPECT_GE(idle, 1U);
              EXPECT_LE(idle, ready);
              EXPECT_TRUE(prefetch == 0 || idle <= prefetch + 1U);
              EXPECT_EQ(units_to_assign(options, known, {0, 0, workers, rule_chunk}), 0U);
            }
          }
        }
      }
    }
  }
}

// A thousand units are ready, for two workers.
PolicyInput declared(std::uint64_t outstanding, std::uint64_t declared_us, std::uint64_t next_us) {
  PolicyInput input{1000, outstanding, 2};
  input.declared_us = declared_us;
  input.next_us = next_us;
  return input;
}

TEST(Dynamic, fills_a_message_by_what_the_next_unit_declares) {
  PolicyOptions options;
  const UnitTimes unknown;
  EXPECT_EQ(units_to_assign(options, unknown, declared(0, 0, 2'000)), 10U);
  EXPECT_EQ(units_to_assign(options, unknown, declared(0, 0, 15'000)), 1U);
  EXPECT_EQ(units_to_assign(options, unknown, declared(0, 0, 5'000'000)), 1U);
  // Its word counts more than the others' times.
  EXPECT_EQ(units_to_assign(options, times(100, 9'000'000), declared(0, 0, 2'000)), 10U);
  EXPECT_EQ(units_to_assign(options, times(100, 10), declared(0, 0, 10'000)), 2U);
}

TEST(Dynamic, lets_nothing_wait_behind_more_than_a_second_of_work) {
  PolicyOptions options;
  EXPECT_EQ(units_to_assign(options, times(10, 900'000), {1000, 1, 2}), 1U);
  EXPECT_EQ(units_to_assign(options, times(10, 1'100'000), {1000, 1, 2}), 0U);
  EXPECT_EQ(units_to_assign(options, times(10, 1'100'000), {1000, 0, 2}), 1U);
  const UnitTimes unknown;
  EXPECT_EQ(units_to_assign(options, unknown, declared(1, 900'000, 900'000)), 1U);
  EXPECT_EQ(units_to_assign(options, unknown, declared(1, 1'100'000, 2'000)), 0U);
  EXPECT_EQ(units_to_assign(options, unknown, declared(2, 30'000, 2'000)), 0U);
  EXPECT_EQ(units_to_assign(options, unknown, declared(2, 9'000, 2'000)), 10U);
}

}  // namespace
}  // namespace steadfarm::core
