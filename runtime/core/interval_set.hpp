// A set of 64-bit indices kept as disjoint half-open intervals, so that a billion pending units
// cost the memory of a few runs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace steadfarm::core {

struct Interval {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  // exclusive
  [[nodiscard]] std::uint64_t count() const { return end - begin; }
  friend bool operator==(const Interval&, const Interval&) = default;
};

class IntervalSet {
 public:
  IntervalSet() = default;

  /// Adds [begin, end). Indices already in the set stay in it once.
  void insert(std::uint64_t begin, std::uint64_t end);

  /// Removes the indices of [begin, end) that are in the set.
  void erase(std::uint64_t begin, std::uint64_t end);

  /// Takes up to `count` indices from the front, as one run; nothing if the set is empty.
  [[nodiscard]] std::optional<Interval> take_front(std::uint64_t count);

  [[nodiscard]] bool contains(std::uint64_t index) const;
  /// The lowest index, if there is any.
  [[nodiscard]] std::optional<std::uint64_t> first() const;
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::size_t run_count() const { return runs_.size(); }
  [[nodiscard]] std::vector<Interval> runs() const;

 private:
  std::map<std::uint64_t, std::uint64_t> runs_;  // begin -> end, disjoint, never adjacent
  std::uint64_t count_ = 0;
};

}  // namespace steadfarm::core
