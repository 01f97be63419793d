#include "checkpoint/owned_store.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

#include "checkpoint/compaction.hpp"
#include "checkpoint/compaction_policy.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/replay.hpp"
#include "checkpoint/shard_reader.hpp"

namespace steadfarm::checkpoint {
namespace {

/// `owner`: 0 if the manifest cannot be read.
Error fenced(const Folder& folder, Generation by, OwnerEpoch owner, OwnerEpoch ours) {
  std::string whose = "is not ours";
  if (owner != OwnerEpoch(0)) {
    whose = "has owner epoch " + std::to_string(owner.value) + ", ours is " +
            std::to_string(ours.value);
  }
  return {ErrorCode::fenced, "another run has taken over the store " + folder.path() +
                                 " (generation " + std::to_string(by.value) + " " + whose +
                                 "); this run must stop"};
}

std::uint64_t bytes_of(const Publication& publication) {
  std::uint64_t bytes = 0;
  for (const auto* segments : {&publication.base, &publication.segments}) {
    for (const LaidOutSegment& segment : *segments) bytes += segment.encoded.image.bytes();
  }
  return bytes;
}

}  // namespace

OwnedStore::OwnedStore(std::unique_ptr<Folder> folder, Publisher publisher, StoreOptions options,
                       Manifest newest, Digest digest, Retention retention,
                       std::shared_ptr<const std::atomic<std::uint64_t>> steps)
    : folder_(std::move(folder)),
      options_(std::move(options)),
      owner_epoch_(newest.owner_epoch),
      fingerprint_(newest.fingerprint),
      steps_(std::move(steps)),
      publisher_(std::move(publisher)),
      newest_(std::move(newest)),
      newest_digest_(digest),
      retention_(std::move(retention)),
      published_(newest_.generation) {}

Generation OwnedStore::generation() const {
  const std::lock_guard lock(mutex_);
  return published_;
}

std::uint64_t OwnedStore::last_publish_bytes() const {
  const std::lock_guard lock(mutex_);
  return last_publish_bytes_;
}

std::vector<std::string> OwnedStore::take_warnings() {
  const std::lock_guard lock(mutex_);
  return std::exchange(warnings_, {});
}

void OwnedStore::warn(std::vector<std::string> warnings) {
  if (warnings.empty()) return;
  const std::lock_guard lock(mutex_);
  std::move(warnings.begin(), warnings.end(), std::back_inserter(warnings_));
}

bool OwnedStore::is_ours(const Manifest& manifest) const {
  return manifest.owner_epoch == newest_.owner_epoch && manifest.nonce == newest_.nonce;
}

/// Whose is a manifest above ours? Ours, if a link that reported failure did happen.
Status OwnedStore::resolve(Generation number) {
  const Result<StoredManifest> stored = read_manifest(*folder_, number);
  // One that cannot be read now tells nothing. Damaged, or of a newer program, it is not ours.
  const bool told = stored || stored.error().code == ErrorCode::corrupt ||
                    stored.error().code == ErrorCode::unsupported;
  if (!told) return Error{ErrorCode::io, stored.error().message};
  const bool ours = stored && is_ours(stored.value().manifest);
  const OwnerEpoch owner = stored ? stored.value().manifest.owner_epoch : OwnerEpoch(0);
  if (!ours) return fenced(*folder_, number, owner, newest_.owner_epoch);
  return {};
}

/// Ours must be there still: somebody may have emptied the folder, and begun anew up to the very
/// same number.
Status OwnedStore::check_newest() {
  const std::string name = manifest_name(newest_.generation);
  const Result<Bytes> bytes = folder_->read_all(name, manifest_bytes_max);
  if (bytes && digest(ByteView(bytes.value())) == newest_digest_) return {};
  const Result<StoredManifest> stored = read_manifest(*folder_, newest_.generation);
  if (!stored && stored.error().code == ErrorCode::not_found) {
    return Error{ErrorCode::io,
                 folder_->path() + "/" + name + " is gone: was the store removed or replaced?"};
  }
  if (!stored) return {};  // damaged or not readable now: the next one says all of it again
  return is_ours(stored.value().manifest)
             ? Status()
             : fenced(*folder_, newest_.generation, stored.value().manifest.owner_epoch,
                      newest_.owner_epoch);
}

/// The number to publish under, which is the lowest free one: an owner-to-be competes for the
/// same, and the link decides. Fenced if a manifest above our last one is not ours.
Result<Generation> OwnedStore::next_number() {
  const Result<Listing> listing = list_store(*folder_);
  if (!listing) return listing.error();
  const std::vector<Generation>& there = listing.value().manifests;
  for (const Generation number : there) {
    if (number <= newest_.generation) break;
    if (Status checked = resolve(number); !checked) return checked.error();
  }
  if (Status checked = check_newest(); !checked) return checked.error();
  // A manifest that is not listed may still appear, and its segments must be there then.
  std::erase_if(in_doubt_, [&](const Manifest& manifest) {
    const bool is_there = std::binary_search(there.rbegin(), there.rend(), manifest.generation);
    if (is_there) retention_.doom(manifest);
    return is_there;
  });
  return listing.value().newest().next();
}

// Goes on without what only tidies up.
void OwnedStore::put_compaction_off(Publication& publication) {
  if (!publication.compacted) return;
  publication.base.clear();
  publication.compacted.reset();
  compaction_pause_ = options_.compact_every;
}

Status OwnedStore::check_space(Publication& publication) {
  constexpr std::uint64_t reserve_bytes = 64U << 10U;
  const Result<std::uint64_t> free = folder_->free_bytes();
  std::uint64_t need = bytes_of(publication) + reserve_bytes;
  // The system's word is advice; the writes below have the last one.
  if (!free || free.value() >= need) return {};
  put_compaction_off(publication);
  need = bytes_of(publication) + reserve_bytes;
  if (free.value() >= need) return {};
  return Error{ErrorCode::no_space, "the next checkpoint needs " + std::to_string(need) +
                                        " bytes in " + folder_->path() + " and " +
                                        std::to_string(free.value()) +
                                        " are free; free some space"};
}

Manifest OwnedStore::child(const core::GenerationDelta& delta, Generation number) const {
  Manifest manifest = newest_;
  manifest.generation = number;
  manifest.takeover = false;
  manifest.parent = newest_.generation;
  manifest.parent_digest = newest_digest_;
  manifest.epoch = delta.epoch;
  manifest.complete = delta.complete;
  manifest.counters = delta.counters;
  manifest.pending = pending_count(delta.pending_indices, live_.count());
  return manifest;
}

Result<Manifest> OwnedStore::write_content(const Publication& publication, Generation number,
                                           std::vector<std::string>& written) {
  Result<std::vector<SegmentEntry>> base = publisher_.write_segments(publication.base, written);
  if (!base) return base.error();
  Result<std::vector<SegmentEntry>> fresh =
      publisher_.write_segments(publication.segments, written);
  if (!fresh) return fresh.error();
  // Before any manifest names them: a folder's changes may reach the disk in any order.
  if (Status synced = folder_->sync(); !synced) return synced.error();
  Manifest manifest = child(*publication.delta, number);
  if (publication.compacted) {
    const std::vector<std::string>& covered = publication.compacted->covered;
    std::erase_if(manifest.segments, [&](const SegmentEntry& entry) {
      return std::find(covered.begin(), covered.end(), entry.file) != covered.end();
    });
    // What it stands for came before everything else that still says something about units.
    manifest.segments.insert(manifest.segments.begin(), base.value().begin(), base.value().end());
  }
  std::move(fresh.value().begin(), fresh.value().end(), std::back_inserter(manifest.segments));
  return manifest;
}

void OwnedStore::doom(const std::vector<std::string>& names) {
  for (const std::string& name : names) retention_.doom_file(name);
}

Status OwnedStore::publish_manifest(const Manifest& manifest,
                                    const std::vector<std::string>& written) {
  in_doubt_.push_back(manifest);  // until it is known; also if memory runs out in there
  Publisher::Outcome outcome = publisher_.write_manifest(manifest);
  if (outcome.status || !outcome.tried_link) in_doubt_.pop_back();
  if (!outcome.status) {
    if (!outcome.tried_link) doom(written);
    return outcome.status;
  }
  publish_bytes_ = outcome.bytes;
  for (const SegmentEntry& entry : manifest.segments) {
    const bool is_new = std::find(written.begin(), written.end(), entry.file) != written.end();
    if (is_new) publish_bytes_ += entry.bytes;
  }
  newest_digest_ = outcome.digest;
  return {};
}

/// A name that is taken or a file of ours that is gone: most likely a newer owner was here.
Error OwnedStore::explained(const Error& error) {
  if (error.code != ErrorCode::exists && error.code != ErrorCode::not_found) return error;
  const Result<Generation> number = next_number();
  if (!number && number.error().code == ErrorCode::fenced) return number.error();
  return {ErrorCode::io, error.message};
}

Result<std::unique_ptr<Publication>> OwnedStore::prepare(
    std::shared_ptr<const core::GenerationDelta> delta) {
  auto publication = std::make_unique<Publication>();
  Generation number;
  {
    const std::lock_guard lock(mutex_);
    number = published_.next();
    // The last generation of a run is not held up by what can wait.
    if (!hurry_ && !delta->complete) publication->compacted = std::move(compacted_);
  }
  const SegmentHeader header{number, owner_epoch_, delta->epoch, fingerprint_,
                             options_.result_fields};
  CutLimits limits{options_.segment_bytes_max, options_.inline_results_bytes_max};
  Result<std::vector<LaidOutSegment>> fresh = publisher_.lay_out(cut(*delta, header, limits));
  if (!fresh) return fresh.error();
  publication->segments = std::move(fresh).value();
  if (publication->compacted) {
    limits.inline_results_bytes_max = 0;  // else they would be copied again the next time
    Result<std::vector<LaidOutSegment>> base =
        publisher_.lay_out(cut_lists(publication->compacted->lists, header, limits));
    if (!base) return base.error();
    publication->base = std::move(base).value();
  }
  publication->delta = std::move(delta);
  return publication;
}

// `loose`: files that no manifest of ours names, not even one in doubt.
void OwnedStore::failed(Publication& publication, const std::vector<std::string>& loose) {
  live_.undo();
  put_compaction_off(publication);  // the next attempt is to be as small as it can be
  doom(loose);
}

void OwnedStore::succeeded(Publication& publication, Manifest manifest) {
  live_.settle();
  newest_ = std::move(manifest);
  {
    const std::lock_guard lock(mutex_);
    published_ = newest_.generation;
    last_publish_bytes_ = publish_bytes_;
  }
  // It is durable: from here on an error would be a lie.
  if (!lists_whole_) return;
  lists_whole_ = false;
  end_doubts();
  retention_.keep(newest_);
  for (const ShardInfo& shard : publication.delta->sharded.shards) shards_.insert(shard.name);
  if (publication.compacted) {
    for (const std::string& name : publication.compacted->covered) indices_.erase(name);
  }
  for (auto* segments : {&publication.base, &publication.segments}) {
    for (LaidOutSegment& segment : *segments) {
      const SegmentEntry entry{segment.name, segment.role, 0, segment.encoded.image.bytes(), {}};
      if (!may_be_compacted(entry, options_.merge_bytes_max)) continue;
      indices_.emplace(segment.name, std::move(segment.encoded.index));
    }
  }
  lists_whole_ = true;
}

// If the new generation has the number of one in doubt, that one was never published.
void OwnedStore::end_doubts() {
  for (const Manifest& manifest : std::exchange(in_doubt_, {})) {
    if (manifest.generation != newest_.generation) {
      retention_.doom(manifest);
      continue;
    }
    for (const SegmentEntry& entry : manifest.segments) retention_.doom_file(entry.file);
  }
}

Result<Generation> OwnedStore::try_write(Publication& publication,
                                         std::vector<std::string>& loose) {
  const Result<Generation> number = next_number();
  const Status space = number ? check_space(publication) : number.error();
  live_.apply(*publication.delta);
  if (!space) {
    failed(publication, loose);
    return space.error();
  }
  Result<Manifest> manifest = write_content(publication, number.value(), loose);
  if (!manifest) {
    failed(publication, loose);
    return explained(manifest.error());
  }
  const std::vector<std::string> written = std::exchange(loose, {});
  if (Status done = publish_manifest(manifest.value(), written); !done) {
    failed(publication, loose);
    return explained(done.error());
  }
  try {
    succeeded(publication, std::move(manifest).value());
  } catch (const std::bad_alloc&) {  // lists_whole_ says so
  }
  return newest_.generation;
}

Result<Generation> OwnedStore::write(Publication& publication) {
  std::vector<std::string> loose;
  try {
    return try_write(publication, loose);
  } catch (const std::bad_alloc&) {
    failed(publication, loose);
    return Error{ErrorCode::io, "no memory is left to write a generation of the store " +
                                    folder_->path() +
                                    "; a smaller --buffer leaves more, or a larger machine"};
  }
}

void OwnedStore::maintain() {
  if (!lists_whole_) return;  // what is not known to be superseded stays
  try {
    tidy();
  } catch (const std::bad_alloc&) {
    compaction_pause_ = options_.compact_every;
    warn({"no memory is left to tidy the store " + folder_->path() + "; old files stay for now"});
  }
}

// Nothing is accepted any more, so what was not named by now never will be. Files of older
// histories are for the folder `discarded`.
void OwnedStore::doom_orphans(std::vector<std::string>& warnings) {
  const Result<ShardListing> listing = list_shards(*folder_);
  if (!listing) {
    warnings.push_back("shards that do not count stay for now: " + listing.error().message);
    return;
  }
  for (const std::string& name : orphans_of(listing.value(), shards_)) {
    const OwnerEpoch owner = parse_shard_name(name)->owner_epoch;
    const bool ours = owner <= owner_epoch_ && owner.value >= newest_.history.value;
    if (ours) retention_.doom_file(name);
  }
}

std::vector<SegmentEntry> OwnedStore::due_for_compaction() const {
  {
    const std::lock_guard lock(mutex_);
    if (compacted_ != nullptr) return {};  // waits for the next generation
  }
  if (compaction_pause_ > 0 || newest_.complete || hurry_) return {};
  std::vector<SegmentEntry> due =
      due_for_merging(newest_, options_.compact_every, options_.merge_bytes_max);
  if (compaction_is_due(newest_, options_.compact_every)) {
    std::vector<SegmentEntry> states = state_segments(newest_);
    std::move(states.begin(), states.end(), std::back_inserter(due));
  }
  return due;
}

void OwnedStore::tidy() {
  std::vector<std::string> warnings;
  if (newest_.complete) doom_orphans(warnings);
  retention_.sweep(*folder_, warnings);
  if (compaction_pause_ > 0) --compaction_pause_;
  const std::vector<SegmentEntry> due = due_for_compaction();
  if (!due.empty()) {
    Result<Compacted> compacted =
        compact(*folder_, due, indices_, codec_or_hdf5(options_.codec), hurry_);
    if (compacted) {
      const std::lock_guard lock(mutex_);
      compacted_ = std::make_unique<const Compacted>(std::move(compacted).value());
    } else if (!hurry_) {
      compaction_pause_ = options_.compact_every;
      warnings.push_back("cannot compact the store: " + compacted.error().message);
    }
  }
  warn(std::move(warnings));
}

Result<Generation> Store::publish(const core::GenerationDelta& delta) {
  // Not owned: it stays with the caller, who waits.
  const std::shared_ptr<const core::GenerationDelta> borrowed(std::shared_ptr<void>(), &delta);
  Result<std::unique_ptr<Publication>> publication = prepare(borrowed);
  if (!publication) return publication.error();
  Result<Generation> done = write(*publication.value());
  if (done) maintain();
  return done;
}

}  // namespace steadfarm::checkpoint
