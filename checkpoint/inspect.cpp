// What `steadfarm inspect` reads.
#include <utility>

#include "checkpoint/browse.hpp"
#include "checkpoint/file_system.hpp"
#include "checkpoint/store.hpp"

namespace steadfarm::checkpoint {

Result<Inspection> inspect(FileSystem& files, const std::string& path) {
  Result<std::unique_ptr<Folder>> folder = files.open_folder(path, Access::read);
  if (!folder) return folder.error();
  Result<Found> found = find_newest(*folder.value());
  if (!found) return found.error();
  const Manifest& manifest = found.value().stored.manifest;
  Inspection out;
  out.complete = manifest.complete;
  out.generation = manifest.generation;
  out.owner_epoch = manifest.owner_epoch;
  // All that a manifest knows of is committed; what a live run has accepted since, it cannot know.
  out.accepted = manifest.counters.accepted;
  out.committed = manifest.counters.accepted;
  out.pending = manifest.pending;
  out.failed = manifest.counters.failed;
  out.description = one_line(manifest.description);
  for (const SegmentEntry& entry : manifest.segments) {
    out.segments.push_back({entry.file, entry.bytes, entry.digest});
  }
  out.warnings = std::move(found.value().warnings);
  return out;
}

}  // namespace steadfarm::checkpoint
