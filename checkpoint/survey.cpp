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
  const bool all_io = !found.bad.empty() &&
                      std::all_of(found.bad.begin(), found.bad.end(),
                                  [](const BadFile& bad) { return bad.code == ErrorCode::io; });
  const std::string reason =
      found.bad.empty() ? "its segments are there but no manifest is" : found.bad.front().reason;
  const std::string action = all_io ? "; repair the disk and start again"
                                    : "; put back a copy, or discard it with --fresh";
  return {all_io ? ErrorCode::io : ErrorCode::corrupt,
          "no generation of the store " + folder.path() + " verifies (" + reason + ")" + action};
}

class Surveyor {
 public:
  Surveyor(Folder& folder, const StoreOptions& options) : folder_(folder), options_(options) {}

  /// One look at the folder. Nothing if a live owner changed it meanwhile.
  Result<std::optional<Survey>> look() {
    Result<Listing> listing = list_store(folder_);
    if (!listing) return listing.error();
    found_.newest = listing.value().newest();
    if (Status read = read_manifests(listing.value()); !read) return read.error();
    if (options_.fresh) return std::optional<Survey>(std::move(found_));
    Result<bool> chosen = choose();
    if (!chosen) return chosen.error();
    if (missing_ && changed_meanwhile()) return std::optional<Survey>();
    const bool anything = !listing.value().manifests.empty() || !listing.value().segments.empty();
    if (!chosen.value() && anything) return nothing_verifies(folder_, found_);
    return std::optional<Survey>(std::move(found_));
  }

 private:
  void note(const std::string& name, const Error& error) {
    found_.bad.push_back({name, error.code, error.message});
  }

  Status read_manifests(const Listing& listing) {
    for (const Generation generation : listing.manifests) {
      Result<StoredManifest> stored = read_manifest(folder_, generation);
      if (stored) {
        found_.readable.push_back(std::move(stored).value());
        continue;
      }
      // A newer program may understand it: neither damaged nor ours to pass over.
      if (stored.error().code == ErrorCode::unsupported) return stored.error();
      if (stored.error().code == ErrorCode::not_found) {
        missing_ = true;
        continue;
      }
      note(manifest_name(generation), stored.error());
    }
    return {};
  }

  Result<bool> choose() {
    for (const StoredManifest& stored : found_.readable) {
      found_.warnings.clear();  // those of the one that is chosen count
      Status ours = judge_job(folder_, stored.manifest, options_.job, found_.warnings);
      if (!ours) return ours.error();
      std::string bad_file;
      Result<LoadedGeneration> loaded =
          load_generation(folder_, stored.manifest, options_, bad_file);
      if (loaded) {
        found_.base = stored;
        found_.state = std::move(loaded.value().state);
        found_.indices = std::move(loaded.value().indices);
        found_.shards = std::move(loaded.value().sharded.shards);
        return true;
      }
      if (loaded.error().code == ErrorCode::not_found) missing_ = true;
      note(manifest_name(stored.manifest.generation), loaded.error());
      // The segment goes with it, unless it is not there at all.
      if (!bad_file.empty() && loaded.error().code != ErrorCode::not_found && !is_noted(bad_file)) {
        note(bad_file, loaded.error());
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
    return again && again.value().newest() != found_.newest;
  }

  Folder& folder_;
  const StoreOptions& options_;
  Survey found_;
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
