#include "checkpoint/cut.hpp"

#include <algorithm>

namespace steadfarm::checkpoint {
namespace {

// What a record costs beside its payload: key, numbers, offset.
constexpr std::uint64_t unit_bytes = 48;
constexpr std::uint64_t hint_bytes = 24;  // and its hints, if it has any
constexpr std::uint64_t result_bytes = 24;
constexpr std::uint64_t key_bytes = 16;
constexpr std::uint64_t shard_bytes = 56;

/// How many of the next items fit into `room`, at least one.
template <class Size>
std::size_t fitting(std::size_t begin, std::size_t end, std::uint64_t room, Size size_of) {
  std::uint64_t used = 0;
  std::size_t i = begin;
  while (i < end) {
    used += size_of(i);
    if (used > room && i > begin) break;
    ++i;
  }
  return i - begin;
}

void cut_results(std::vector<Part>& parts, const core::ResultBatch& results,
                 const SegmentHeader& header, std::uint64_t bytes_max) {
  const ResultsView all = view_of(results);
  for (std::size_t begin = 0; begin < results.size();) {
    const std::size_t count = fitting(begin, results.size(), bytes_max, [&](std::size_t i) {
      return result_bytes + all.offsets[i + 1] - all.offsets[i];
    });
    Part part{SegmentRole::results, {}};
    part.view.header = header;
    part.view.results = {all.keys.subspan(begin, count), all.offsets.subspan(begin, count + 1),
                         all.bytes};
    parts.push_back(part);
    begin += count;
  }
}

void cut_state(std::vector<Part>& parts, const core::GenerationDelta& delta,
               const SegmentHeader& header, std::uint64_t bytes_max, bool with_full) {
  const auto new_part = [&]() -> SegmentView& {
    parts.push_back({SegmentRole::state, {}});
    parts.back().view.header = header;
    return parts.back().view;
  };
  const std::span<const UnitKey> removed = delta.removed;
  const std::span<const core::UnitRecord> added = delta.added;
  const std::span<const core::PartialState> partials = delta.partials;
  const std::span<const core::FailedUnit> failed = delta.failed;
  SegmentView* view = &new_part();
  std::uint64_t used = 0;
  if (with_full) {
    view->full = &delta;
    used = delta.fold_state.size() + delta.pending_indices.size() * key_bytes +
           delta.held.bytes.size() + delta.held.size() * result_bytes;
  }
  const core::ShardIndex& sharded = delta.sharded;
  if (!sharded.records.empty()) {
    view->sharded = &sharded;
    used += sharded.records.size() * unit_bytes + sharded.shards.size() * shard_bytes;
  }
  // One list after the other, each filling what the one before left in the last part.
  const auto place = [&](auto list, auto member, auto size_of) {
    for (std::size_t begin = 0; begin < list.size();) {
      if (used > 0 && used + size_of(begin) > bytes_max) {
        view = &new_part();
        used = 0;
      }
      const std::uint64_t room = used < bytes_max ? bytes_max - used : 0;
      const std::size_t count = fitting(begin, list.size(), room, size_of);
      view->*member = list.subspan(begin, count);
      for (std::size_t i = begin; i < begin + count; ++i) used += size_of(i);
      begin += count;
      // The member of this part is taken: what is left needs another part.
      if (begin < list.size()) {
        view = &new_part();
        used = 0;
      }
    }
  };
  place(removed, &SegmentView::removed, [](std::size_t) { return key_bytes; });
  place(added, &SegmentView::added, [&](std::size_t i) {
    const std::uint64_t hints = added[i].hints == UnitHints() ? 0 : hint_bytes;
    return unit_bytes + hints + added[i].payload.size();
  });
  place(partials, &SegmentView::partials,
        [&](std::size_t i) { return unit_bytes + partials[i].view().size(); });
  place(failed, &SegmentView::failed,
        [&](std::size_t i) { return unit_bytes + failed[i].message.size(); });
}

}  // namespace

std::vector<Part> cut(const core::GenerationDelta& delta, const SegmentHeader& header,
                      const CutLimits& limits) {
  std::vector<Part> parts;
  const std::uint64_t bytes = delta.results.bytes.size() + delta.results.size() * result_bytes;
  const bool ride = bytes <= limits.inline_results_bytes_max && delta.results.size() > 0;
  if (!ride) cut_results(parts, delta.results, header, limits.segment_bytes_max);
  const std::size_t first_state = parts.size();
  cut_state(parts, delta, header, limits.segment_bytes_max, true);
  if (ride) parts[first_state].view.results = view_of(delta.results);
  return parts;
}

std::vector<Part> cut_lists(const core::GenerationDelta& lists, const SegmentHeader& header,
                            const CutLimits& limits) {
  std::vector<Part> parts;
  cut_results(parts, lists.results, header, limits.segment_bytes_max);
  const bool state = !lists.removed.empty() || !lists.added.empty() || !lists.partials.empty() ||
                     !lists.failed.empty() || !lists.sharded.records.empty();
  if (!state) return parts;
  cut_state(parts, lists, header, limits.segment_bytes_max, false);
  return parts;
}

}  // namespace steadfarm::checkpoint
