// Cuts one generation into segments of bounded size.
#pragma once

#include <cstdint>
#include <vector>

#include "checkpoint/manifest.hpp"
#include "checkpoint/segment.hpp"

namespace steadfarm::checkpoint {

struct CutLimits {
  std::uint64_t segment_bytes_max = 0;
  std::uint64_t inline_results_bytes_max = 0;  // fewer result bytes ride in the state segment
};

struct Part {
  SegmentRole role = SegmentRole::state;
  SegmentView view;  // borrows from the delta
};

/// The parts in the order in which they apply. A single payload above the limit makes a larger
/// part; nothing else does.
[[nodiscard]] std::vector<Part> cut(const core::GenerationDelta& delta, const SegmentHeader& header,
                                    const CutLimits& limits);

/// The same for the lists alone, without what a delta says in full. No parts if they are empty.
[[nodiscard]] std::vector<Part> cut_lists(const core::GenerationDelta& lists,
                                          const SegmentHeader& header, const CutLimits& limits);

}  // namespace steadfarm::checkpoint
