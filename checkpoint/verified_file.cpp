#include "checkpoint/verified_file.hpp"

#include <algorithm>
#include <utility>

#include "checkpoint/allocation.hpp"

namespace steadfarm::checkpoint {
namespace {

Error another_size(const Folder& folder, const SegmentEntry& entry, std::uint64_t bytes) {
  return {ErrorCode::corrupt, path_of(folder, entry) + ": it has " + std::to_string(bytes) +
                                  " bytes and not " + std::to_string(entry.bytes)};
}

std::uint64_t sum_of(ByteView piece) { return digest(piece).lo; }

/// Of a piece, the last of which may be shorter.
std::uint64_t length_of(std::uint64_t piece, std::uint64_t file_bytes) {
  return std::min(piece_bytes, file_bytes - piece * piece_bytes);
}

}  // namespace

Result<PieceSums> sum_pieces(Folder& folder, const SegmentEntry& entry) {
  const Result<std::unique_ptr<OldFile>> file = folder.open(entry.file);
  if (!file) return file.error();
  const std::uint64_t bytes = file.value()->bytes();
  if (bytes != entry.bytes) return another_size(folder, entry, bytes);
  const std::string what = "reading " + path_of(folder, entry);
  const std::uint64_t pieces = (bytes + piece_bytes - 1) / piece_bytes;
  Result<std::vector<std::uint64_t>> sums = allocate<std::uint64_t>(pieces, what);
  if (!sums) return sums.error();
  Result<Bytes> buffer = allocate<std::byte>(std::min(piece_bytes, bytes), what);
  if (!buffer) return buffer.error();
  DigestStream whole;
  for (std::uint64_t piece = 0; piece < pieces; ++piece) {
    const std::span<std::byte> room =
        std::span(buffer.value()).first(static_cast<std::size_t>(length_of(piece, bytes)));
    const Result<std::size_t> got = file.value()->read(room);
    if (!got) return got.error();
    if (got.value() != room.size()) {
      return another_size(folder, entry, piece * piece_bytes + got.value());
    }
    whole.update(ByteView(room));
    sums.value()[piece] = sum_of(room);
  }
  if (whole.finish() == entry.digest) return PieceSums{std::move(sums).value()};
  return Error{ErrorCode::corrupt,
               path_of(folder, entry) + ": its digest does not match its content"};
}

Result<std::unique_ptr<ByteSource>> VerifiedFile::open(Folder& folder, const SegmentEntry& entry,
                                                       const PieceSums& sums) {
  Result<std::unique_ptr<OldFile>> file = folder.open(entry.file);
  if (!file) return file.error();
  if (file.value()->bytes() != entry.bytes) {
    return another_size(folder, entry, file.value()->bytes());
  }
  return std::unique_ptr<ByteSource>(
      new VerifiedFile(std::move(file).value(), path_of(folder, entry), sums));
}

Status VerifiedFile::fetch(std::uint64_t piece) {
  if (piece == piece_) return {};
  piece_ = UINT64_MAX;
  if (buffer_.empty()) {
    Result<Bytes> room = allocate<std::byte>(std::min(piece_bytes, bytes()), "reading " + path_);
    if (!room) return room.error();
    buffer_ = std::move(room).value();
  }
  const std::span<std::byte> room =
      std::span(buffer_).first(static_cast<std::size_t>(length_of(piece, bytes())));
  const Result<std::size_t> got = file_->read_at(piece * piece_bytes, room);
  if (!got) return got.error();
  if (got.value() != room.size() || sum_of(room) != sums_.sums.at(piece)) {
    return Error{ErrorCode::io, path_ + ": what it holds has changed while it was read"};
  }
  piece_ = piece;
  return {};
}

Status VerifiedFile::read_at(std::uint64_t offset, std::span<std::byte> out) {
  if (offset > bytes() || out.size() > bytes() - offset) {
    return Error{ErrorCode::corrupt, "it ends before what it is said to hold"};
  }
  while (!out.empty()) {
    const std::uint64_t piece = offset / piece_bytes;
    if (Status fetched = fetch(piece); !fetched) return fetched;
    const std::uint64_t from = offset % piece_bytes;
    const std::size_t count = static_cast<std::size_t>(
        std::min<std::uint64_t>(out.size(), length_of(piece, bytes()) - from));
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(from), count, out.begin());
    out = out.subspan(count);
    offset += count;
  }
  return {};
}

}  // namespace steadfarm::checkpoint
