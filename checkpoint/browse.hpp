// For those who look at a store without owning it, while a run may be live.
#pragma once

#include <string>
#include <vector>

#include "checkpoint/reader.hpp"

namespace steadfarm::checkpoint {

struct Found {
  StoredManifest stored;              // the newest that reads well and whose files have their sizes
  std::vector<std::string> warnings;  // what was passed over
};

/// not_found: no store here. corrupt: no manifest that fits its files.
[[nodiscard]] Result<Found> find_newest(Folder& folder);

}  // namespace steadfarm::checkpoint
