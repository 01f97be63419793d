// The values here are part of what is on disk: a store written by any release must find its units
// again. They must never change.
#include "base/ids.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace steadfarm {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

TEST(ChildKey, has_the_values_that_stores_on_disk_carry) {
  const UnitKey first = child_key(UnitKey::index(0), 0);
  EXPECT_EQ(to_string(first), "90e45c7ce2292320743df94ee4c78a2a");
  EXPECT_EQ(to_string(child_key(UnitKey::index(0), 1)), "95b8b6cc5ea1c5f51dc4fa5272e0e99d");
  EXPECT_EQ(to_string(child_key(UnitKey::index(41), 7)), "df8a4319ad9f7baeafaaefba4c6ccff8");
  EXPECT_EQ(to_string(child_key(first, 0)), "c0925d9a8e36298c290dd40e3ea5f0d7");
  EXPECT_EQ(to_string(child_key(UnitKey::index(kMax), kMax)), "e527910a684edc3a899710f05ddd70d2");
}

TEST(ChildKey, is_always_a_spawned_key_and_never_an_index) {
  for (std::uint64_t parent = 0; parent < 100; ++parent) {
    for (std::uint64_t ordinal = 0; ordinal < 10; ++ordinal) {
      const UnitKey key = child_key(UnitKey::index(parent), ordinal);
      EXPECT_TRUE(key.is_spawned());
      EXPECT_FALSE(key.is_index());
    }
  }
}

TEST(ChildKey, differs_for_every_parent_and_ordinal) {
  std::set<UnitKey> keys;
  for (std::uint64_t parent = 0; parent < 300; ++parent) {
    for (std::uint64_t ordinal = 0; ordinal < 300; ++ordinal) {
      keys.insert(child_key(UnitKey::index(parent), ordinal));
    }
  }
  EXPECT_EQ(keys.size(), 90'000U);
}

TEST(UnitSeed, has_the_values_that_published_results_rest_on) {
  EXPECT_EQ(unit_seed(0, UnitKey::index(0)), 0xf449c44306875fcfULL);
  EXPECT_EQ(unit_seed(1, UnitKey::index(0)), 0xa7f4a0e78b3138c8ULL);
  EXPECT_EQ(unit_seed(1, UnitKey::index(1)), 0x9a4f5bcecc3fd791ULL);
  EXPECT_EQ(unit_seed(42, child_key(UnitKey::index(0), 0)), 0x15247228af8b470dULL);
}

TEST(UnitKey, is_an_index_or_spawned_by_its_high_word) {
  EXPECT_TRUE(UnitKey::index(kMax).is_index());
  EXPECT_FALSE(UnitKey::index(kMax).is_spawned());
  EXPECT_EQ(to_string(UnitKey::index(kMax)), "18446744073709551615");
  const UnitKey spawned{1ULL << 63U, 0};
  EXPECT_TRUE(spawned.is_spawned());
  EXPECT_EQ(to_string(spawned), "80000000000000000000000000000000");
}

TEST(UnitKeyHash, spreads_neighbouring_indices_over_the_low_bits) {
  std::set<std::size_t> cells;
  for (std::uint64_t i = 0; i < 1024; ++i) {
    cells.insert(UnitKeyHash{}(UnitKey::index(i)) & 4095U);
  }
  EXPECT_GT(cells.size(), 850U);  // 906 are expected of a random function
}

TEST(Strong, counts_and_compares_by_its_value) {
  EXPECT_EQ(Attempt(0).next(), Attempt(1));
  EXPECT_LT(Session(1), Session(2));
  EXPECT_EQ(Epoch(), Epoch(0));
  EXPECT_EQ(std::hash<Rank>{}(Rank(5)), std::hash<std::int32_t>{}(5));
}

}  // namespace
}  // namespace steadfarm
