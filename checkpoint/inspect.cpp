// What `steadfarm inspect` and `steadfarm results` read.
#include <unordered_set>
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

namespace {

class ResultReader {
 public:
  using Visit = std::function<void(const UnitKey&, ByteView)>;
  ResultReader(Folder& folder, const Visit& visit, const SegmentCodec& codec)
      : folder_(folder), visit_(visit), codec_(codec) {}

  /// False if a file went away before it was read: look for a newer manifest.
  Result<bool> read(const Manifest& manifest) {
    for (const SegmentEntry& entry : manifest.segments) {
      if (entry.results == 0 || read_.contains(entry.file)) continue;
      const Result<Segment> segment = load_segment(folder_, entry, manifest.fingerprint, codec_);
      if (!segment && segment.error().code == ErrorCode::not_found) return false;
      if (!segment) return segment.error();
      pass_on(segment.value().delta.results, entry.role);
      read_.insert(entry.file);
    }
    return true;
  }

 private:
  void pass_on(const core::ResultBatch& results, SegmentRole role) {
    for (std::size_t i = 0; i < results.size(); ++i) {
      const UnitKey& key = results.keys[i];
      if (moved_.contains(key)) continue;
      visit_(key, results.payload(i));
      // Compaction moves these into a segment of another name; they must not be seen again there.
      if (role == SegmentRole::state) fresh_.push_back(key);
    }
    moved_.insert(fresh_.begin(), fresh_.end());
    fresh_.clear();
  }

  Folder& folder_;
  const Visit& visit_;
  const SegmentCodec& codec_;
  std::unordered_set<std::string> read_;
  std::unordered_set<UnitKey, UnitKeyHash> moved_;
  std::vector<UnitKey> fresh_;
};

}  // namespace

Status for_each_result(FileSystem& files, const std::string& path,
                       const std::function<void(const UnitKey&, ByteView)>& visit,
                       const SegmentCodec* codec) {
  Result<std::unique_ptr<Folder>> folder = files.open_folder(path, Access::read);
  if (!folder) return folder.error();
  ResultReader reader(*folder.value(), visit, codec_or_hdf5(codec));
  Generation last;
  while (true) {
    const Result<Found> found = find_newest(*folder.value());
    if (!found) return found.error();
    const Manifest& manifest = found.value().stored.manifest;
    const Result<bool> done = reader.read(manifest);
    if (!done) return done.error();
    if (done.value()) return {};
    // Only a newer generation can have made a file superfluous.
    if (manifest.generation <= last) {
      return Error{ErrorCode::corrupt, "a segment of generation " +
                                           std::to_string(manifest.generation.value) + " of " +
                                           path + " is missing"};
    }
    last = manifest.generation;
  }
}

}  // namespace steadfarm::checkpoint
