#include "core/ready_queue.hpp"

#include "base/assert.hpp"

namespace steadfarm::core {

void ReadyQueue::push(Slot slot) {
  LiveUnit& unit = table_.at(slot);
  STEADFARM_ASSERT(unit.state == UnitState::ready);
  const CostClass cost = by_cost_ ? cost_class(unit.hints.expected_us) : CostClass{0};
  levels_[{unit.priority, cost}].stack.push_back({slot, ++unit.stamp});
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
  IntervalSet& fresh = hints_ != nullptr ? unsorted_[priority].rest : levels_[{priority, 0}].fresh;
  const std::uint64_t before = fresh.count();
  fresh.insert(indices.begin, indices.end);
  fresh_count_ += fresh.count() - before;
}

void ReadyQueue::put_back(const FreshRun& run) {
  if (run.indices.count() == 0) return;
  levels_[{run.priority, run.cost}].fresh.insert(run.indices.begin, run.indices.end);
  if (hints_ != nullptr) unsorted_[run.priority].sorted += run.indices.count();
  fresh_count_ += run.indices.count();
}

std::optional<std::int32_t> ReadyQueue::take_fresh(std::uint64_t index) {
  for (auto& [priority, unsorted] : unsorted_) {
    if (!unsorted.rest.contains(index)) continue;
    unsorted.rest.erase(index, index + 1);
    --fresh_count_;
    return priority;
  }
  for (auto& [key, level] : levels_) {
    if (!level.fresh.contains(index)) continue;
    level.fresh.erase(index, index + 1);
    if (hints_ != nullptr) --unsorted_.at(key.priority).sorted;
    --fresh_count_;
    return key.priority;
  }
  return std::nullopt;
}

// Before anything of a priority is given, its next untouched indices must be in their levels.
void ReadyQueue::sort_next_block() {
  while (!unsorted_.empty()) {
    auto& [priority, unsorted] = *unsorted_.begin();
    const bool leads = levels_.empty() || levels_.begin()->first.priority <= priority;
    if (!leads || unsorted.sorted > 0) return;
    const auto run = unsorted.rest.take_front(kSortBlock);
    if (!run) {
      unsorted_.erase(unsorted_.begin());
      continue;
    }
    unsorted.sorted = run->count();
    for (std::uint64_t i = run->begin; i < run->end; ++i) {
      levels_[{priority, cost_class(hints_->hints(i).expected_us)}].fresh.insert(i, i + 1);
    }
    return;
  }
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

CostClass ReadyQueue::next_cost() {
  if (!unsorted_.empty()) sort_next_block();
  return levels_.empty() ? CostClass{0} : levels_.begin()->first.cost;
}

bool ReadyQueue::has_within(const CostLimit& limit) const {
  if (!unsorted_.empty() && unsorted_.begin()->second.rest.count() > 0) return true;
  for (const auto& [key, level] : levels_) {
    if (limit.allows(key.cost)) return true;
  }
  return false;
}

std::optional<std::variant<Slot, FreshRun>> ReadyQueue::pop(std::uint64_t max_run,
                                                            const CostLimit& limit) {
  STEADFARM_ASSERT(max_run > 0);
  if (!unsorted_.empty()) sort_next_block();
  for (auto it = levels_.begin(); it != levels_.end();) {
    const LevelKey key = it->first;
    if (!limit.allows(key.cost)) {
      ++it;
      continue;
    }
    Level& level = it->second;
    if (const auto slot = pop_stack(level.stack)) {
      STEADFARM_ASSERT(ready_count_ > 0);
      --ready_count_;
      return *slot;
    }
    if (const auto run = level.fresh.take_front(max_run)) {
      fresh_count_ -= run->count();
      if (hints_ != nullptr) unsorted_.at(key.priority).sorted -= run->count();
      return FreshRun{*run, key.priority, key.cost};
    }
    levels_.erase(it);
    if (!unsorted_.empty()) sort_next_block();
    it = levels_.begin();
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
  for (const auto& [priority, unsorted] : unsorted_) {
    if (unsorted.rest.contains(index)) return true;
  }
  for (const auto& [key, level] : levels_) {
    if (level.fresh.contains(index)) return true;
  }
  return false;
}

std::optional<std::uint64_t> ReadyQueue::first_fresh() const {
  std::optional<std::uint64_t> first;
  const auto consider = [&](const IntervalSet& fresh) {
    const std::optional<std::uint64_t> mine = fresh.first();
    if (mine && (!first || *mine < *first)) first = mine;
  };
  for (const auto& [priority, unsorted] : unsorted_) consider(unsorted.rest);
  for (const auto& [key, level] : levels_) consider(level.fresh);
  return first;
}

IntervalSet ReadyQueue::fresh() const {
  IntervalSet all;
  const auto add = [&](const IntervalSet& fresh) {
    for (const Interval& run : fresh.runs()) all.insert(run.begin, run.end);
  };
  for (const auto& [priority, unsorted] : unsorted_) add(unsorted.rest);
  for (const auto& [key, level] : levels_) add(level.fresh);
  return all;
}

}  // namespace steadfarm::core
