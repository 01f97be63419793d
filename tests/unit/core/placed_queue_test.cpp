#include "core/placed_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "core/policy/names.hpp"

namespace steadfarm::core {
namespace {

PolicyOptions policy(PolicyKind kind, std::uint32_t chunk = 1) {
  PolicyOptions options;
  options.kind = kind;
  options.chunk = chunk;
  return options;
}

std::vector<Rank> ranks(std::int32_t count) {
  std::vector<Rank> out;
  for (std::int32_t rank = 1; rank <= count; ++rank) out.emplace_back(rank);
  return out;
}

// So many keys, in turn; 0 is none.
class Keys : public HintSource {
 public:
  explicit Keys(std::uint64_t count) : count_(count) {}
  [[nodiscard]] UnitHints hints(std::uint64_t index) const override {
    UnitHints hints;
    hints.affinity = index % count_;
    return hints;
  }

 private:
  std::uint64_t count_;
};

struct Rig {
  Rig(PolicyOptions options, std::uint64_t count, std::int32_t workers, bool placing = true,
      std::uint64_t seed = 1)
      : queue(table, options, placing, seed, count, ranks(workers)) {
    if (options.kind == PolicyKind::affinity) queue.sort_by(&keys);
    queue.add_fresh({0, count}, 0);
  }

  // Up to `most` indices that the worker gets, which holds `leases` before.
  std::vector<std::uint64_t> take(std::int32_t worker, std::uint64_t most,
                                  std::uint32_t leases = 0) {
    std::vector<std::uint64_t> out;
    queue.note_load(Rank(worker), leases);
    while (out.size() < most) {
      const auto next = queue.pop(Rank(worker), most - out.size());
      if (!next) break;
      if (const auto* run = std::get_if<FreshRun>(&*next)) {
        for (std::uint64_t i = run->indices.begin; i < run->indices.end; ++i) out.push_back(i);
      } else {
        out.push_back(table.at(std::get<Slot>(*next)).key.lo);
      }
    }
    return out;
  }

