// Who has a rank, in a vector that is sorted by rank.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/ids.hpp"

namespace steadfarm::core {

/// Null if there is none. Ranks mostly follow one another without a gap, and then nothing is
/// searched.
template <class Item>
[[nodiscard]] const Item* find_by_rank(const std::vector<Item>& items, Rank rank) {
  if (items.empty() || rank < items.front().rank) return nullptr;
  const auto guess = static_cast<std::size_t>(rank.value - items.front().rank.value);
  if (guess < items.size() && items[guess].rank == rank) return &items[guess];
  const auto it = std::lower_bound(items.begin(), items.end(), rank,
                                   [](const Item& item, Rank r) { return item.rank < r; });
  return it != items.end() && it->rank == rank ? &*it : nullptr;
}

}  // namespace steadfarm::core
