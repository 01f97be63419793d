// What an owner-to-be finds in a folder: which generation it can go on from, and what is damaged.
// Changes nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checkpoint/reader.hpp"
#include "checkpoint/store.hpp"

namespace steadfarm::checkpoint {

struct BadFile {
  std::string name;
  ErrorCode code = ErrorCode::corrupt;
  std::string reason;  // with the path
};

struct Survey {
  Generation newest;                     // the highest number in the folder, readable or not
  std::vector<StoredManifest> readable;  // newest first; also of other jobs
  std::vector<BadFile> bad;
  std::optional<StoredManifest> base;  // the newest generation that verifies in full
  core::RecoveredState state;          // of `base`
  SegmentIndices indices;              // of its segments that compaction may read again
  std::vector<ShardInfo> shards;       // that it names
  std::vector<std::string> warnings;   // about the job that it belongs to
};

/// Errors: foreign, corrupt, io (all only without `options.fresh`), unsupported.
[[nodiscard]] Result<Survey> survey(Folder& folder, const StoreOptions& options);

}  // namespace steadfarm::checkpoint
