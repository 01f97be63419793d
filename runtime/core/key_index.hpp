// From unit keys to slots: an open-addressing table, because it is asked for every unit that is
// handed out and for every answer.
#pragma once

#include <cstdint>
#include <vector>

#include "base/assert.hpp"
#include "base/ids.hpp"

namespace steadfarm::core {

class KeyIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;

  KeyIndex() { cells_.resize(16); }

  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] std::uint32_t find(const UnitKey& key) const {
    for (std::size_t i = home(key);; i = next(i)) {
      if (cells_[i].slot == kNone) return kNone;
      if (cells_[i].key == key) return cells_[i].slot;
    }
  }

  /// The key must not be in the table.
  void insert(const UnitKey& key, std::uint32_t slot) {
    STEADFARM_ASSERT(slot != kNone);
    if ((size_ + 1) * 4 > cells_.size() * 3) grow();
    place(key, slot);
    ++size_;
  }

  /// Removes the key, which must be in the table, and closes the gap behind it.
  void erase(const UnitKey& key) {
    std::size_t i = home(key);
    while (cells_[i].key != key || cells_[i].slot == kNone) {
      STEADFARM_ASSERT(cells_[i].slot != kNone);
      i = next(i);
    }
    std::size_t gap = i;
    for (std::size_t j = next(i); cells_[j].slot != kNone; j = next(j)) {
      const std::size_t h = home(cells_[j].key);
      const bool reachable = (gap < j) ? (h <= gap || h > j) : (h <= gap && h > j);
      if (reachable) {
        cells_[gap] = cells_[j];
        gap = j;
      }
    }
    cells_[gap].slot = kNone;
    --size_;
  }

 private:
  struct Cell {
    UnitKey key;
    std::uint32_t slot = kNone;
  };

  [[nodiscard]] std::size_t home(const UnitKey& key) const {
    return UnitKeyHash{}(key) & (cells_.size() - 1);
  }
  [[nodiscard]] std::size_t next(std::size_t i) const { return (i + 1) & (cells_.size() - 1); }

  void place(const UnitKey& key, std::uint32_t slot) {
    std::size_t i = home(key);
    while (cells_[i].slot != kNone) {
      STEADFARM_ASSERT(cells_[i].key != key);
      i = next(i);
    }
    cells_[i] = {key, slot};
  }

  void grow() {
    std::vector<Cell> old(cells_.size() * 2);
    old.swap(cells_);
    for (const Cell& cell : old) {
      if (cell.slot != kNone) place(cell.key, cell.slot);
    }
  }

  std::vector<Cell> cells_;
  std::size_t size_ = 0;
};

}  // namespace steadfarm::core
