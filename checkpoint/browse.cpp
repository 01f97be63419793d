#include "checkpoint/browse.hpp"

#include <optional>
#include <utility>

namespace steadfarm::checkpoint {
namespace {

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

/// Nothing if the folder changed under us.
Result<std::optional<Found>> look(Folder& folder) {
  const Result<Listing> listing = list_store(folder);
  if (!listing) return listing.error();
  if (listing.value().manifests.empty()) {
    return Error{ErrorCode::not_found, "there is no store in " + folder.path()};
  }
  Found found;
  bool missing = false;
  for (const Generation generation : listing.value().manifests) {
    Result<StoredManifest> stored = read_manifest(folder, generation);
    Status fits = stored ? check_sizes(folder, stored.value().manifest) : stored.error();
    if (fits) {
      found.stored = std::move(stored).value();
      return std::optional<Found>(std::move(found));
    }
    if (fits.error().code == ErrorCode::unsupported) return fits.error();
    if (fits.error().code == ErrorCode::not_found) missing = true;
    found.warnings.push_back(fits.error().message);
  }
  const Result<Listing> again = list_store(folder);
  if (missing && again && again.value().newest() != listing.value().newest()) {
    return std::optional<Found>();
  }
  return Error{ErrorCode::corrupt, "no generation of the store " + folder.path() + " is whole (" +
                                       found.warnings.front() + ")"};
}

}  // namespace

Result<Found> find_newest(Folder& folder) {
  constexpr int looks_max = 16;
  for (int i = 0; i < looks_max; ++i) {
    Result<std::optional<Found>> found = look(folder);
    if (!found) return found.error();
    if (found.value()) return std::move(*found.value());
  }
  return Error{ErrorCode::timeout,
               "the store " + folder.path() + " changes faster than it can be read; try again"};
}

}  // namespace steadfarm::checkpoint
