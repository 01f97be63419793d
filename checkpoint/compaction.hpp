// Writes the live state anew from time to time, and small segments of results as one large one, so
// that neither a restart nor a manifest grows with the number of generations. They are read and
// added up in the background, between two generations, and go to the disk with the next one in
// place of the segments they stand for.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "checkpoint/publication.hpp"
#include "checkpoint/reader.hpp"
#include "core/generation.hpp"

namespace steadfarm::checkpoint {

/// Reads these segments again, all state segments of a manifest or none, and some of results,
/// verifies them, and adds their lists up: the live units, every failure, and the results.
/// `indices` has the index of each of them. Calls no HDF5. Gives up with `timeout` soon after
/// `hurry` is set.
[[nodiscard]] Result<Compacted> compact(Folder& folder, const std::vector<SegmentEntry>& segments,
                                        const SegmentIndices& indices, const SegmentCodec& codec,
                                        const std::atomic<bool>& hurry);

}  // namespace steadfarm::checkpoint
