// A set of ranks as bits, so that it costs nothing to keep one up to date and next to nothing to go
// through those that are in it, however many there are in all.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.hpp"
#include "base/ids.hpp"

namespace steadfarm::core {

class RankSet {
 public:
  void insert(Rank rank) {
    const std::size_t word = word_of(rank);
    if (word >= words_.size()) words_.resize(word + 1);
    words_[word] |= bit_of(rank);
  }
  void erase(Rank rank) {
    const std::size_t word = word_of(rank);
    if (word < words_.size()) words_[word] &= ~bit_of(rank);
  }
  void set(Rank rank, bool is_in) { is_in ? insert(rank) : erase(rank); }

  [[nodiscard]] bool contains(Rank rank) const {
    const std::size_t word = word_of(rank);
    return word < words_.size() && (words_[word] & bit_of(rank)) != 0;
  }
  [[nodiscard]] bool intersects(const RankSet& other) const {
    const std::size_t words = std::min(words_.size(), other.words_.size());
    for (std::size_t i = 0; i < words; ++i) {
      if ((words_[i] & other.words_[i]) != 0) return true;
    }
    return false;
  }

  /// Calls visit(Rank) for each, from the lowest. The set must not change meanwhile.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t left = words_[i]; left != 0; left &= left - 1) {
        const std::size_t value = i * kBits + static_cast<std::size_t>(std::countr_zero(left));
        visit(Rank(static_cast<std::int32_t>(value)));
      }
    }
  }

 private:
  static constexpr std::size_t kBits = 64;
  [[nodiscard]] static std::size_t word_of(Rank rank) {
    STEADFARM_ASSERT(rank.value >= 0);
    return static_cast<std::size_t>(rank.value) / kBits;
  }
  [[nodiscard]] static std::uint64_t bit_of(Rank rank) {
    return std::uint64_t{1} << (static_cast<std::size_t>(rank.value) % kBits);
  }

  std::vector<std::uint64_t> words_;
};

}  // namespace steadfarm::core
