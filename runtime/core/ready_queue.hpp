// What can be handed out next: by priority, then the units put in last (depth first, so that a
// tree search stays small), then untouched indices from the lowest. Units that may have killed a
// worker wait apart and are handed out alone.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "core/interval_set.hpp"
#include "core/unit_table.hpp"

namespace steadfarm::core {

/// Untouched index units of one priority.
struct FreshRun {
  Interval indices;
  std::int32_t priority = 0;
};

class ReadyQueue {
 public:
  explicit ReadyQueue(UnitTable& table) : table_(table) {}

  /// The unit must be in state ready.
  void push(Slot slot);
  void push_suspect(Slot slot);
  void add_fresh(const Interval& indices, std::int32_t priority);

  /// Takes one untouched index out; returns its priority, nothing if it is not untouched.
  [[nodiscard]] std::optional<std::int32_t> take_fresh(std::uint64_t index);

  /// Takes the next: a unit, or a run of at most `max_run` untouched indices.
  [[nodiscard]] std::optional<std::variant<Slot, FreshRun>> pop(std::uint64_t max_run);
  [[nodiscard]] std::optional<Slot> pop_suspect();

  /// A ready unit is leaving by another door (its late answer was accepted).
  void forget(Slot slot);

  /// Units that pop() could give, indices included; suspects are not counted.
  [[nodiscard]] std::uint64_t count() const { return ready_count_ + fresh_count_; }
  [[nodiscard]] std::uint64_t suspect_count() const { return suspect_count_; }
  [[nodiscard]] std::uint64_t fresh_count() const { return fresh_count_; }
  [[nodiscard]] std::uint64_t queued_count() const { return ready_count_ + suspect_count_; }
  [[nodiscard]] bool is_fresh(std::uint64_t index) const;
  /// The lowest untouched index of any priority.
  [[nodiscard]] std::optional<std::uint64_t> first_fresh() const;
  /// Untouched indices of every priority, sorted and joined.
  [[nodiscard]] IntervalSet fresh() const;

 private:
  struct Entry {
    Slot slot;
    std::uint32_t stamp;
  };
  struct Level {
    std::vector<Entry> stack;
    IntervalSet fresh;
  };

  [[nodiscard]] bool is_current(const Entry& entry) const;
  // Removes stale entries from the top, returns the live top if there is one.
  [[nodiscard]] std::optional<Slot> pop_stack(std::vector<Entry>& stack);

  UnitTable& table_;
  std::map<std::int32_t, Level, std::greater<>> levels_;
  std::vector<Entry> suspects_;
  std::uint64_t ready_count_ = 0;
  std::uint64_t fresh_count_ = 0;
  std::uint64_t suspect_count_ = 0;
};

}  // namespace steadfarm::core
