#include "core/ready_queue.hpp"

#include "base/assert.hpp"

namespace steadfarm::core {

void ReadyQueue::push(Slot slot) {
  LiveUnit& unit = table_.at(slot);
  STEADFARM_ASSERT(unit.state == UnitState::ready);
  levels_[unit.priority].stack.push_back({slot, ++unit.stamp});
  ++ready_count_;
}

void ReadyQueue::push_suspect(Slot slot) {
  LiveUnit& unit = table_.at(slot);
  STEADFARM_ASSERT(unit.state == UnitState::ready);
  STEADFARM_ASSERT(unit.deaths > 0);
  suspects_.push_back({slot, ++unit.stamp});
  ++suspect_count_;
}

void ReadyQueue::add_fresh(const Interval& indices, std::int32_t priority) {
  if (indices.count() == 0) return;
  Level& level = levels_[priority];
  const std::uint64_t before = level.fresh.count();
  level.fresh.insert(indices.begin, indices.end);
  fresh_count_ += level.fresh.count() - before;
}

std::optional<std::int32_t> ReadyQueue::take_fresh(std::uint64_t index) {
  for (auto& [priority, level] : levels_) {
    if (!level.fresh.contains(index)) continue;
    level.fresh.erase(index, index + 1);
    --fresh_count_;
    return priority;
  }
  return std::nullopt;
}

bool ReadyQueue::is_current(const Entry& entry) const {
  const LiveUnit& unit = table_.at(entry.slot);
  return unit.state == UnitState::ready && unit.stamp == entry.stamp;
}

std::optional<Slot> ReadyQueue::pop_stack(std::vector<Entry>& stack) {
  while (!stack.empty()) {
    const Entry entry = stack.back();
    stack.pop_back();
    if (is_current(entry)) return entry.slot;
  }
  return std::nullopt;
}

std::optional<std::variant<Slot, FreshRun>> ReadyQueue::pop(std::uint64_t max_run) {
  STEADFARM_ASSERT(max_run > 0);
  for (auto it = levels_.begin(); it != levels_.end();) {
    Level& level = it->second;
    if (const auto slot = pop_stack(level.stack)) {
      STEADFARM_ASSERT(ready_count_ > 0);
      --ready_count_;
      return *slot;
    }
    if (const auto run = level.fresh.take_front(max_run)) {
      fresh_count_ -= run->count();
      return FreshRun{*run, it->first};
    }
    it = levels_.erase(it);
  }
  return std::nullopt;
}

std::optional<Slot> ReadyQueue::pop_suspect() {
  const auto slot = pop_stack(suspects_);
  if (slot) {
    STEADFARM_ASSERT(suspect_count_ > 0);
    --suspect_count_;
  }
  return slot;
}

void ReadyQueue::forget(Slot slot) {
  LiveUnit& unit = table_.at(slot);
  STEADFARM_ASSERT(unit.state == UnitState::ready);
  // Suspects are few, so looking is cheaper than a flag in every unit.
  for (const Entry& entry : suspects_) {
    if (entry.slot == slot && entry.stamp == unit.stamp) {
      --suspect_count_;
      ++unit.stamp;
      return;
    }
  }
  STEADFARM_ASSERT(ready_count_ > 0);
  --ready_count_;
  ++unit.stamp;
}

bool ReadyQueue::is_fresh(std::uint64_t index) const {
  for (const auto& [priority, level] : levels_) {
    if (level.fresh.contains(index)) return true;
  }
  return false;
}

std::optional<std::uint64_t> ReadyQueue::first_fresh() const {
  std::optional<std::uint64_t> first;
  for (const auto& [priority, level] : levels_) {
    const std::optional<std::uint64_t> mine = level.fresh.first();
    if (mine && (!first || *mine < *first)) first = mine;
  }
  return first;
}

IntervalSet ReadyQueue::fresh() const {
  IntervalSet all;
  for (const auto& [priority, level] : levels_) {
    for (const Interval& run : level.fresh.runs()) all.insert(run.begin, run.end);
  }
  return all;
}

}  // namespace steadfarm::core
