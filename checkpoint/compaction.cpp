#include "checkpoint/compaction.hpp"

#include <utility>

#include "base/assert.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/replay.hpp"

namespace steadfarm::checkpoint {
namespace {

constexpr std::uint64_t past_bytes_min = 64ULL << 20U;  // below it, space is not what matters

}  // namespace

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
  // Saved states of running units replace each other, so a few generations may hold many times what
  // still counts.
  const bool mostly_past = later_bytes >= past_bytes_min && later_bytes / 4 >= base_bytes;
  return mostly_past || (later >= every && (later_bytes >= base_bytes || later >= 4ULL * every));
}

Result<Compacted> compact(Folder& folder, const Manifest& manifest, const SegmentIndices& indices,
                          const SegmentCodec& codec, const std::atomic<bool>& hurry) {
  Compacted compacted;
  Replay replay;
  for (const SegmentEntry& entry : manifest.segments) {
    if (entry.role != SegmentRole::state) continue;
    if (hurry) return Error{ErrorCode::timeout, "the run ends before the store is compacted"};
    const Result<Bytes> bytes = read_verified(folder, entry);
    if (!bytes) return bytes.error();
    const auto index = indices.find(entry.file);
    STEADFARM_ASSERT(index != indices.end());
    Segment segment;
    Result<core::GenerationDelta> lists = codec.decode_lists(bytes.value(), index->second);
    if (!lists) {
      return Error{lists.error().code,
                   folder.path() + "/" + entry.file + ": " + lists.error().message};
    }
    segment.delta = std::move(lists).value();
    replay.apply(std::move(segment), true);
    compacted.covered.push_back(entry.file);
  }
  compacted.lists = replay.take_lists();
  return compacted;
}

}  // namespace steadfarm::checkpoint
