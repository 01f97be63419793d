// Writes the live state anew from time to time, so that neither a restart nor a manifest grows
// with the number of generations.
#pragma once

#include <cstdint>

#include "checkpoint/reader.hpp"
#include "core/generation.hpp"

namespace steadfarm::checkpoint {

/// True if the state segments of `manifest` are many, and together as large as the state that
/// would be written: so the cost of compaction stays a constant share of what is written anyway.
[[nodiscard]] bool compaction_is_due(const Manifest& manifest, std::uint32_t every);

/// The delta that turns nothing into what `manifest` and then `delta` hold: the whole live state,
/// every failure, and the results that rode in state segments. Reads and verifies them.
[[nodiscard]] Result<core::GenerationDelta> compact(Folder& folder, const Manifest& manifest,
                                                    const core::GenerationDelta& delta,
                                                    const SegmentCodec& codec);

}  // namespace steadfarm::checkpoint
