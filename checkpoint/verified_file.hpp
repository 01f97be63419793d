// A file that is larger than the memory one wants to spend on it. It is read once from its
// beginning to its end and compared with its digest; from then on any part of it can be read, and
// what is read is compared again, so that nothing is used that did not pass.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/byte_source.hpp"
#include "checkpoint/reader.hpp"

namespace steadfarm::checkpoint {

/// The memory that reading takes: one piece, and eight bytes for each piece of the file.
inline constexpr std::uint64_t piece_bytes = 1ULL << 20U;

[[nodiscard]] inline std::string path_of(const Folder& folder, const SegmentEntry& entry) {
  return folder.path() + "/" + entry.file;
}

/// A sum for each piece of a file whose size and digest are right.
struct PieceSums {
  std::vector<std::uint64_t> sums;
};

/// Reads all of the file. The errors are those of read_verified.
[[nodiscard]] Result<PieceSums> sum_pieces(Folder& folder, const SegmentEntry& entry);

class VerifiedFile final : public ByteSource {
 public:
  /// Opens the file again. `sums` must outlive it. `corrupt` if its size has changed.
  [[nodiscard]] static Result<std::unique_ptr<ByteSource>> open(Folder& folder,
                                                                const SegmentEntry& entry,
                                                                const PieceSums& sums);

  [[nodiscard]] std::uint64_t bytes() const override { return file_->bytes(); }
  /// `io` if what it reads now is not what passed: the file changed, or the disk does not give the
  /// same bytes twice.
  [[nodiscard]] Status read_at(std::uint64_t offset, std::span<std::byte> out) override;

 private:
  VerifiedFile(std::unique_ptr<OldFile> file, std::string path, const PieceSums& sums)
      : file_(std::move(file)), path_(std::move(path)), sums_(sums) {}
  [[nodiscard]] Status fetch(std::uint64_t piece);

  std::unique_ptr<OldFile> file_;
  std::string path_;
  const PieceSums& sums_;
  Bytes buffer_;                      // the piece that was read last
  std::uint64_t piece_ = UINT64_MAX;  // its number
};

}  // namespace steadfarm::checkpoint
