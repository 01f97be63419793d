// Guided self-scheduling: each chunk is a worker's share of what is left.
#pragma once

#include <cstdint>

namespace steadfarm::core {

/// ceil(left / workers), at least 1 (C. D. Polychronopoulos, D. J. Kuck: Guided self-scheduling,
/// IEEE Trans. Computers C-36, 1987). It has no memory, so units that come late simply count.
[[nodiscard]] std::uint64_t guided_chunk(std::uint64_t left, std::uint32_t workers);

}  // namespace steadfarm::core
