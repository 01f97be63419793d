// Reads a store's folder: what is there, manifests, and segments that are checked before anything
// parses them. Used by the owner and by those who only look.
#pragma once

#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "checkpoint/file_system.hpp"
#include "checkpoint/manifest.hpp"
#include "checkpoint/patience.hpp"
#include "checkpoint/segment.hpp"

namespace steadfarm::checkpoint {

/// The store's own files by kind; other names are ignored.
struct Listing {
  std::vector<Generation> manifests;  // newest first
  std::vector<std::string> segments;
  std::vector<std::string> temps;

  [[nodiscard]] Generation newest() const {
    return manifests.empty() ? Generation() : manifests.front();
  }
  /// A manifest of this number, or a higher one, has been published, whether it is seen or not: a
  /// segment is named after the number that comes next, so the one before it was there.
  [[nodiscard]] Generation published() const;
};

struct StoredManifest {
  Manifest manifest;
  Digest digest;  // of the whole file, as a child's `parent_digest` states it
  std::uint64_t bytes = 0;
};

// With `patience` what cannot be read now is tried again; without, a few times at once. An error is
// `corrupt` only if the bytes were read whole, twice: it proves damage, and no other error does.

[[nodiscard]] Result<Listing> list_store(Folder& folder, Patience* patience = nullptr);

/// `corrupt` also if the number inside is not that of the name. Messages carry the path.
[[nodiscard]] Result<StoredManifest> read_manifest(Folder& folder, Generation generation,
                                                   Patience* patience = nullptr);

/// The bytes of a segment that match what its manifest says of size and digest. A large one is
/// digested before memory is taken for it.
[[nodiscard]] Result<Bytes> read_verified(Folder& folder, const SegmentEntry& entry,
                                          Patience* patience = nullptr);

/// The same without keeping the bytes: takes no memory to speak of.
[[nodiscard]] Status check_verified(Folder& folder, const SegmentEntry& entry,
                                    Patience* patience = nullptr);

/// Compares what is in a segment with its name and its manifest.
[[nodiscard]] Status check_content(const Folder& folder, const SegmentEntry& entry,
                                   const Segment& segment, const Digest& fingerprint);

/// These bytes decoded, which must be those of `entry`, and their content compared.
[[nodiscard]] Result<Segment> decode_verified(Folder& folder, const SegmentEntry& entry,
                                              ByteView bytes, const Digest& fingerprint,
                                              const SegmentCodec& codec);

/// Both in one: the same, decoded, with its header compared with its name and the manifest.
[[nodiscard]] Result<Segment> load_segment(Folder& folder, const SegmentEntry& entry,
                                           const Digest& fingerprint, const SegmentCodec& codec);

}  // namespace steadfarm::checkpoint
