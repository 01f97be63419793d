// Writes the live state anew from time to time, so that neither a restart nor a manifest grows
// with the number of generations. It is read and added up in the background, between two
// generations, and goes to the disk with the next one in place of the segments it stands for.
#pragma once

#include <atomic>
#include <cstdint>

#include "checkpoint/publication.hpp"
#include "checkpoint/reader.hpp"
#include "core/generation.hpp"

namespace steadfarm::checkpoint {

/// True if the state segments of `manifest` are many, and together as large as the state that
/// would be written: so the cost of compaction stays a constant share of what is written anyway.
[[nodiscard]] bool compaction_is_due(const Manifest& manifest, std::uint32_t every);

/// Reads the state segments of `manifest` again, verifies them, and adds their lists up: the live
/// units, every failure, and the results that rode along. `indices` has the index of each of them.
/// Calls no HDF5. Gives up with `timeout` soon after `hurry` is set.
[[nodiscard]] Result<Compacted> compact(Folder& folder, const Manifest& manifest,
                                        const SegmentIndices& indices, const SegmentCodec& codec,
                                        const std::atomic<bool>& hurry);

}  // namespace steadfarm::checkpoint
