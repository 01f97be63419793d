// What `steadfarm inspect` reads.
#include <set>
#include <utility>

#include "checkpoint/browse.hpp"
#include "checkpoint/file_system.hpp"
#include "checkpoint/replay.hpp"
#include "checkpoint/shard_reader.hpp"
#include "checkpoint/store.hpp"

namespace steadfarm::checkpoint {
namespace {

/// Which shards count is in the segments, so these are read only if there are shards.
Result<ShardCount> count_shards(Folder& folder, const Manifest& manifest,
                                const SegmentCodec& codec) {
  const Result<ShardListing> listing = list_shards(folder);
  if (!listing) return listing.error();
  if (listing.value().shards.empty()) return ShardCount{};
  std::string bad_file;
  const Result<LoadedGeneration> state = load_state(folder, manifest, codec, bad_file);
  if (!state) return state.error();
  ShardCount count;
  std::set<ShardName> named;
  for (const ShardInfo& shard : state.value().sharded.shards) {
    named.insert(shard.name);
    ++count.named;
    count.named_bytes += shard.bytes;
  }
  count.orphans = orphans_of(listing.value(), named).size();
  return count;
}

}  // namespace

Result<Inspection> inspect(FileSystem& files, const std::string& path, const SegmentCodec* codec) {
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
  if (manifest.format >= 2) out.job = manifest.job;
  for (const SegmentEntry& entry : manifest.segments) {
    out.segments.push_back({entry.file, entry.bytes, entry.digest});
  }
  out.warnings = std::move(found.value().warnings);
  const Result<ShardCount> shards = count_shards(*folder.value(), manifest, codec_or_hdf5(codec));
  if (shards) {
    out.shards = shards.value();
  } else {
    out.warnings.push_back("its shards cannot be counted: " + shards.error().message);
  }
  return out;
}

}  // namespace steadfarm::checkpoint
