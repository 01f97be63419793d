#include "checkpoint/reader.hpp"

#include <algorithm>
#include <functional>
#include <optional>

#include "checkpoint/names.hpp"

namespace steadfarm::checkpoint {
namespace {

std::string full(const Folder& folder, const std::string& name) {
  return folder.path() + "/" + name;
}

Error with_path(const Folder& folder, const std::string& name, const Error& error) {
  return {error.code, full(folder, name) + ": " + error.message};
}

/// A network file system sometimes fails once for no lasting reason, and giving a generation up
/// for that would cost work. After that an older one that can be read is better than none.
constexpr int read_tries_max = 4;

Result<Bytes> read_patiently(Folder& folder, const std::string& name, std::uint64_t bytes_max) {
  Result<Bytes> bytes = folder.read_all(name, bytes_max);
  for (int i = 1; i < read_tries_max && !bytes && bytes.error().code == ErrorCode::io; ++i) {
    bytes = folder.read_all(name, bytes_max);
  }
  return bytes;
}

}  // namespace

Result<Listing> list_store(Folder& folder) {
  Result<std::vector<std::string>> names = folder.list();
  for (int i = 1; i < read_tries_max && !names && names.error().code == ErrorCode::io; ++i) {
    names = folder.list();
  }
  if (!names) return names.error();
  Listing listing;
  for (std::string& name : names.value()) {
    if (const std::optional<Generation> generation = parse_manifest_name(name)) {
      listing.manifests.push_back(*generation);
    } else if (parse_segment_name(name)) {
      listing.segments.push_back(std::move(name));
    } else if (parse_temp_name(name)) {
      listing.temps.push_back(std::move(name));
    }
  }
  std::sort(listing.manifests.begin(), listing.manifests.end(), std::greater<>());
  std::sort(listing.segments.begin(), listing.segments.end());
  std::sort(listing.temps.begin(), listing.temps.end());
  return listing;
}

Result<StoredManifest> read_manifest(Folder& folder, Generation generation) {
  const std::string name = manifest_name(generation);
  const Result<Bytes> bytes = read_patiently(folder, name, manifest_bytes_max);
  if (!bytes) return bytes.error();
  Result<Manifest> manifest = decode_manifest(bytes.value());
  if (!manifest) return with_path(folder, name, manifest.error());
  if (manifest.value().generation != generation) {
    return Error{ErrorCode::corrupt, full(folder, name) + ": it is a copy of generation " +
                                         std::to_string(manifest.value().generation.value)};
  }
  return StoredManifest{std::move(manifest).value(), digest(ByteView(bytes.value())),
                        bytes.value().size()};
}

Result<Bytes> read_verified(Folder& folder, const SegmentEntry& entry) {
  Result<Bytes> bytes = read_patiently(folder, entry.file, entry.bytes);
  if (!bytes) return bytes.error();
  if (bytes.value().size() != entry.bytes) {
    return Error{ErrorCode::corrupt, full(folder, entry.file) + ": it has " +
                                         std::to_string(bytes.value().size()) + " bytes and not " +
                                         std::to_string(entry.bytes)};
  }
  if (digest(ByteView(bytes.value())) != entry.digest) {
    return Error{ErrorCode::corrupt,
                 full(folder, entry.file) + ": its digest does not match its content"};
  }
  return bytes;
}

Result<Segment> load_segment(Folder& folder, const SegmentEntry& entry, const Digest& fingerprint,
                             const SegmentCodec& codec) {
  const Result<Bytes> bytes = read_verified(folder, entry);
  if (!bytes) return bytes.error();
  return decode_verified(folder, entry, bytes.value(), fingerprint, codec);
}

Result<Segment> decode_verified(Folder& folder, const SegmentEntry& entry, ByteView bytes,
                                const Digest& fingerprint, const SegmentCodec& codec) {
  Result<Segment> segment = codec.decode(bytes);
  if (!segment) return with_path(folder, entry.file, segment.error());
  Status fits = check_content(folder, entry, segment.value(), fingerprint);
  if (!fits) return fits.error();
  return segment;
}

Status check_content(const Folder& folder, const SegmentEntry& entry, const Segment& segment,
                     const Digest& fingerprint) {
  const SegmentHeader& header = segment.header;
  const std::optional<SegmentName> name = parse_segment_name(entry.file);
  const bool fits = name && name->generation == header.generation &&
                    name->owner_epoch == header.owner_epoch && header.fingerprint == fingerprint &&
                    segment.result_count == entry.results;
  if (fits) return {};
  return Error{ErrorCode::corrupt,
               full(folder, entry.file) + ": its content is not what its manifest says"};
}

}  // namespace steadfarm::checkpoint