  Keys keys{41};
  UnitTable table;
  PlacedQueue queue;
};

TEST(PlacedQueue, without_placement_gives_everybody_the_next) {
  for (const bool placing : {true, false}) {
    Rig rig(policy(placing ? PolicyKind::dynamic : PolicyKind::hash), 10, 2, placing);
    EXPECT_EQ(rig.take(2, 3), (std::vector<std::uint64_t>{0, 1, 2}));
    EXPECT_EQ(rig.take(1, 3, 5), (std::vector<std::uint64_t>{3, 4, 5}));
    rig.queue.remove(Rank(1));
    rig.queue.add(Rank(1));
    EXPECT_EQ(rig.queue.count(), 4U);
  }
}

TEST(PlacedQueue, deals_in_turn) {
  Rig rig(policy(PolicyKind::round_robin, 2), 12, 3);
  EXPECT_EQ(rig.take(2, 4), (std::vector<std::uint64_t>{2, 3, 8, 9}));
  EXPECT_EQ(rig.take(1, 4), (std::vector<std::uint64_t>{0, 1, 6, 7}));
  EXPECT_EQ(rig.queue.count(), 4U);
  EXPECT_EQ(rig.queue.fresh().runs(), (std::vector<Interval>{{4, 6}, {10, 12}}));
}

TEST(PlacedQueue, gives_an_idle_worker_what_was_placed_for_the_one_with_most) {
  Rig rig(policy(PolicyKind::round_robin), 9, 3);
  EXPECT_EQ(rig.take(2, 1), (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(rig.take(1, 3), (std::vector<std::uint64_t>{0, 3, 6}));
  EXPECT_TRUE(rig.take(1, 1, 2).empty());  // it has something to do
  EXPECT_FALSE(rig.queue.has_for(Rank(1)));
  EXPECT_TRUE(rig.queue.has_for_anyone());
  EXPECT_EQ(rig.take(1, 1), (std::vector<std::uint64_t>{2}));
}

TEST(PlacedQueue, by_lot_depends_on_the_seed_alone) {
  const auto first = [](std::uint64_t seed) {
    Rig rig(policy(PolicyKind::random), 100, 2, true, seed);
    return rig.take(1, 20);
  };
  EXPECT_EQ(first(1), first(1));
  EXPECT_NE(first(1), first(2));
}

TEST(PlacedQueue, by_key_gives_a_worker_the_same_units_whoever_asks_first) {
  Rig forth(policy(PolicyKind::hash), 1000, 4);
  Rig back(policy(PolicyKind::hash), 1000, 4);
  for (std::int32_t worker = 1; worker <= 4; ++worker) {
    EXPECT_EQ(forth.take(worker, 100), back.take(worker, 100)) << worker;
  }
}

TEST(PlacedQueue, cuts_a_long_range_into_few_blocks) {
  Rig rig(policy(PolicyKind::hash), 1'000'000'000, 8);
  EXPECT_EQ(rig.take(3, 10).size(), 10U);
  EXPECT_EQ(rig.queue.count(), 999'999'990U);
  EXPECT_LE(rig.queue.fresh().runs().size(), 2U);
}

TEST(PlacedQueue, leaves_the_units_of_the_others_where_they_are) {
  // Each worker's own units, taken while it has something to do, so that nothing is taken over.
  const auto shares = [](PolicyKind kind, std::int32_t gone) {
    Rig rig(policy(kind), 1000, 5);
    EXPECT_EQ(rig.take(1, 1, 1).size(), 1U);  // now all have their places
    if (gone != 0) rig.queue.remove(Rank(gone));
    std::map<std::int32_t, std::set<std::uint64_t>> out;
    for (std::int32_t worker = 1; worker <= 5; ++worker) {
      if (worker == gone) continue;
      const auto mine = rig.take(worker, 1000, 1);
      out[worker] = {mine.begin(), mine.end()};
    }
    return out;
  };
  for (const PolicyKind kind :
       {PolicyKind::hash, PolicyKind::round_robin, PolicyKind::random, PolicyKind::affinity}) {
    auto before = shares(kind, 0);
    auto after = shares(kind, 3);
    std::set<std::uint64_t> moved;
    for (const auto& [worker, units] : after) {
      for (const std::uint64_t i : before[worker]) EXPECT_TRUE(units.count(i) > 0) << i;
      for (const std::uint64_t i : units) {
        if (before[worker].count(i) == 0) moved.insert(i);
      }
    }
    EXPECT_EQ(moved, before[3]);
  }
}

TEST(PlacedQueue, keeps_units_of_one_key_together_as_far_as_the_bound_allows) {
  Rig rig(policy(PolicyKind::affinity), 4100, 4);
  std::map<std::uint64_t, std::map<std::int32_t, std::uint64_t>> units;  // by key and worker
  for (std::int32_t worker = 1; worker <= 4; ++worker) {
    std::uint64_t all = 0;
    // What has no key is anybody's: the first one here takes it after its own.
    for (const std::uint64_t i : rig.take(worker, 4100, 1)) {
      ++units[i % 41][worker];
      if (i % 41 != 0) ++all;
    }
    EXPECT_LE(all, load_bound(4100, 4));
  }
  EXPECT_EQ(rig.queue.count(), 0U);
  EXPECT_EQ(units[0].size(), 1U);
  std::uint64_t together = 0;
  for (const auto& [key, workers] : units) {
    EXPECT_LE(workers.size(), 3U) << key;
    std::uint64_t most = 0;
    for (const auto& [worker, count] : workers) most = std::max(most, count);
    together += most;
  }
  EXPECT_GT(together, 4100U * 85 / 100);
}

TEST(PlacedQueue, places_a_long_range_with_affinities_piece_by_piece) {
  Rig rig(policy(PolicyKind::affinity), 1'000'000'000, 3);
  std::uint64_t got = 0;
  for (int round = 0; round < 100; ++round) got += rig.take(1 + round % 3, 100, 1).size();
  EXPECT_EQ(got, 10'000U);
  EXPECT_EQ(rig.queue.count(), 1'000'000'000U - got);
  EXPECT_LE(rig.queue.fresh().runs().size(), 65'536U);
}

TEST(PlacedQueue, without_any_affinity_gives_everybody_the_next) {
  Rig rig(policy(PolicyKind::affinity), 100, 2);
  rig.queue.sort_by(nullptr);
  EXPECT_EQ(rig.take(2, 3), (std::vector<std::uint64_t>{0, 1, 2}));
  EXPECT_EQ(rig.take(1, 3), (std::vector<std::uint64_t>{3, 4, 5}));
}

TEST(PlacedQueue, places_spawned_units_by_their_key_and_gives_the_last_first) {
  Rig rig(policy(PolicyKind::affinity), 0, 4);
  EXPECT_TRUE(rig.take(1, 1).empty());
  std::map<std::uint64_t, std::set<std::int32_t>> owners;
  for (std::uint64_t i = 0; i < 800; ++i) {
    UnitHints hints;
    hints.affinity = 1 + i % 20;
    rig.queue.push(rig.table.add(UnitKey{9, i}, {}, 0, hints));
  }
  for (std::int32_t worker = 1; worker <= 4; ++worker) {
    std::uint64_t last = 800;
    for (const std::uint64_t i : rig.take(worker, 800, 1)) {
      owners[i % 20].insert(worker);
      EXPECT_LT(i, last);
      last = i;
    }
  }
  EXPECT_EQ(rig.queue.count(), 0U);
  std::size_t places = 0;
  for (const auto& [key, workers] : owners) places += workers.size();
  EXPECT_LE(places, 20U + 15U);  // the bound is tight while few wait
}

TEST(PlacedQueue, gives_a_worker_that_returns_its_keys_back) {
  Rig stayed(policy(PolicyKind::hash), 500, 3);
  Rig rig(policy(PolicyKind::hash), 500, 3);
  ASSERT_EQ(rig.take(1, 1), stayed.take(1, 1));
  rig.queue.remove(Rank(2));
  rig.queue.add(Rank(2));
  rig.queue.add(Rank(2));
  EXPECT_EQ(rig.take(2, 100), stayed.take(2, 100));
  EXPECT_EQ(rig.take(3, 100), stayed.take(3, 100));
}

TEST(PlacedQueue, keeps_units_back_for_their_worker_only_while_its_load_is_within_the_bound) {
  Rig rig(policy(PolicyKind::hash), 40, 2);
  rig.queue.note_load(Rank(2), 0);
  while (rig.queue.has_for(Rank(1)) && !rig.take(1, 1, 1).empty()) continue;
  // The rest is the second worker's: all of it is above the bound but the last one.
  const std::uint64_t rest = rig.queue.count();
  ASSERT_GT(rest, 5U);
  EXPECT_EQ(rig.take(1, 40).size(), rest - 1);
  EXPECT_FALSE(rig.queue.has_for_anyone());
  // While it works on another one, that one would wait.
  rig.queue.note_load(Rank(2), 1);
  EXPECT_TRUE(rig.queue.has_for_anyone());
  EXPECT_EQ(rig.take(1, 1).size(), 1U);
}

TEST(PlacedQueue, waits_for_nobody_who_has_not_spoken) {
  Rig rig(policy(PolicyKind::hash), 50, 4);
  std::set<std::uint64_t> got;
  for (int i = 0; i < 50; ++i) {
    const auto next = rig.take(1, 1);
    ASSERT_EQ(next.size(), 1U) << i;
    got.insert(next.front());
  }
  EXPECT_EQ(got.size(), 50U);
}

TEST(PlacedQueue, has_everything_for_anybody_when_nobody_is_left) {
  Rig rig(policy(PolicyKind::hash), 10, 2);
  EXPECT_EQ(rig.take(1, 1).size(), 1U);
  rig.queue.remove(Rank(1));
  rig.queue.remove(Rank(2));
  EXPECT_TRUE(rig.queue.has_for_anyone());
  EXPECT_EQ(rig.queue.fresh().count(), 9U);
  rig.queue.add(Rank(2));
  EXPECT_EQ(rig.take(2, 10).size(), 9U);
  EXPECT_EQ(rig.queue.count(), 0U);
}

TEST(PlacedQueue, counts_units_and_indices_through_every_door) {
  for (const PolicyKind kind : {PolicyKind::dynamic, PolicyKind::hash, PolicyKind::random}) {
    Rig rig(policy(kind), 10, 3);
    const Slot a = rig.table.add(UnitKey{7, 1}, {}, 5);
    const Slot b = rig.table.add(UnitKey{7, 2}, {}, 5);
    const Slot c = rig.table.add(UnitKey{7, 3}, {}, 0);
    rig.table.at(c).deaths = 1;
    rig.queue.push(a);
    EXPECT_EQ(rig.take(1, 1).size(), 1U);
    rig.queue.push(b);
    rig.queue.push_suspect(c);
    EXPECT_EQ(rig.queue.suspect_count(), 1U);
    EXPECT_EQ(rig.queue.count(), rig.queue.fresh_count() + rig.queue.queued_count() - 1);
    rig.queue.forget(c);
    rig.queue.forget(b);
    EXPECT_EQ(rig.queue.suspect_count(), 0U);
    ASSERT_TRUE(rig.queue.first_fresh().has_value());
    const std::uint64_t index = *rig.queue.first_fresh();
    EXPECT_TRUE(rig.queue.is_fresh(index));
    EXPECT_EQ(rig.queue.take_fresh(index), 0);
    EXPECT_FALSE(rig.queue.is_fresh(index));
    EXPECT_EQ(rig.queue.take_fresh(index), std::nullopt);
    rig.queue.add_fresh({index, index + 1}, 0);
    EXPECT_EQ(rig.queue.fresh().count(), rig.queue.fresh_count());
  }
}

// Idle workers are only gone through if something is there for one of them: nobody is to be left
// out, and nobody looked at in vain.
class PlacedQueueByPolicy : public testing::TestWithParam<PolicyKind> {
 protected:
  static constexpr std::int32_t kWorkers = 3;
  static constexpr std::uint64_t kIndices = 12;

  // One of all that can happen to the queues.
  void happen() {
    const auto worker = static_cast<std::int32_t>(1 + prng_.below(kWorkers));
    PlacedQueue& queue = rig_->queue;
    switch (prng_.below(7)) {
      case 0:
        waiting_.push_back(rig_->table.add(UnitKey{7, ++spawned_}, {}, 0));
        queue.push(waiting_.back());
        break;
      case 1:
        if (waiting_.empty()) break;
        queue.forget(waiting_.back());
        waiting_.pop_back();
        break;
      case 2:
        static_cast<void>(queue.take_fresh(prng_.below(kIndices)));
        break;
      case 3:
        if (live_.size() < 2 || live_.erase(worker) == 0) break;
        queue.remove(Rank(worker));
        break;
      case 4:
        live_.insert(worker);
        queue.add(Rank(worker));
        break;
      default:
        if (live_.contains(worker)) ask(worker);
    }
  }
  void ask(std::int32_t worker) {
    rig_->queue.note_load(Rank(worker), 0);
    const auto next = rig_->queue.pop(Rank(worker), 1 + prng_.below(4));
    if (!next) return;
    if (const auto* slot = std::get_if<Slot>(&*next)) std::erase(waiting_, *slot);
    const auto* run = std::get_if<FreshRun>(&*next);
    if (run != nullptr && prng_.chance(0.5)) rig_->queue.put_back(*run);
  }
  void begin() {
    rig_.emplace(policy(GetParam()), kIndices, kWorkers);
    EXPECT_EQ(rig_->take(1, 1).size(), 1U);  // what is ready gets its places
    live_ = {1, 2, 3};
    waiting_.clear();
  }

  Prng prng_{7};
  std::optional<Rig> rig_;
  std::set<std::int32_t> live_;
  std::vector<Slot> waiting_;  // pushed, and nobody has got them
  std::uint64_t spawned_ = 0;
};

TEST_P(PlacedQueueByPolicy, knows_for_whom_something_is_placed_through_every_door) {
  for (int round = 0; round < 500; ++round) {
    begin();
    for (int i = 0; i < 60; ++i) {
      happen();
      for (std::int32_t rank = 1; rank <= kWorkers; ++rank) {
        RankSet one;
        one.insert(Rank(rank));
        // Nothing is for whoever asks, so what it may get was placed for it.
        ASSERT_EQ(rig_->queue.has_for_any_of(one), rig_->queue.has_for(Rank(rank)))
            << round << ' ' << i << ' ' << rank;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Placing, PlacedQueueByPolicy,
                         testing::Values(PolicyKind::round_robin, PolicyKind::random,
                                         PolicyKind::hash));

TEST(PlacedQueue, takes_in_a_worker_that_comes_later) {
  for (const PolicyKind kind : {PolicyKind::dynamic, PolicyKind::round_robin, PolicyKind::random,
                                PolicyKind::hash, PolicyKind::affinity}) {
    Rig rig(policy(kind), 1000, 2);
    EXPECT_EQ(rig.take(1, 1).size(), 1U);
    rig.queue.announce(Rank(3));
    rig.queue.remove(Rank(3));  // lost before its first word: nothing was placed with it
    rig.queue.add(Rank(3));
    rig.queue.note_load(Rank(3), 0);
    std::size_t got = rig.take(3, 100).size();
    EXPECT_EQ(got, 100U) << to_string(kind);
    rig.queue.remove(Rank(1));
    rig.queue.remove(Rank(2));
    got += rig.take(3, 1000).size();
    EXPECT_EQ(got, 999U) << to_string(kind);
    EXPECT_EQ(rig.queue.count(), 0U);
  }
}

// Of two that were announced, the later one may say its first word first.
TEST(PlacedQueue, takes_in_the_announced_in_any_order) {
  for (const PolicyKind kind : {PolicyKind::round_robin, PolicyKind::hash}) {
    Rig rig(policy(kind), 1000, 2);
    EXPECT_EQ(rig.take(1, 1).size(), 1U);
    rig.queue.announce(Rank(3));
    rig.queue.announce(Rank(4));
    rig.queue.add(Rank(4));
    rig.queue.add(Rank(3));
    rig.queue.note_load(Rank(3), 0);
    EXPECT_EQ(rig.take(3, 50).size(), 50U) << to_string(kind);
    rig.queue.note_load(Rank(4), 0);
    EXPECT_EQ(rig.take(4, 50).size(), 50U) << to_string(kind);
    for (const std::int32_t gone : {1, 2, 3}) rig.queue.remove(Rank(gone));
    EXPECT_EQ(rig.take(4, 1000).size(), 899U) << to_string(kind);
    EXPECT_EQ(rig.queue.count(), 0U);
  }
}

TEST(PlacedQueue, gives_a_worker_that_comes_later_its_share_of_the_keys_and_moves_few_others) {
  Rig before(policy(PolicyKind::hash), 400, 3);
  EXPECT_EQ(before.take(1, 1).size(), 1U);
  Rig after(policy(PolicyKind::hash), 400, 3);
  EXPECT_EQ(after.take(1, 1).size(), 1U);
  after.queue.announce(Rank(4));
  after.queue.add(Rank(4));
  // By index, who gets it if nobody is idle. The bound on the load may move one between old
  // workers.
  const auto owners = [](Rig& rig, std::int32_t workers) {
    std::map<std::uint64_t, std::int32_t> out;
    for (std::int32_t worker = 1; worker <= workers; ++worker) {
      for (const std::uint64_t index : rig.take(worker, 400, 1)) out[index] = worker;
    }
    return out;
  };
  const auto had = owners(before, 3);
  const auto has = owners(after, 4);
  ASSERT_EQ(had.size(), 399U);
  ASSERT_EQ(has.size(), 399U);
  std::size_t came = 0;
  std::size_t moved = 0;
  for (const auto& [index, worker] : has) {
    came += worker == 4 ? 1 : 0;
    moved += worker != 4 && worker != had.at(index) ? 1 : 0;
  }
  EXPECT_GT(came, 50U);
  EXPECT_LT(came, 130U);
  EXPECT_LT(moved, 20U);
}

TEST(PlacedQueue, takes_back_what_did_not_fit) {
  for (const PolicyKind kind : {PolicyKind::dynamic, PolicyKind::hash}) {
    Rig rig(policy(kind), 1'000'000, 2);
    rig.queue.note_load(Rank(1), 0);
    const auto next = rig.queue.pop(Rank(1), 8);
    ASSERT_TRUE(next.has_value());
    const FreshRun run = std::get<FreshRun>(*next);
    ASSERT_EQ(run.indices.count(), 8U);
    rig.queue.put_back({{run.indices.begin + 3, run.indices.end}, 0});
    rig.queue.put_back({{run.indices.end, run.indices.end}, 0});
    EXPECT_EQ(rig.queue.count(), 1'000'000U - 3);
    EXPECT_EQ(rig.take(1, 1).front(), run.indices.begin + 3);
  }
}

}  // namespace
}  // namespace steadfarm::core
