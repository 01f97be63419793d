#include "checkpoint/file_image.hpp"

#include <algorithm>
#include <utility>

namespace steadfarm::checkpoint {

FileImage FileImage::of(Bytes bytes) {
  FileImage image;
  image.bytes_ = bytes.size();
  image.own(0, std::move(bytes));
  return image;
}

void FileImage::borrow(std::uint64_t offset, ByteView bytes) {
  if (!bytes.empty()) pieces_.push_back({offset, bytes});
}

void FileImage::own(std::uint64_t offset, Bytes bytes) {
  owned_.push_back(std::move(bytes));  // its memory stays where it is when the list grows
  borrow(offset, owned_.back());
}

Status FileImage::seal(std::uint64_t bytes) {
  std::sort(pieces_.begin(), pieces_.end(),
            [](const Piece& a, const Piece& b) { return a.offset < b.offset; });
  std::uint64_t end = 0;
  for (const Piece& piece : pieces_) {
    if (piece.offset < end || piece.offset > bytes || piece.bytes.size() > bytes - piece.offset) {
      return Error{ErrorCode::internal,
                   "the layout of a file in memory contradicts itself at byte " +
                       std::to_string(piece.offset) +
                       "; is this HDF5 a newer one than was built for?"};
    }
    end = piece.offset + piece.bytes.size();
  }
  bytes_ = bytes;
  return {};
}

Bytes FileImage::flatten() const {
  Bytes out(static_cast<std::size_t>(bytes_));
  for (const Piece& piece : pieces_) {
    std::copy(piece.bytes.begin(), piece.bytes.end(),
              out.begin() + static_cast<std::ptrdiff_t>(piece.offset));
  }
  return out;
}

}  // namespace steadfarm::checkpoint
