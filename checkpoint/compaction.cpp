#include "checkpoint/compaction.hpp"

#include <utility>

#include "base/assert.hpp"
#include "checkpoint/replay.hpp"

namespace steadfarm::checkpoint {

Result<Compacted> compact(Folder& folder, const std::vector<SegmentEntry>& segments,
                          const SegmentIndices& indices, const SegmentCodec& codec,
                          const std::atomic<bool>& hurry) {
  Compacted compacted;
  Replay replay;
  for (const SegmentEntry& entry : segments) {
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
