// Which segments of a generation are to be written anew, judged by their lines in its manifest.
#pragma once

#include <cstdint>
#include <vector>

#include "checkpoint/manifest.hpp"

namespace steadfarm::checkpoint {

/// True if the state segments of `manifest` are many, and together as large as the state that
/// would be written: so the cost of compaction stays a constant share of what is written anyway.
[[nodiscard]] bool compaction_is_due(const Manifest& manifest, std::uint32_t every);

[[nodiscard]] std::vector<SegmentEntry> state_segments(const Manifest& manifest);

/// True for a segment of results so small that its line in each later manifest counts. Larger ones
/// are never written again.
[[nodiscard]] bool is_small_results(const SegmentEntry& entry, std::uint64_t merge_bytes_max);

/// True for all that `compact` may ever be asked to read: state segments and small ones of results.
[[nodiscard]] bool may_be_compacted(const SegmentEntry& entry, std::uint64_t merge_bytes_max);

/// Small segments of results that are to become one, of about the same size: `every` of them, or
/// `merge_bytes_max` in all. So none is written again but together with many others, and each
/// result a few times at most. They hold no more than `merge_bytes_max`. Empty: none are due.
[[nodiscard]] std::vector<SegmentEntry> due_for_merging(const Manifest& manifest,
                                                        std::uint32_t every,
                                                        std::uint64_t merge_bytes_max);

}  // namespace steadfarm::checkpoint
