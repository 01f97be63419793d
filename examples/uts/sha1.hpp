// SHA-1 (FIPS 180-4), as far as the tree needs it. Not for security: it only defines the tree.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "steadfarm/types.hpp"

namespace steadfarm::uts {

/// A SHA-1 digest as its five words; written out, each word is big-endian.
using Digest = std::array<std::uint32_t, 5>;

/// The digest of any run of bytes.
[[nodiscard]] Digest sha1(ByteView bytes);

/// The digest of the 24 bytes `parent`, then `index` as four big-endian bytes.
[[nodiscard]] Digest sha1_child(const Digest& parent, std::uint32_t index);

/// sha1_child for the indices first, first + 1, ... of one parent: several lanes of a vector unit
/// at once where that is faster. `out` has room for `count` digests.
void sha1_children(const Digest& parent, std::uint32_t first, std::size_t count, Digest* out);

}  // namespace steadfarm::uts
