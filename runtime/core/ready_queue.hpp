// What can be handed out next: by priority, then the longest by their declared times, then the
// units put in last (depth first, so that a tree search stays small), then untouched indices from
// the lowest. Units that may have killed a worker wait apart and are handed out alone.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "core/hint_source.hpp"
#include "core/interval_set.hpp"
#include "core/unit_table.hpp"

namespace steadfarm::core {

/// Untouched index units of one priority.
struct FreshRun {
  Interval indices;
  std::int32_t priority = 0;
  CostClass cost = 0;  // only the queue knows it
};

/// Untouched indices are sorted by their declared times in blocks of so many: the memory of a long
/// range stays bounded.
inline constexpr std::uint64_t kSortBlock = 1U << 18U;

class ReadyQueue {
 public:
  explicit ReadyQueue(UnitTable& table) : table_(table) {}

  /// Before anything is in it: which indices take how long. Without it indices have no class.
  void sort_by(const HintSource* hints) { hints_ = hints; }
  /// Declared times count for nothing.
  void ignore_costs() { by_cost_ = false; }

  /// The unit must be in state ready.
  void push(Slot slot);
  void push_suspect(Slot slot);
  void add_fresh(const Interval& indices, std::int32_t priority);
  /// What pop() gave and was not wanted.
  void put_back(const FreshRun& run);

  /// Takes one untouched index out; returns its priority, nothing if it is not untouched.
  [[nodiscard]] std::optional<std::int32_t> take_fresh(std::uint64_t index);

  /// Takes the next that `limit` allows: a unit, or a run of at most `max_run` untouched indices.
  [[nodiscard]] std::optional<std::variant<Slot, FreshRun>> pop(std::uint64_t max_run,
                                                                const CostLimit& limit = {});
  [[nodiscard]] std::optional<Slot> pop_suspect();

  /// The class of what pop() gives next; 0 if that declares no time, or nothing is there.
  [[nodiscard]] CostClass next_cost();
  /// pop() may give something within this limit. It may still find nothing.
  [[nodiscard]] bool has_within(const CostLimit& limit) const;

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
  struct LevelKey {
    std::int32_t priority = 0;
    CostClass cost = 0;
    friend auto operator<=>(const LevelKey&, const LevelKey&) = default;
  };
  struct Level {
    std::vector<Entry> stack;
    IntervalSet fresh;
  };
  // Untouched indices of one priority, if there are hints: `rest` has not been sorted into levels.
  struct Unsorted {
    IntervalSet rest;
    std::uint64_t sorted = 0;  // in levels
  };

  [[nodiscard]] bool is_current(const Entry& entry) const;
  void sort_next_block();
  // Removes stale entries from the top, returns the live top if there is one.
  [[nodiscard]] std::optional<Slot> pop_stack(std::vector<Entry>& stack);

  UnitTable& table_;
  const HintSource* hints_ = nullptr;
  bool by_cost_ = true;
  std::map<LevelKey, Level, std::greater<>> levels_;
  std::map<std::int32_t, Unsorted, std::greater<>> unsorted_;
  std::vector<Entry> suspects_;
  std::uint64_t ready_count_ = 0;
  std::uint64_t fresh_count_ = 0;
  std::uint64_t suspect_count_ = 0;
};

}  // namespace steadfarm::core
