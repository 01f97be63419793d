#include "checkpoint/survey.hpp"

#include <algorithm>

#include "checkpoint/names.hpp"
#include "checkpoint/replay.hpp"

namespace steadfarm::checkpoint {
namespace {

/// Is it this job's? Format 1 has a digest of all of the job and cannot tell what differs.
Status judge_job(const Folder& folder, const Manifest& theirs, const JobClaim& ours,
                 std::vector<std::string>& warnings) {
  const std::string other_job = folder.path() + " is the store of another job: ";
  if (theirs.format >= 2) {
    const Status same = compare_jobs(theirs.job, ours, warnings);
    return same ? same : Error{same.error().code, other_job + same.error().message};
  }
  const bool known = std::find(ours.format_1.begin(), ours.format_1.end(), theirs.fingerprint) !=
                     ours.format_1.end();
  if (!known) {
    return Error{ErrorCode::foreign,
                 other_job + "it holds '" + one_line(theirs.description) + "' and this is '" +
                     describe(ours.job) +
                     "' (format 1: identity, seed, units, folds or stored fields differ); give "
                     "another --store, or put this one away with --fresh"};
  }
  warnings.push_back("the store " + folder.path() +
                     " is of format 1, which does not say what program wrote it and of what types "
                     "unit, result and fold states were: they are taken to be those of this one");
  return {};
}

Error nothing_verifies(const Folder& folder, const Survey& found) {
  const std::string reason =
      found.bad.empty() ? "its segments are there but no manifest is" : found.bad.front().reason;
  return {ErrorCode::corrupt,
          "no generation of the store " + folder.path() + " verifies (" + reason +
              "); nothing was changed. If files are in its folder " + bad_folder +
              ", try: steadfarm restore " + folder.path() +
              "; or put back a copy; only if all of it may be lost, discard it with --fresh"};
}

/// It says nothing against the store that this process cannot read it now.
Error unreadable(const Folder& folder, const Error& why) {
  const ErrorCode code =
      why.code == ErrorCode::no_memory ? ErrorCode::no_memory : ErrorCode::unreadable;
  std::string advice = "; nothing was changed, start again when it can be read";
  if (why.code == ErrorCode::not_found) advice = "; nothing was changed";
  return {code, "the store " + folder.path() + " cannot be read now: " + why.message + advice};
}

class Surveyor {
 public:
  Surveyor(Folder& folder, const StoreOptions& options)
      : folder_(folder), options_(options), patience_(options.fresh ? nullptr : options.patience) {}

  /// One look at the folder. Nothing if a live owner changed it meanwhile.
  Result<std::optional<Survey>> look() {
    Result<Listing> listing = list();
    if (!listing) return unreadable(folder_, listing.error());
    found_.newest = std::max(listing.value().newest(), known_);
    watch_for_successors();
    Status chosen = choose_from(listing.value());
    if (patience_ != nullptr) patience_->set_superseded(nullptr);
    if (!chosen) return chosen.error();
    if (!options_.fresh && missing_ && changed_meanwhile()) return std::optional<Survey>();
    const bool anything = !listing.value().manifests.empty() || !listing.value().segments.empty();
    if (!options_.fresh && !found_.base && anything) return nothing_verifies(folder_, found_);
    return std::optional<Survey>(std::move(found_));
  }

 private:
  /// As new as is known, which takes its time where another host wrote it. When the time is over,
  /// what is there.
  Result<Listing> list() {
    Listing last;
    Result<Listing> seen = read_patiently(patience_, [this, &last]() -> Result<Listing> {
      Result<Listing> listing = list_store(folder_, patience_);
      if (!listing) return listing;
      last = listing.value();
      known_ = std::max(options_.known, last.published());
      if (options_.fresh || last.newest() >= known_) return listing;
      return Error{ErrorCode::not_found, folder_.path() + "/" + manifest_name(known_) +
                                             " or a newer one was published and is not there"};
    });
    const bool is_late = !seen && seen.error().code == ErrorCode::not_found && !stopped_waiting();
    if (!is_late) return seen;
    found_.lost_manifests = true;
    return last;
  }

  /// Nobody waits for a file that a live owner has removed.
  void watch_for_successors() {
    if (patience_ == nullptr) return;
    patience_->set_superseded([this] { return changed_meanwhile(); });
  }

