// Accepted results that wait for their turn: an ordered fold takes them by unit index, without a
// gap, so that floating-point sums repeat bit for bit. Pure; the master bounds how far it hands
// out ahead of the lowest unfinished unit, and with that what can wait here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/generation.hpp"
#include "core/interval_set.hpp"

namespace steadfarm::core {

class OrderedHold {
 public:
  struct Due {
    UnitKey key;
    Bytes payload;
  };

  /// As it was: `pending` are the units still to be done (sorted, disjoint), `held` the results
  /// that wait. What is neither, and not before the first pending one, was given up.
  void restore(const std::vector<Interval>& pending, std::uint64_t unit_count,
               const ResultBatch& held);

  /// Each index comes once, in either of these, in any order.
  void accepted(std::uint64_t index, ByteView payload);
  /// It was given up: the fold goes on without it.
  void skipped(std::uint64_t index);

  /// Takes the result whose turn it is, if it is here.
  [[nodiscard]] std::optional<Due> take_due();

  /// The lowest index that is neither folded nor skipped. After take_due() has given nothing, it
  /// is the lowest unfinished one.
  [[nodiscard]] std::uint64_t next() const { return next_; }
  [[nodiscard]] std::uint64_t units() const { return held_.size(); }
  /// Memory of what waits.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// What waits, sorted by key.
  [[nodiscard]] ResultBatch held() const;

 private:
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, Bytes> held_;
  IntervalSet skipped_;
  std::uint64_t bytes_ = 0;
};

}  // namespace steadfarm::core
