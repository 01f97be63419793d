// Who may read a store is the same for all of it, whatever the runs before this one were told.
#pragma once

#include <string>
#include <vector>

#include "checkpoint/file_system.hpp"

namespace steadfarm::checkpoint {

/// Gives the store's files and folders that are there already the modes that new ones get, if one
/// of them has another: a run before this one had another --mode. Only for the owner. Returns
/// sentences for the user: that it was so, and what could not be changed.
[[nodiscard]] std::vector<std::string> share_alike(Folder& folder);

}  // namespace steadfarm::checkpoint
