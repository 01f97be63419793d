// What stays and what goes. Deletes only files that its owner named itself or found when it took
// the store over, and each segment only after no manifest that could come back names it.
#pragma once

#include <cstdint>
#include <list>
#include <set>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "checkpoint/file_system.hpp"
#include "checkpoint/manifest.hpp"

namespace steadfarm::checkpoint {

class Retention {
 public:
  explicit Retention(std::uint32_t keep) : keep_(keep) {}

  /// A durable generation. Add them oldest first. Take-overs add nothing to a store, so they do
  /// not count as kept generations; the newest manifest and the number below it stay in any case.
  void keep(const Manifest& manifest);
  /// A manifest that is not to stay, with its segments unless another one names them.
  void doom(const Manifest& manifest);
  /// A file that no manifest names.
  void doom_file(const std::string& name);

  /// Removes what is due. What cannot be removed now is tried again the next time; each such file
  /// makes one warning, once. Call it only when the newest kept manifest is durable.
  void sweep(Folder& folder, std::vector<std::string>& warnings);

 private:
  struct Entry {
    Generation generation;
    bool takeover = false;
    std::vector<std::string> segments;  // sorted
  };
  static Entry entry_of(const Manifest& manifest);
  void doom_superseded();
  void remove_manifests(Folder& folder, std::vector<std::string>& warnings);
  void remove_files(Folder& folder, std::vector<std::string>& warnings);
  void warn_once(const std::string& about, const std::string& what,
                 std::vector<std::string>& warnings);

  std::uint32_t keep_;
  std::list<Entry> kept_;             // oldest first
  std::list<Entry> doomed_;           // manifests still to be removed
  std::set<std::string> warned_;      // of these files the user knows
  std::set<std::string> candidates_;  // files to be removed unless a manifest here names them
};

}  // namespace steadfarm::checkpoint
