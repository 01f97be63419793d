// What a file is to consist of: pieces in the order of the file, most of them borrowed from where
// the content lies already, so that nothing is copied before it is written.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "steadfarm/types.hpp"

namespace steadfarm::checkpoint {

/// A run of bytes of a file.
struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const Extent&, const Extent&) = default;
};

/// Where each dataset of a file lies, by its path. What is absent is empty.
using FileIndex = std::map<std::string, Extent, std::less<>>;

/// Moves, but is never copied: pieces may point into its own memory. Borrowed memory must stay
/// until the image goes.
class FileImage {
 public:
  struct Piece {
    std::uint64_t offset = 0;
    ByteView bytes;
  };

  FileImage() = default;
  FileImage(FileImage&&) noexcept = default;
  FileImage& operator=(FileImage&&) noexcept = default;
  FileImage(const FileImage&) = delete;
  FileImage& operator=(const FileImage&) = delete;
  ~FileImage() = default;

  /// A file that is exactly these bytes.
  [[nodiscard]] static FileImage of(Bytes bytes);

  void borrow(std::uint64_t offset, ByteView bytes);
  void own(std::uint64_t offset, Bytes bytes);
  /// Puts the pieces in order. Between them and up to `bytes` the file is zero. `internal` if two
  /// pieces overlap or one lies outside.
  [[nodiscard]] Status seal(std::uint64_t bytes);

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }
  /// The whole file in one piece of memory.
  [[nodiscard]] Bytes flatten() const;

 private:
  std::vector<Piece> pieces_;
  std::vector<Bytes> owned_;
  std::uint64_t bytes_ = 0;
};

}  // namespace steadfarm::checkpoint
