#include "checkpoint/shard_writer.hpp"

#include <new>
#include <utility>

#include "base/assert.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/reader.hpp"
#include "checkpoint/watched_folder.hpp"

namespace steadfarm::checkpoint {

ShardWriter::ShardWriter(FileSystem& files, ShardOptions options)
    : files_(files),
      options_(std::move(options)),
      nonce_(files.nonce()),
      subfolder_(shard_folder(nonce_)),
      steps_(std::make_shared<std::atomic<std::uint64_t>>(0)) {}

Result<LaidOutShard> ShardWriter::lay_out(std::shared_ptr<const core::ResultBatch> results) const {
  STEADFARM_ASSERT(results->size() > 0);
  SegmentView view;
  view.header.owner_epoch = options_.grant.owner_epoch;
  view.header.fingerprint = options_.grant.fingerprint;
  view.header.result_fields = options_.result_fields;
  view.results = view_of(*results);
  Result<EncodedSegment> encoded = codec_or_hdf5(options_.codec).encode(view);
  if (!encoded) return encoded.error();
  return LaidOutShard{std::move(results), std::move(encoded).value()};
}

// A folder of that name on another machine's own disk, or one that somebody else has taken over,
// would swallow results that nobody finds again.
Status ShardWriter::check_store() {
  const Result<Listing> listing = list_store(*folder_);
  if (!listing) return listing.error();
  if (listing.value().manifests.empty()) {
    return Error{ErrorCode::not_found,
                 "there is no store in " + folder_->path() +
                     " as seen from here; every rank must see the --store, or give --shard off"};
  }
  const Result<StoredManifest> newest = read_manifest(*folder_, listing.value().newest());
  if (!newest) return newest.error();
  const Manifest& manifest = newest.value().manifest;
  if (manifest.owner_epoch == options_.grant.owner_epoch &&
      manifest.fingerprint == options_.grant.fingerprint) {
    return {};
  }
  const std::string what = "owner epoch " + std::to_string(manifest.owner_epoch.value) + ", job " +
                           to_hex(manifest.fingerprint) + ", and not owner epoch " +
                           std::to_string(options_.grant.owner_epoch.value) + ", job " +
                           to_hex(options_.grant.fingerprint);
  // The master has published a moment ago, and a network file system may show it later.
  if (manifest.owner_epoch < options_.grant.owner_epoch) {
    return Error{ErrorCode::io, "the store " + folder_->path() +
                                    " is older here than the master has made it: " + what};
  }
  return Error{ErrorCode::foreign,
               "the store " + folder_->path() +
                   " is not the one that the master has opened, as seen from here: " + what};
}

Status ShardWriter::enter() {
  Result<std::unique_ptr<Folder>> opened = files_.open_folder(options_.path, Access::read);
  if (!opened) return opened.error();
  folder_ = watch_steps(std::move(opened).value(), [steps = steps_] { ++*steps; });
  if (Status checked = check_store(); !checked) return checked;
  // Each is synced in the one above it, also if another worker has made it: that one may have died
  // before it did so.
  if (Status made = folder_->make_folder(shards_folder); !made) return made;
  if (Status synced = folder_->sync(); !synced) return synced;
  if (Status made = folder_->make_folder(subfolder_); !made) return made;
  return folder_->sync(shards_folder);
}

Result<ShardInfo> ShardWriter::write(const LaidOutShard& shard) {
  if (!durable_) {
    if (Status entered = enter(); !entered) return entered.error();
    durable_.emplace(*folder_, options_.grant.owner_epoch, nonce_, subfolder_ + "/");
  }
  if (!probed_) {
    // Before a shard is written that could not get its name.
    const Result<std::vector<std::string>> probed = durable_->probe();
    if (!probed) return probed.error();
    for (const std::string& warning : probed.value()) {
      if (options_.warn) options_.warn(warning);
    }
    probed_ = true;
  }
  ShardInfo info;
  info.name = {options_.grant.owner_epoch, nonce_, ++sequence_};
  info.results = shard.results->size();
  info.bytes = shard.encoded.image.bytes();
  const Result<DurableFiles::Written> written = durable_->write(shard.encoded.image);
  if (!written) return written.error();
  info.digest = written.value().digest;
  if (Status named = durable_->give_name(written.value().temp, shard_name(info.name)); !named) {
    return named.error();
  }
  if (Status synced = folder_->sync(subfolder_); !synced) return synced.error();
  return info;
}

}  // namespace steadfarm::checkpoint
