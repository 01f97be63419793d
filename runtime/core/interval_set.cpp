#include "core/interval_set.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace steadfarm::core {

void IntervalSet::insert(std::uint64_t begin, std::uint64_t end) {
  STEADFARM_ASSERT(begin <= end);
  if (begin == end) return;
  auto it = runs_.upper_bound(begin);
  if (it != runs_.begin()) {
    auto before = std::prev(it);
    if (before->second >= begin) it = before;  // overlaps or touches from the left
  }
  while (it != runs_.end() && it->first <= end) {
    begin = std::min(begin, it->first);
    end = std::max(end, it->second);
    count_ -= it->second - it->first;
    it = runs_.erase(it);
  }
  runs_.emplace_hint(it, begin, end);
  count_ += end - begin;
}

void IntervalSet::erase(std::uint64_t begin, std::uint64_t end) {
  STEADFARM_ASSERT(begin <= end);
  if (begin == end) return;
  auto it = runs_.upper_bound(begin);
  if (it != runs_.begin() && std::prev(it)->second > begin) --it;
  while (it != runs_.end() && it->first < end) {
    const Interval run{it->first, it->second};
    count_ -= run.count();
    it = runs_.erase(it);
    if (run.begin < begin) {
      runs_.emplace(run.begin, begin);
      count_ += begin - run.begin;
    }
    if (run.end > end) {
      it = runs_.emplace(end, run.end).first;
      count_ += run.end - end;
    }
  }
}

std::optional<Interval> IntervalSet::take_front(std::uint64_t count) {
  if (runs_.empty() || count == 0) return std::nullopt;
  const auto it = runs_.begin();
  const std::uint64_t end = it->second;
  const Interval run{it->first, it->first + std::min(count, end - it->first)};
  runs_.erase(it);
  if (run.end < end) runs_.emplace(run.end, end);
  count_ -= run.count();
  return run;
}

bool IntervalSet::contains(std::uint64_t index) const {
  auto it = runs_.upper_bound(index);
  return it != runs_.begin() && std::prev(it)->second > index;
}

std::optional<std::uint64_t> IntervalSet::first() const {
  if (runs_.empty()) return std::nullopt;
  return runs_.begin()->first;
}

std::vector<Interval> IntervalSet::runs() const {
  std::vector<Interval> out;
  out.reserve(runs_.size());
  for (const auto& [begin, end] : runs_) out.push_back({begin, end});
  return out;
}

}  // namespace steadfarm::core
