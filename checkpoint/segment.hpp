// A segment's content and its bytes: an HDF5 file, described in FORMAT.md.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "checkpoint/byte_source.hpp"
#include "checkpoint/file_image.hpp"
#include "checkpoint/result_table.hpp"
#include "core/generation.hpp"

namespace steadfarm::checkpoint {

struct SegmentHeader {
  Generation generation;  // that its owner was about to publish
  OwnerEpoch owner_epoch;
  Epoch epoch;
  Digest fingerprint;
  std::string result_fields{};  // of a segment with results: see result_fields.hpp
  friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};

/// A borrowed run of results: keys.size() + 1 offsets into `bytes`, which need not begin at 0.
struct ResultsView {
  std::span<const UnitKey> keys;
  std::span<const std::uint64_t> offsets;
  ByteView bytes;  // the whole batch's; offsets count from its beginning
};

/// What goes into one segment. Borrowed: nothing is copied before the file is built.
struct SegmentView {
  SegmentHeader header;
  const core::GenerationDelta* full = nullptr;  // if set, its (full) fields are written
  std::span<const UnitKey> removed;             // applied before `added`
  std::span<const core::UnitRecord> added;
  std::span<const core::PartialState> partials;  // applied after `removed`
  std::span<const core::FailedUnit> failed;
  ResultsView results;
  const core::ShardIndex* sharded = nullptr;  // null: nothing of shards
};

struct Segment {
  SegmentHeader header;
  bool has_full = false;
  core::GenerationDelta delta;
  FileIndex index;                 // of its lists
  std::uint64_t result_count = 0;  // also where the results themselves were not read
};

/// A segment that is laid out and not yet written. Borrows from what its view borrowed from.
struct EncodedSegment {
  FileImage image;
  FileIndex index;
};

/// By the segment's file name.
using SegmentIndices = std::map<std::string, FileIndex>;

/// Content to bytes and back. `encode` may call HDF5: only the thread that owns the run's HDF5
/// calls may use it. HDF5 takes a fraction of a millisecond even for the smallest file, so the
/// simulation brings its own codec. The others call no HDF5 and are for any thread.
class SegmentCodec {
 public:
  virtual ~SegmentCodec() = default;
  [[nodiscard]] virtual Result<EncodedSegment> encode(const SegmentView& view) const = 0;
  /// `bytes` must have passed its digest. `corrupt`, without a path, if they have another form.
  [[nodiscard]] virtual Result<Segment> decode(ByteView bytes) const = 0;
  /// As `decode`, and checks the same, but leaves out what is large: payloads, saved states,
  /// failures, results, held results and, unless `with_fold`, the fold state.
  [[nodiscard]] virtual Result<Segment> skim(ByteSource& source, bool with_fold) const;
  /// The results of a segment or shard, to be read in windows.
  [[nodiscard]] virtual Result<std::unique_ptr<ResultTable>> open_results(
      std::unique_ptr<ByteSource> source) const;
  /// The lists alone (added, removed, failed, results) of a segment whose index is known.
  [[nodiscard]] virtual Result<core::GenerationDelta> decode_lists(
      ByteView bytes, const FileIndex& index) const = 0;
  /// How every file begins.
  [[nodiscard]] virtual ByteView signature() const { return {}; }
};

/// The codec of FORMAT.md.
[[nodiscard]] const SegmentCodec& hdf5_codec();
[[nodiscard]] inline const SegmentCodec& codec_or_hdf5(const SegmentCodec* codec) {
  return codec != nullptr ? *codec : hdf5_codec();
}

[[nodiscard]] Result<EncodedSegment> encode_segment(const SegmentView& view);
[[nodiscard]] Result<Segment> decode_segment(ByteView bytes);

[[nodiscard]] ResultsView view_of(const core::ResultBatch& batch);

}  // namespace steadfarm::checkpoint
