// Opening a store: look, choose, and take over by publishing the next manifest.
#include <algorithm>
#include <new>
#include <utility>

#include "checkpoint/file_system.hpp"
#include "checkpoint/housekeeping.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/owned_store.hpp"
#include "checkpoint/sharing.hpp"
#include "checkpoint/watched_folder.hpp"

namespace steadfarm::checkpoint {
namespace {

/// Says again what the base holds, under the next number. That number is also the owner epoch:
/// above every epoch there ever was, even if older manifests can no longer be read.
Manifest takeover_of(const Survey& found, const StoreOptions& options, std::uint64_t nonce) {
  Manifest manifest;
  if (found.base) manifest = found.base->manifest;
  manifest.generation = found.newest.next();
  manifest.owner_epoch = OwnerEpoch(manifest.generation.value);
  manifest.takeover = true;
  manifest.nonce = nonce;
  manifest.job = options.job.job;
  manifest.description = describe(options.job.job);
  if (!found.base) manifest.fingerprint = fingerprint_of(options.job.job);
  if (found.base) {
    manifest.parent = found.base->manifest.generation;
    manifest.parent_digest = found.base->digest;
  } else {
    manifest.history = manifest.generation;
  }
  return manifest;
}

Status check(const StoreOptions& options) {
  if (options.keep < 2) {
    return Error{ErrorCode::usage, "--keep " + std::to_string(options.keep) +
                                       " is too few: a store keeps at least 2 generations"};
  }
  if (options.segment_bytes_max == 0 || options.compact_every == 0) {
    return Error{ErrorCode::usage,
                 "a store needs a segment size and a compaction interval above 0"};
  }
  return {};
}

enum class Claim { won, look_again };

/// Somebody has the number that we wanted.
Result<Claim> judge_rival(Folder& folder, const Manifest& ours, Patience* patience) {
  const Result<StoredManifest> rival = read_manifest(folder, ours.generation);
  if (!rival && rival.error().code == ErrorCode::not_found) {
    // Another host wrote it before we came: the next look is to see it.
    static_cast<void>(read_manifest(folder, ours.generation, patience));
    return Claim::look_again;
  }
  // An owner of older days that is still at work; or a manifest that cannot be read, which the
  // next look counts as damaged.
  if (!rival || rival.value().manifest.owner_epoch < ours.owner_epoch) return Claim::look_again;
  return Error{ErrorCode::fenced, "another run took the store " + folder.path() +
                                      " over at this moment; stop one of the two"};
}

Result<Claim> claim(Folder& folder, Publisher& publisher, const Manifest& manifest,
                    Patience* patience, Digest& digest) {
  Publisher::Outcome outcome = publisher.write_manifest(manifest);
  digest = outcome.digest;
  if (outcome.status) return Claim::won;
  // Taken, or our temporary file was tidied away, which only a newer owner does.
  const ErrorCode code = outcome.status.error().code;
  const bool rival = code == ErrorCode::exists || code == ErrorCode::not_found;
  return rival ? judge_rival(folder, manifest, patience) : outcome.status.error();
}

void describe(const Survey& found, const HousekeepingReport& house, OpenReport& report) {
  report.warnings = house.warnings;
  report.set_aside = house.set_aside;
  report.warnings.insert(report.warnings.end(), found.warnings.begin(), found.warnings.end());
  if (!found.base || found.bad.empty()) return;
  report.warnings.push_back("going on from generation " +
                            std::to_string(found.base->manifest.generation.value) +
                            ", the newest that verifies");
}

Result<std::unique_ptr<Store>> open_store(FileSystem& files, StoreOptions options,
                                          OpenReport& report) {
  if (Status checked = check(options); !checked) return checked.error();
  // Else what was merged would be cut again into parts that are to be merged.
  options.merge_bytes_max = std::min(options.merge_bytes_max, options.segment_bytes_max);
  Result<std::unique_ptr<Folder>> opened = files.open_folder(options.path, Access::own);
  if (!opened) return opened.error();
  const auto steps = std::make_shared<std::atomic<std::uint64_t>>(0);
  opened = watch_steps(std::move(opened).value(), [steps] { ++*steps; });
  Folder& folder = *opened.value();
  constexpr int claims_max = 16;
  for (int i = 0; i < claims_max; ++i) {
    // A new one for each claim: a temporary file that an earlier claim could not remove must not
    // have the same name.
    const std::uint64_t nonce = files.nonce();
    Result<Survey> found = survey(folder, options);
    if (!found) return found.error();
    const Manifest takeover = takeover_of(found.value(), options, nonce);
    Digest digest;
    Publisher publisher(folder, takeover.owner_epoch, nonce, codec_or_hdf5(options.codec));
    // Nothing has changed so far: what the file system lacks is said before anything is.
    const Result<std::vector<std::string>> probed = publisher.probe();
    // A newer owner has tidied it away.
    if (!probed && probed.error().code == ErrorCode::not_found) continue;
    if (!probed) return probed.error();
    const Result<Claim> claimed = claim(folder, publisher, takeover, options.patience, digest);
    if (!claimed) return claimed.error();
    if (claimed.value() == Claim::look_again) continue;

    Retention retention(options.keep);
    const HousekeepingReport house = keep_house(
        folder, found.value(), takeover,
        options.shards_from == OwnerEpoch(0) ? takeover.owner_epoch : options.shards_from,
        retention);
    describe(found.value(), house, report);
    for (const auto& more : {folder.warnings(), probed.value(), share_alike(folder)}) {
      report.warnings.insert(report.warnings.end(), more.begin(), more.end());
    }
    retention.keep(takeover);
    retention.sweep(folder, report.warnings);
    report.generation = takeover.generation;
    report.owner_epoch = takeover.owner_epoch;
    report.fingerprint = takeover.fingerprint;
    const bool sound = found.value().base && takeover.parent == found.value().newest;
    if (sound) report.previous_owner = found.value().base->manifest.owner_epoch;
    options.patience = nullptr;  // it is the caller's, for this call
    auto store = std::make_unique<OwnedStore>(std::move(opened).value(), std::move(publisher),
                                              std::move(options), takeover, digest,
                                              std::move(retention), steps);
    if (found.value().base && !takeover.segments.empty()) {
      store->restore(found.value().state, std::move(found.value().indices), found.value().shards);
      report.recovered = std::move(found.value().state);
    }
    return std::unique_ptr<Store>(std::move(store));
  }
  return Error{ErrorCode::fenced, "another run keeps publishing in the store " + options.path +
                                      "; stop it first, or give another --store"};
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(FileSystem& files, StoreOptions options,
                                           OpenReport& report) {
  report = {};
  const std::string path = options.path;
  try {
    return open_store(files, std::move(options), report);
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::no_memory,
                 "memory runs out while the store " + path + " is opened; no file was moved. " +
                     "Raise the limit (ulimit -v, the cgroup or the job's memory)"};
  }
}

}  // namespace steadfarm::checkpoint
