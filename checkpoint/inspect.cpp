// What `steadfarm inspect` reads, and the cheap look of those who look often.
#include <set>
#include <utility>

#include "checkpoint/allocation.hpp"
#include "checkpoint/browse.hpp"
#include "checkpoint/file_system.hpp"
#include "checkpoint/shard_reader.hpp"
#include "checkpoint/store.hpp"

namespace steadfarm::checkpoint {
namespace {

void describe(Found found, Glance& out) {
  const Manifest& manifest = found.stored.manifest;
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
  out.warnings = std::move(found.warnings);
}

Status count_away(Folder& folder, Glance& out) {
  Result<PutAway> held = count_put_away(folder);
  if (!held) return held.error();
  out.put_away = held.value();
  return {};
}

Status count_shards(Folder& folder, const core::ShardIndex& sharded, ShardCount& count) {
  std::set<ShardName> named;
  for (const ShardInfo& shard : sharded.shards) {
    named.insert(shard.name);
    ++count.named;
    count.named_bytes += shard.bytes;
  }
  const Result<ShardListing> listing = list_shards(folder);
  if (!listing) return listing.error();
  count.orphans = orphans_of(listing.value(), named).size();
  return {};
}

Result<Inspection> inspect_folder(Folder& folder, const SegmentCodec& codec,
                                  std::uint32_t threads) {
  Examiner examiner(folder, codec, threads);
  Result<FoundGood> good = find_newest_good(folder, examiner);
  if (!good) return good.error();
  Inspection out;
  describe(std::move(good.value().found), out);
  if (Status counted = count_away(folder, out); !counted) return counted.error();
  Status counted = count_shards(folder, good.value().sharded, out.shards);
  if (!counted) return counted.error();
  return out;
}

}  // namespace

Result<Glance> glance(FileSystem& files, const std::string& path) {
  return or_no_memory("looking at a store", [&]() -> Result<Glance> {
    const Result<std::unique_ptr<Folder>> folder = files.open_folder(path, Access::read);
    if (!folder) return folder.error();
    Result<Found> found = find_newest(*folder.value());
    if (!found) return found.error();
    Glance out;
    describe(std::move(found).value(), out);
    if (Status counted = count_away(*folder.value(), out); !counted) return counted.error();
    return out;
  });
}

Result<Inspection> inspect(FileSystem& files, const std::string& path, const SegmentCodec* codec,
                           std::uint32_t threads) {
  return or_no_memory("inspecting a store", [&]() -> Result<Inspection> {
    const Result<std::unique_ptr<Folder>> folder = files.open_folder(path, Access::read);
    if (!folder) return folder.error();
    return inspect_folder(*folder.value(), codec_or_hdf5(codec), threads);
  });
}

}  // namespace steadfarm::checkpoint
