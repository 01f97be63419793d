#include "checkpoint/reader.hpp"

#include <algorithm>
#include <functional>
#include <new>
#include <optional>
#include <stdexcept>

#include "checkpoint/allocation.hpp"
#include "checkpoint/names.hpp"

namespace steadfarm::checkpoint {
namespace {

std::string full(const Folder& folder, const std::string& name) {
  return folder.path() + "/" + name;
}

Error with_path(const Folder& folder, const std::string& name, const Error& error) {
  return {error.code, full(folder, name) + ": " + error.message};
}

// A larger file is digested first: a manifest that lies must not make us take memory.
constexpr std::uint64_t digest_first_bytes = 64ULL << 20U;
constexpr std::size_t piece_bytes = 1U << 20U;

/// Looks again at what seems damaged: the memory of a file server, a cable or a cache may have been
/// at fault. Damage that is proved is found at both looks.
template <class Look>
auto look_twice(Patience* patience, const Look& look) -> decltype(look()) {
  auto found = read_patiently(patience, look);
  if (found || found.error().code != ErrorCode::corrupt) return found;
  return read_patiently(patience, look);
}

Error other_size(const Folder& folder, const SegmentEntry& entry, std::uint64_t bytes) {
  return {ErrorCode::corrupt, full(folder, entry.file) + ": it has " + std::to_string(bytes) +
                                  " bytes and not " + std::to_string(entry.bytes)};
}

/// Opens it if it has the right size.
Result<std::unique_ptr<OldFile>> open_sized(Folder& folder, const SegmentEntry& entry) {
  Result<std::unique_ptr<OldFile>> file = folder.open(entry.file);
  if (file && file.value()->bytes() != entry.bytes) {
    return other_size(folder, entry, file.value()->bytes());
  }
  return file;
}

Status compare(const Folder& folder, const SegmentEntry& entry, std::uint64_t bytes,
               const Digest& found) {
  if (bytes != entry.bytes) return other_size(folder, entry, bytes);
  if (found == entry.digest) return {};
  return Error{ErrorCode::corrupt,
               full(folder, entry.file) + ": its digest does not match its content"};
}

Status digest_pieces(Folder& folder, const SegmentEntry& entry) {
  Result<std::unique_ptr<OldFile>> file = open_sized(folder, entry);
  if (!file) return file.error();
  DigestStream stream;
  Bytes piece(std::min<std::uint64_t>(piece_bytes, entry.bytes));
  std::uint64_t total = 0;
  while (total < entry.bytes) {
    const Result<std::size_t> got = file.value()->read(piece);
    if (!got) return got.error();
    if (got.value() == 0) break;  // it shrank under us
    stream.update(ByteView(piece).first(got.value()));
    total += got.value();
  }
  return compare(folder, entry, total, stream.finish());
}

Result<Bytes> read_whole(Folder& folder, const SegmentEntry& entry) {
  if (entry.bytes > digest_first_bytes) {
    if (Status checked = digest_pieces(folder, entry); !checked) return checked.error();
  }
  Result<std::unique_ptr<OldFile>> file = open_sized(folder, entry);
  if (!file) return file.error();
  Bytes bytes(entry.bytes);
  const Result<std::size_t> got = file.value()->read(bytes);
  if (!got) return got.error();
  Status compared = compare(folder, entry, got.value(), digest(ByteView(bytes)));
  if (!compared) return compared.error();
  return bytes;
}

/// Turns memory that ran out into an error.
template <class Read>
auto within_memory(const Folder& folder, const std::string& name, std::uint64_t bytes,
                   const Read& read) -> decltype(read()) {
  try {
    return read();
  } catch (const std::bad_alloc&) {
    return memory_shortage(bytes, "reading " + full(folder, name));
  } catch (const std::length_error&) {  // more than any machine has
    return memory_shortage(bytes, "reading " + full(folder, name));
  }
}

}  // namespace

Generation Listing::published() const {
  Generation proved;
  for (const std::string& name : segments) {
    const std::uint64_t next = parse_segment_name(name)->generation.value;
    if (next > 0) proved = std::max(proved, Generation(next - 1));
  }
  return proved;
}

Result<Listing> list_store(Folder& folder, Patience* patience) {
  Result<std::vector<std::string>> names =
      read_patiently(patience, [&folder] { return folder.list(); });
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

Result<StoredManifest> read_manifest(Folder& folder, Generation generation, Patience* patience) {
  const std::string name = manifest_name(generation);
  const auto look = [&]() -> Result<StoredManifest> {
    const Result<Bytes> bytes = folder.read_all(name, manifest_bytes_max);
    if (!bytes) return bytes.error();
    Result<Manifest> manifest = decode_manifest(bytes.value());
    if (!manifest) return with_path(folder, name, manifest.error());
    if (manifest.value().generation != generation) {
      return Error{ErrorCode::corrupt, full(folder, name) + ": it is a copy of generation " +
                                           std::to_string(manifest.value().generation.value)};
    }
    return StoredManifest{std::move(manifest).value(), digest(ByteView(bytes.value())),
                          bytes.value().size()};
  };
  return within_memory(folder, name, manifest_bytes_max,
                       [&] { return look_twice(patience, look); });
}

Result<Bytes> read_verified(Folder& folder, const SegmentEntry& entry, Patience* patience) {
  const auto look = [&] { return read_whole(folder, entry); };
  return within_memory(folder, entry.file, entry.bytes, [&] { return look_twice(patience, look); });
}

Status check_verified(Folder& folder, const SegmentEntry& entry, Patience* patience) {
  const auto look = [&] { return digest_pieces(folder, entry); };
  return within_memory(folder, entry.file, piece_bytes, [&] { return look_twice(patience, look); });
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
