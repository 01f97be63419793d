#include "core/policy/hash_ring.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace steadfarm::core {
namespace {

constexpr std::uint64_t kKeys = 10'000;

std::vector<Rank> ranks(std::int32_t count) {
  std::vector<Rank> out;
  for (std::int32_t rank = 1; rank <= count; ++rank) out.emplace_back(rank);
  return out;
}

std::vector<Rank> owners(const HashRing& ring) {
  std::vector<Rank> out;
  for (std::uint64_t key = 0; key < kKeys; ++key) out.push_back(*ring.owner(key));
  return out;
}

TEST(HashRing, gives_everybody_a_share) {
  std::map<Rank, std::uint64_t> shares;
  for (const Rank owner : owners(HashRing(ranks(16)))) ++shares[owner];
  ASSERT_EQ(shares.size(), 16U);
  for (const auto& [rank, keys] : shares) {
    EXPECT_GT(keys, kKeys / 16 / 2) << rank.value;
    EXPECT_LT(keys, kKeys / 16 * 2) << rank.value;
  }
}

TEST(HashRing, moves_only_the_keys_of_the_worker_that_goes) {
  HashRing ring(ranks(16));
  const std::vector<Rank> before = owners(ring);
  for (std::int32_t gone = 1; gone <= 16; ++gone) {
    ring.remove(Rank(gone));
    const std::vector<Rank> after = owners(ring);
    std::map<Rank, std::uint64_t> heirs;
    for (std::uint64_t key = 0; key < kKeys; ++key) {
      if (before[key] == Rank(gone)) {
        EXPECT_NE(after[key], Rank(gone));
        ++heirs[after[key]];
      } else {
        EXPECT_EQ(after[key], before[key]);
      }
    }
    EXPECT_GT(heirs.size(), 8U);  // not all to one neighbour
    ring.add(Rank(gone));
    EXPECT_EQ(owners(ring), before);  // and back again
  }
}

TEST(HashRing, does_not_depend_on_the_order_in_which_workers_came) {
  HashRing ring;
  for (const std::int32_t rank : {3, 1, 4, 2, 4}) ring.add(Rank(rank));
  EXPECT_EQ(ring.worker_count(), 4U);
  EXPECT_EQ(owners(ring), owners(HashRing(ranks(4))));
}

TEST(HashRing, passes_by_those_without_room) {
  const HashRing ring(ranks(4));
  const Rank first = *ring.owner(7);
  const auto second = ring.owner(7, [&](Rank worker) { return worker != first; });
  ASSERT_TRUE(second.has_value());
  EXPECT_NE(*second, first);
  EXPECT_EQ(ring.owner(7, [](Rank /*worker*/) { return false; }), first);
}

TEST(HashRing, knows_nobody_when_it_is_empty) {
  HashRing ring(ranks(1));
  EXPECT_TRUE(ring.contains(Rank(1)));
  ring.remove(Rank(1));
  EXPECT_FALSE(ring.contains(Rank(1)));
  EXPECT_EQ(ring.owner(1), std::nullopt);
  ring.remove(Rank(1));
}

TEST(HashRing, keeps_every_load_within_the_bound) {
  const HashRing ring(ranks(8));
  std::map<Rank, std::uint64_t> loads;
  for (std::uint64_t key = 0; key < 1000; ++key) {
    const std::uint64_t bound = load_bound(key + 1, 8);
    ++loads[*ring.owner(key % 3, [&](Rank worker) { return loads[worker] < bound; })];
    for (const auto& [rank, load] : loads) EXPECT_LE(load, bound);
  }
}

TEST(LoadBound, is_a_quarter_above_the_mean_rounded_up) {
  EXPECT_EQ(load_bound(0, 4), 0U);
  EXPECT_EQ(load_bound(1, 4), 1U);
  EXPECT_EQ(load_bound(4, 4), 2U);
  EXPECT_EQ(load_bound(100, 4), 32U);
  EXPECT_EQ(load_bound(7, 0), 7U);
}

}  // namespace
}  // namespace steadfarm::core
