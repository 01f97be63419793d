// A manifest: one generation, named by number, with everything it consists of. FORMAT.md has the
// bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "checkpoint/job_record.hpp"
#include "core/generation.hpp"

namespace steadfarm::checkpoint {

/// What is written. Format 1 is read, too: it has no record of the job.
inline constexpr std::uint32_t manifest_format_version = 2;
/// Of segments and shards. They have not changed since format 1.
inline constexpr std::uint32_t segment_format_version = 1;
inline constexpr std::uint64_t manifest_bytes_max = 64ULL << 20U;

enum class SegmentRole {
  state,    // read again at every start; may carry small results
  results,  // results only; read by those who want results
};

struct SegmentEntry {
  std::string file;
  SegmentRole role = SegmentRole::state;
  std::uint64_t results = 0;  // how many results are in it
  std::uint64_t bytes = 0;
  Digest digest;
  friend bool operator==(const SegmentEntry&, const SegmentEntry&) = default;
};

struct Manifest {
  Generation generation;
  OwnerEpoch owner_epoch;   // the number of the manifest by which its owner took over
  bool takeover = false;    // adds nothing: made by opening the store
  std::uint64_t nonce = 0;  // of the process, so that two owners never write the same bytes
  /// What the segments and shards of this history carry: the job's fingerprint as it was when the
  /// history began, also where that was format 1.
  Digest fingerprint;
  std::string description;
  std::uint32_t format = manifest_format_version;  // as read
  JobRecord job;                                   // nothing if `format` is 1
  Generation history;  // the first manifest after the last `--fresh`; equal in all since
  Generation parent;   // what this one continues; 0: nothing
  Digest parent_digest;
  Epoch epoch;
  bool complete = false;
  core::Counters counters;
  std::uint64_t pending = 0;
  std::vector<SegmentEntry> segments;  // in the order in which they apply
  friend bool operator==(const Manifest&, const Manifest&) = default;
};

/// In the newest format, whatever `format` says.
/// The take-over of a store that had no generation yet. Below a damaged generation it is no base:
/// going on from it would be starting over.
[[nodiscard]] inline bool holds_nothing(const Manifest& manifest) {
  return manifest.takeover && manifest.segments.empty();
}

[[nodiscard]] Bytes encode_manifest(const Manifest& manifest);

/// `unsupported` for a format that this program does not know, `corrupt` for anything that is not
/// exactly what encode_manifest makes. The message has no path: the caller knows it.
[[nodiscard]] Result<Manifest> decode_manifest(ByteView bytes);

/// One printable line of at most 4096 bytes.
[[nodiscard]] std::string one_line(std::string text);

}  // namespace steadfarm::checkpoint
