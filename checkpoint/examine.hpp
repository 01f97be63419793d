// Reads all that a generation consists of, in bounded memory, and says what is wrong with it. What
// `verify`, `inspect` and `results` go by, so that none of them calls good what another refuses.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "checkpoint/reader.hpp"
#include "checkpoint/result_table.hpp"
#include "checkpoint/shard_reader.hpp"
#include "checkpoint/verified_file.hpp"

namespace steadfarm::checkpoint {

/// A segment or a shard that was read.
struct ExaminedFile {
  SegmentEntry entry;
  Digest fingerprint;
  std::optional<ShardInfo> shard;  // if it is one
  bool is_queued = false;          // to be read
  bool places_checked = false;     // what it says of results in shards
  std::optional<Error> error;      // the rest is of a file without one
  PieceSums sums;
  Segment content;  // of a segment: its lists, without payloads and results
};

struct ExaminedGeneration {
  std::vector<Error> findings;  // what is wrong with it: nothing if it is good
  core::ShardIndex sharded;     // of a good one
};

/// Whether the error is proof of damage. A file that cannot be read now may be good.
[[nodiscard]] inline bool is_damage(const Error& error) {
  return error.code == ErrorCode::corrupt || error.code == ErrorCode::not_found;
}

/// Memory: the lists of state segments without payloads, a piece a thread, and the keys of a part
/// of the results. The folder must bear reads from `threads` threads. It and the codec outlive it.
class Examiner {
 public:
  Examiner(Folder& folder, const SegmentCodec& codec, std::uint32_t threads)
      : folder_(folder), codec_(codec), threads_(threads) {}

  /// Reads the files of these generations, shards included, that were not read before, or could
  /// not be.
  void read(const std::vector<const Manifest*>& manifests);
  /// Of a generation whose files were read.
  [[nodiscard]] ExaminedGeneration examine(const Manifest& manifest);

  /// Of `manifest`'s segments in their order; null if it was not read.
  [[nodiscard]] const ExaminedFile* find(const SegmentEntry& entry) const;
  /// The bytes and the results of a file without an error.
  [[nodiscard]] Result<std::unique_ptr<ByteSource>> open(const ExaminedFile& file);
  [[nodiscard]] Result<std::unique_ptr<ResultTable>> open_results(const ExaminedFile& file);
  /// Files that were read, and found there.
  [[nodiscard]] std::uint64_t files_read() const;

 private:
  using Key = std::tuple<std::string, Digest, SegmentRole, std::uint64_t, std::uint64_t>;
  static Key key_of(const SegmentEntry& entry) {
    return {entry.file, entry.digest, entry.role, entry.results, entry.bytes};
  }

  void add(std::vector<ExaminedFile*>& fresh, const SegmentEntry& entry, const Digest& fingerprint,
           const std::optional<ShardInfo>& shard);
  void read_files(const std::vector<ExaminedFile*>& files);
  [[nodiscard]] Status read_file(ExaminedFile& file);
  [[nodiscard]] Status check_places(ExaminedFile& segment);
  [[nodiscard]] Status check_keys(const Manifest& manifest, const core::ShardIndex& sharded);

  Folder& folder_;
  const SegmentCodec& codec_;
  std::uint32_t threads_;
  std::map<Key, ExaminedFile> files_;
};

}  // namespace steadfarm::checkpoint
