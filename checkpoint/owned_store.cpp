#include "checkpoint/owned_store.hpp"

#include <algorithm>
#include <utility>

#include "checkpoint/compaction.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/replay.hpp"

namespace steadfarm::checkpoint {
namespace {

Error fenced(const Folder& folder, Generation by) {
  return {ErrorCode::fenced, "another run has taken over the store " + folder.path() +
                                 " (generation " + std::to_string(by.value) +
                                 " is not ours); this run must stop"};
}

/// What cutting the delta will roughly write.
std::uint64_t bytes_of(const core::GenerationDelta& delta) {
  std::uint64_t bytes = delta.results.bytes.size() + delta.results.size() * 24;
  bytes += delta.fold_state.size() + delta.pending_indices.size() * 16;
  for (const core::UnitRecord& unit : delta.added) bytes += unit.payload.size() + 48;
  return bytes;
}

}  // namespace

OwnedStore::OwnedStore(std::unique_ptr<Folder> folder, Publisher publisher, StoreOptions options,
                       Manifest newest, Digest digest, Retention retention)
    : folder_(std::move(folder)),
      options_(std::move(options)),
      newest_(std::move(newest)),
      newest_digest_(digest),
      publisher_(std::move(publisher)),
      retention_(std::move(retention)) {}

std::vector<std::string> OwnedStore::take_warnings() { return std::exchange(warnings_, {}); }

/// Whose is a manifest above ours? Ours, if a link that reported failure did happen.
Status OwnedStore::resolve(Generation number) {
  const Result<StoredManifest> stored = read_manifest(*folder_, number);
  if (!stored && stored.error().code == ErrorCode::io) return stored.error();
  const bool ours = stored && stored.value().manifest.owner_epoch == newest_.owner_epoch &&
                    stored.value().manifest.nonce == newest_.nonce;
  if (!ours) return fenced(*folder_, number);
  return {};
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
  if (!std::binary_search(there.rbegin(), there.rend(), newest_.generation)) {
    return Error{ErrorCode::io, folder_->path() + "/" + manifest_name(newest_.generation) +
                                    " is gone: was the store removed or replaced?"};
  }
  for (const Manifest& manifest : std::exchange(in_doubt_, {})) {
    if (std::binary_search(there.rbegin(), there.rend(), manifest.generation)) {
      retention_.doom(manifest);
      continue;
    }
    for (const SegmentEntry& entry : manifest.segments) retention_.doom_file(entry.file);
  }
  return listing.value().newest().next();
}

Status OwnedStore::check_space(const core::GenerationDelta& delta) {
  constexpr std::uint64_t reserve_bytes = 64U << 10U;
  const std::uint64_t need = bytes_of(delta) + reserve_bytes;
  const Result<std::uint64_t> free = folder_->free_bytes();
  // The system's word is advice; the writes below have the last one.
  if (!free || free.value() >= need) return {};
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

Result<Manifest> OwnedStore::write_content(const core::GenerationDelta& delta, Generation number,
                                           std::vector<std::string>& written) {
  Manifest manifest = child(delta, number);
  const core::GenerationDelta* content = &delta;
  core::GenerationDelta whole;
  CutLimits limits{options_.segment_bytes_max, options_.inline_results_bytes_max};
  if (compaction_pause_ > 0) --compaction_pause_;
  if (compaction_pause_ == 0 && compaction_is_due(newest_, options_.compact_every)) {
    Result<core::GenerationDelta> compacted =
        compact(*folder_, newest_, delta, codec_or_hdf5(options_.codec));
    if (compacted) {
      whole = std::move(compacted).value();
      content = &whole;
      limits.inline_results_bytes_max = 0;  // else they would be copied again the next time
      std::erase_if(manifest.segments,
                    [](const SegmentEntry& entry) { return entry.role == SegmentRole::state; });
    } else {
      compaction_pause_ = options_.compact_every;
      warnings_.push_back("cannot compact the store: " + compacted.error().message);
    }
  }
  const SegmentHeader header{number, newest_.owner_epoch, delta.epoch, newest_.fingerprint};
  Result<std::vector<SegmentEntry>> entries =
      publisher_.write_segments(cut(*content, header, limits), written);
  if (!entries) return entries.error();
  std::move(entries.value().begin(), entries.value().end(), std::back_inserter(manifest.segments));
  return manifest;
}

void OwnedStore::doom(const std::vector<std::string>& names) {
  for (const std::string& name : names) retention_.doom_file(name);
}

Status OwnedStore::publish_manifest(const Manifest& manifest,
                                    const std::vector<std::string>& written) {
  Publisher::Outcome outcome = publisher_.write_manifest(manifest);
  if (!outcome.status) {
    if (outcome.tried_link) {
      in_doubt_.push_back(manifest);
    } else {
      doom(written);
    }
    return outcome.status;
  }
  last_publish_bytes_ = outcome.bytes;
  for (const SegmentEntry& entry : manifest.segments) {
    const bool is_new = std::find(written.begin(), written.end(), entry.file) != written.end();
    if (is_new) last_publish_bytes_ += entry.bytes;
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

Result<Generation> OwnedStore::publish(const core::GenerationDelta& delta) {
  const Result<Generation> number = next_number();
  if (!number) return number.error();
  if (Status space = check_space(delta); !space) return space.error();
  live_.apply(delta);
  std::vector<std::string> written;
  Result<Manifest> manifest = write_content(delta, number.value(), written);
  if (!manifest) {
    live_.undo();
    doom(written);
    return explained(manifest.error());
  }
  if (Status done = publish_manifest(manifest.value(), written); !done) {
    live_.undo();
    return explained(done.error());
  }
  newest_ = std::move(manifest).value();
  retention_.keep(newest_);
  retention_.sweep(*folder_, warnings_);
  return newest_.generation;
}

}  // namespace steadfarm::checkpoint
