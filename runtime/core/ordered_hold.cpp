#include "core/ordered_hold.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace steadfarm::core {
namespace {
// What a held result costs beside its bytes: the node, the vector, the allocator's share.
constexpr std::uint64_t kHeldOverhead = 96;
}  // namespace

void OrderedHold::restore(const std::vector<Interval>& pending, std::uint64_t unit_count,
                          const ResultBatch& held) {
  next_ = pending.empty() ? unit_count : pending.front().begin;
  held_.clear();
  bytes_ = 0;
  skipped_ = {};
  skipped_.insert(next_, std::max(next_, unit_count));
  for (const Interval& run : pending) skipped_.erase(run.begin, run.end);
  for (std::size_t i = 0; i < held.size(); ++i) {
    const std::uint64_t index = held.keys[i].lo;
    skipped_.erase(index, index + 1);
    accepted(index, held.payload(i));
  }
}

void OrderedHold::accepted(std::uint64_t index, ByteView payload) {
  STEADFARM_ASSERT(index >= next_);
  const bool is_new = held_.try_emplace(index, payload.begin(), payload.end()).second;
  STEADFARM_ASSERT(is_new);
  bytes_ += payload.size() + kHeldOverhead;
}

void OrderedHold::skipped(std::uint64_t index) {
  STEADFARM_ASSERT(index >= next_);
  skipped_.insert(index, index + 1);
}

std::optional<OrderedHold::Due> OrderedHold::take_due() {
  while (true) {
    const auto first = held_.begin();
    if (first != held_.end() && first->first == next_) {
      Due due{UnitKey::index(next_), std::move(first->second)};
      held_.erase(first);
      bytes_ -= due.payload.size() + kHeldOverhead;
      ++next_;
      return due;
    }
    if (!skipped_.contains(next_)) return std::nullopt;
    const std::optional<Interval> run = skipped_.take_front(UINT64_MAX);
    STEADFARM_ASSERT(run && run->begin == next_);
    next_ = run->end;
  }
}

ResultBatch OrderedHold::held() const {
  ResultBatch batch;
  for (const auto& [index, payload] : held_) batch.add(UnitKey::index(index), payload);
  return batch;
}

}  // namespace steadfarm::core
