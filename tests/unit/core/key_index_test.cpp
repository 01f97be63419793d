#include "core/key_index.hpp"

#include <gtest/gtest.h>

#include <unordered_map>
#include <vector>

#include "base/prng.hpp"

namespace steadfarm::core {
namespace {

TEST(KeyIndex, finds_nothing_in_an_empty_table) {
  const KeyIndex index;
  EXPECT_EQ(index.find(UnitKey::index(0)), KeyIndex::kNone);
  EXPECT_EQ(index.size(), 0U);
}

TEST(KeyIndex, finds_the_zero_key_only_when_it_is_there) {
  KeyIndex index;
  index.insert(UnitKey::index(0), 5);
  EXPECT_EQ(index.find(UnitKey::index(0)), 5U);
  index.erase(UnitKey::index(0));
  EXPECT_EQ(index.find(UnitKey::index(0)), KeyIndex::kNone);
}

// A full neighbourhood that wraps around the end of the table, with erases in the middle of it.
TEST(KeyIndex, closes_the_gaps_of_clusters_that_wrap_around) {
  std::vector<UnitKey> last;  // keys whose home is the last cell of the smallest table
  for (std::uint64_t i = 0; last.size() < 8; ++i) {
    if ((UnitKeyHash{}(UnitKey::index(i)) & 15U) >= 14U) last.push_back(UnitKey::index(i));
  }
  for (std::size_t gone = 0; gone < last.size(); ++gone) {
    KeyIndex index;
    for (std::uint32_t i = 0; i < last.size(); ++i) index.insert(last[i], i);
    index.erase(last[gone]);
    for (std::uint32_t i = 0; i < last.size(); ++i) {
      EXPECT_EQ(index.find(last[i]), i == gone ? KeyIndex::kNone : i);
    }
  }
}

TEST(KeyIndex, agrees_with_the_standard_map_under_many_inserts_and_erases) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Prng prng(seed);
    KeyIndex index;
    std::unordered_map<UnitKey, std::uint32_t, UnitKeyHash> model;
    for (std::uint32_t step = 0; step < 20'000; ++step) {
      const std::uint64_t i = prng.below(500);
      const UnitKey key = i % 2 == 0 ? UnitKey::index(i) : child_key(UnitKey::index(i), 0);
      // Phases of growing and of shrinking.
      const bool grow = prng.chance((step / 2000) % 2 == 0 ? 0.7 : 0.3);
      if (grow && !model.contains(key)) {
        index.insert(key, step);
        model.emplace(key, step);
      } else if (!grow && model.contains(key)) {
        index.erase(key);
        model.erase(key);
      }
      const UnitKey asked = UnitKey::index(prng.below(500));
      const auto found = model.find(asked);
      ASSERT_EQ(index.find(asked), found == model.end() ? KeyIndex::kNone : found->second);
    }
    ASSERT_EQ(index.size(), model.size());
    for (const auto& [key, slot] : model) ASSERT_EQ(index.find(key), slot);
  }
}

TEST(KeyIndexDeathTest, refuses_a_second_insert_and_an_erase_of_nothing) {
  KeyIndex index;
  index.insert(UnitKey::index(1), 0);
  EXPECT_DEATH(index.insert(UnitKey::index(1), 1), "assertion failed");
  EXPECT_DEATH(index.erase(UnitKey::index(2)), "assertion failed");
}

}  // namespace
}  // namespace steadfarm::core
