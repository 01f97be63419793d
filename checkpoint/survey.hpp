// What an owner-to-be finds in a folder: which generation it can go on from, and what is damaged.
// Changes nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checkpoint/reader.hpp"
#include "checkpoint/store.hpp"

namespace steadfarm::checkpoint {

/// Damaged, by proof: its bytes were read whole and are wrong; or a manifest that names such a file
/// or one that is missing.
struct BadFile {
  std::string name;
  std::string reason;  // with the path
};

struct Survey {
  Generation newest;  // the highest number there is or is known to have been, readable or not
  bool lost_manifests = false;  // some that were published are not there: `newest` among them
  std::vector<StoredManifest> readable;  // newest first; also of other jobs
  std::vector<BadFile> bad;
  std::optional<StoredManifest> base;  // the newest generation that verifies in full
  core::RecoveredState state;          // of `base`
  SegmentIndices indices;              // of its segments that compaction may read again
  std::vector<ShardInfo> shards;       // that it names
  std::vector<std::string> warnings;   // about the job that it belongs to
};

/// Errors: foreign, corrupt (both only without `options.fresh`), unreadable (what is needed to
/// choose cannot be read now; no older generation is chosen for that), no_memory, unsupported,
/// fenced.
[[nodiscard]] Result<Survey> survey(Folder& folder, const StoreOptions& options);

}  // namespace steadfarm::checkpoint
