#include "checkpoint/compaction.hpp"

#include <utility>

#include "checkpoint/names.hpp"
#include "checkpoint/replay.hpp"

namespace steadfarm::checkpoint {

bool compaction_is_due(const Manifest& manifest, std::uint32_t every) {
  // All segments of the generation that compacted last carry its number.
  Generation base;
  std::uint64_t base_bytes = 0;
  std::uint64_t later_bytes = 0;
  std::uint64_t later = 0;
  for (const SegmentEntry& entry : manifest.segments) {
    if (entry.role != SegmentRole::state) continue;
    const Generation generation = parse_segment_name(entry.file)->generation;
    if (base == Generation()) base = generation;
    if (generation == base) {
      base_bytes += entry.bytes;
    } else {
      later_bytes += entry.bytes;
      ++later;
    }
  }
  return later >= every && (later_bytes >= base_bytes || later >= 4ULL * every);
}

Result<core::GenerationDelta> compact(Folder& folder, const Manifest& manifest,
                                      const core::GenerationDelta& delta,
                                      const SegmentCodec& codec) {
  Replay replay;
  for (const SegmentEntry& entry : manifest.segments) {
    if (entry.role != SegmentRole::state) continue;
    Result<Segment> segment = load_segment(folder, entry, manifest.fingerprint, codec);
    if (!segment) return segment.error();
    replay.apply(std::move(segment).value(), true);
  }
  Segment last;
  last.has_full = true;
  last.delta = delta;
  replay.apply(std::move(last), true);
  core::RecoveredState state = replay.take_state();
  core::GenerationDelta whole;
  whole.epoch = delta.epoch;
  whole.complete = state.complete;
  whole.pending_indices = std::move(state.pending_indices);
  whole.retried = std::move(state.retried);
  whole.added = std::move(state.units);
  whole.failed = std::move(state.failed);
  whole.results = replay.take_results();
  whole.shared = std::move(state.shared);
  whole.fold_state = std::move(state.fold_state);
  whole.counters = state.counters;
  return whole;
}

}  // namespace steadfarm::checkpoint
