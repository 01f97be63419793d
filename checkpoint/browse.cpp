#include "checkpoint/browse.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

namespace steadfarm::checkpoint {
namespace {

/// Passed over are only generations that are proved bad: one that cannot be read now may be good,
/// and nobody should take an older one for the newest.
struct Judgement {
  std::optional<FoundGood> good;
  std::vector<Error> findings;
};
using Judge = std::function<Judgement(StoredManifest)>;

Status check_sizes(Folder& folder, const Manifest& manifest) {
  for (const SegmentEntry& entry : manifest.segments) {
    const Result<std::uint64_t> bytes = folder.size(entry.file);
    if (!bytes) return bytes.error();
    if (bytes.value() == entry.bytes) continue;
    return Error{ErrorCode::corrupt, folder.path() + "/" + entry.file + ": it has " +
                                         std::to_string(bytes.value()) + " bytes and not " +
                                         std::to_string(entry.bytes)};
  }
  return {};
}

Judgement judge_sizes(Folder& folder, StoredManifest stored) {
  Judgement out;
  if (Status fits = check_sizes(folder, stored.manifest); !fits) {
    out.findings.push_back(fits.error());
  } else {
    out.good = FoundGood{{std::move(stored), {}}, {}};
  }
  return out;
}

Judgement judge_content(Folder& folder, Examiner& examiner, StoredManifest stored) {
  // Cheap, so first: whoever cut a file need not read all others.
  Judgement out = judge_sizes(folder, std::move(stored));
  if (!out.good) return out;
  const Manifest& manifest = out.good->found.stored.manifest;
  examiner.read({&manifest});
  ExaminedGeneration examined = examiner.examine(manifest);
  out.good->sharded = std::move(examined.sharded);
  out.findings = std::move(examined.findings);
  if (!out.findings.empty()) out.good.reset();
  return out;
}

/// One look at the folder. Nothing if it changed under us.
class FolderLook {
 public:
  FolderLook(Folder& folder, const Judge& judge) : folder_(folder), judge_(judge) {}

  Result<std::optional<FoundGood>> run() {
    const Result<Listing> listing = list_store(folder_);
    if (!listing) return listing.error();
    if (listing.value().manifests.empty()) {
      return Error{ErrorCode::not_found, "there is no store in " + folder_.path()};
    }
    std::optional<FoundGood> good;
    for (const Generation generation : listing.value().manifests) {
      Result<StoredManifest> stored = read_manifest(folder_, generation);
      if (stored && !warnings_.empty() && holds_nothing(stored.value().manifest)) continue;
      Judgement judged;
      if (stored) {
        judged = judge_(std::move(stored).value());
      } else {
        judged.findings.push_back(stored.error());
      }
      good = std::move(judged.good);
      if (good) break;
      if (Status noted = note(judged.findings); !noted) return noted.error();
    }
    if (missing_ && has_changed(listing.value())) return std::optional<FoundGood>();
    if (!good) {
      return Error{ErrorCode::corrupt, "no generation of the store " + folder_.path() +
                                           " verifies (" + warnings_.front() +
                                           "); every bad file is named by: steadfarm verify " +
                                           folder_.path()};
    }
    good->found.warnings = std::move(warnings_);
    return good;
  }

 private:
  Status note(const std::vector<Error>& findings) {
    for (const Error& finding : findings) {
      if (!is_damage(finding)) return finding;
      if (finding.code == ErrorCode::not_found) missing_ = true;
      const bool known =
          std::find(warnings_.begin(), warnings_.end(), finding.message) != warnings_.end();
      if (!known) warnings_.push_back(finding.message);
    }
    return {};
  }

  [[nodiscard]] bool has_changed(const Listing& before) {
    const Result<Listing> again = list_store(folder_);
    return again && again.value().newest() != before.newest();
  }

  Folder& folder_;
  const Judge& judge_;
  std::vector<std::string> warnings_;
  bool missing_ = false;  // something that was listed or named is not there
};

Result<FoundGood> find(Folder& folder, const Judge& judge) {
  constexpr int looks_max = 64;
  for (int i = 0; i < looks_max; ++i) {
    Result<std::optional<FoundGood>> found = FolderLook(folder, judge).run();
    if (!found) return found.error();
    if (found.value()) return std::move(*found.value());
  }
  return Error{ErrorCode::timeout,
               "the store " + folder.path() + " changes faster than it can be read; try again"};
}

}  // namespace

Result<Found> find_newest(Folder& folder) {
  Result<FoundGood> found = find(
      folder, [&folder](StoredManifest stored) { return judge_sizes(folder, std::move(stored)); });
  if (!found) return found.error();
  return std::move(found.value().found);
}

Result<FoundGood> find_newest_good(Folder& folder, Examiner& examiner) {
  return find(folder, [&folder, &examiner](StoredManifest stored) {
    return judge_content(folder, examiner, std::move(stored));
  });
}

}  // namespace steadfarm::checkpoint
