// For those who look at a store without owning it, while a run may be live.
#pragma once

#include <string>
#include <vector>

#include "checkpoint/examine.hpp"
#include "checkpoint/reader.hpp"

namespace steadfarm::checkpoint {

struct Found {
  StoredManifest stored;
  std::vector<std::string> warnings;  // newer ones that were passed over, and why
};

/// The newest manifest that reads well and whose files have their sizes: cheap, and no proof of
/// anything. not_found: no store here. corrupt: no manifest that fits its files. Others (io,
/// shortage, denied): the newest one cannot be judged now.
[[nodiscard]] Result<Found> find_newest(Folder& folder);

struct FoundGood {
  Found found;
  core::ShardIndex sharded;
};

/// The newest generation that verifies in full. Its files stay known to `examiner`. Errors as
/// above; `corrupt`: none verifies.
[[nodiscard]] Result<FoundGood> find_newest_good(Folder& folder, Examiner& examiner);

}  // namespace steadfarm::checkpoint