  void note(const std::string& name, const Error& error) {
    found_.bad.push_back({name, error.message});
  }

  Status choose_from(const Listing& listing) {
    Status read = read_manifests(listing);
    return read && !options_.fresh ? choose() : read;
  }

  Status read_manifests(const Listing& listing) {
    for (const Generation generation : listing.manifests) {
      Result<StoredManifest> stored = read_manifest(folder_, generation, patience_);
      if (stored) {
        found_.readable.push_back(std::move(stored).value());
        continue;
      }
      switch (stored.error().code) {
        case ErrorCode::unsupported:
          // A newer program may understand it: neither damaged nor ours to pass over.
          return stored.error();
        case ErrorCode::not_found:
          if (stopped_waiting()) return unreadable(folder_, stored.error());
          missing_ = true;
          break;
        case ErrorCode::corrupt:
          note(manifest_name(generation), stored.error());
          break;
        default:
          // What is to be discarded need not be read. It stays until it can be.
          if (!options_.fresh) return unreadable(folder_, stored.error());
      }
    }
    return {};
  }

  Status choose() {
    for (const StoredManifest& stored : found_.readable) {
      found_.warnings.clear();  // those of the one that is chosen count
      Status ours = judge_job(folder_, stored.manifest, options_.job, found_.warnings);
      if (!ours) return ours.error();
      const bool something_is_lost = missing_ || found_.lost_manifests || !found_.bad.empty();
      if (something_is_lost && holds_nothing(stored.manifest)) continue;  // it would start over
      std::string bad_file;
      Result<LoadedGeneration> loaded =
          load_generation(folder_, stored.manifest, options_, bad_file);
      if (loaded) {
        found_.base = stored;
        found_.state = std::move(loaded.value().state);
        found_.indices = std::move(loaded.value().indices);
        found_.shards = std::move(loaded.value().sharded.shards);
        return {};
      }
      const Error& error = loaded.error();
      // Missing after all this time counts as damage, of the generation that needs it.
      const bool missing = error.code == ErrorCode::not_found && !stopped_waiting();
      if (!missing && error.code != ErrorCode::corrupt) return unreadable(folder_, error);
      if (missing) missing_ = true;
      note(manifest_name(stored.manifest.generation), error);
      if (!missing && !bad_file.empty() && !is_noted(bad_file) && !is_disputed(bad_file)) {
        note(bad_file, error);
      }
    }
    return {};
  }

  [[nodiscard]] bool stopped_waiting() const { return patience_ != nullptr && patience_->ended(); }

  /// Manifests differ over this segment, so that one of them must be wrong and perhaps not it.
  [[nodiscard]] bool is_disputed(const std::string& name) const {
    const SegmentEntry* seen = nullptr;
    for (const StoredManifest& stored : found_.readable) {
      for (const SegmentEntry& entry : stored.manifest.segments) {
        if (entry.file != name) continue;
        if (seen != nullptr && !(*seen == entry)) return true;
        seen = &entry;
      }
    }
    return false;
  }

  [[nodiscard]] bool is_noted(const std::string& name) const {
    return std::any_of(found_.bad.begin(), found_.bad.end(),
                       [&](const BadFile& bad) { return bad.name == name; });
  }

  [[nodiscard]] bool changed_meanwhile() {
    const Result<Listing> again = list_store(folder_);
    return again && again.value().newest() > found_.newest;
  }

  Folder& folder_;
  const StoreOptions& options_;
  Patience* const patience_;
  Survey found_;
  Generation known_;      // to have been published
  bool missing_ = false;  // something that was listed or named is not there
};

}  // namespace

Result<Survey> survey(Folder& folder, const StoreOptions& options) {
  // A live owner removes old files while we read; each new look starts from a newer generation.
  constexpr int looks_max = 16;
  for (int look = 0; look < looks_max; ++look) {
    Result<std::optional<Survey>> found = Surveyor(folder, options).look();
    if (!found) return found.error();
    if (found.value()) return std::move(*found.value());
  }
  return Error{ErrorCode::fenced, "another run keeps publishing in the store " + folder.path() +
                                      "; stop it first, or give another --store"};
}

}  // namespace steadfarm::checkpoint
