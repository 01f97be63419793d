// Files that were put away in a store's folders `bad` and `discarded`: how much they hold, putting
// back those that verify, and removing them on request.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"

namespace steadfarm::checkpoint {

class FileSystem;
class Folder;
class SegmentCodec;

struct PutAwayCount {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

struct PutAway {
  PutAwayCount bad;        // failed verification when the store was opened
  PutAwayCount discarded;  // by --fresh
};

/// Zeros where there is none.
[[nodiscard]] Result<PutAway> count_put_away(Folder& folder);

struct Restored {
  std::vector<std::string> back;  // names, as they are in the store again
  std::vector<std::string> left;  // one line for each file that stays in `bad`, with the reason
  Generation newest_good;         // 0: no generation verifies, also now
};

/// Puts every file of `bad` back that some manifest names with its very size and digest, and every
/// manifest of `bad` whose generation then verifies in full. Nothing in the store is replaced or
/// removed. Safe while a run is live: the numbers of its owner are above all that was put away.
/// `not_found` if no file of a store is there.
[[nodiscard]] Result<Restored> restore(FileSystem& files, const std::string& path,
                                       const SegmentCodec* codec = nullptr,
                                       std::uint32_t threads = 1);

/// Removes the files of `bad` and `discarded` and says how much they held. `corrupt`, with nothing
/// removed, if no generation of the store verifies and there is something in `bad`, unless `force`.
/// `not_found`, with nothing removed, if no file of a store is there.
[[nodiscard]] Result<PutAway> clean(FileSystem& files, const std::string& path, bool force,
                                    const SegmentCodec* codec = nullptr, std::uint32_t threads = 1);

}  // namespace steadfarm::checkpoint
