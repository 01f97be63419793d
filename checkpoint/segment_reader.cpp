#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "checkpoint/allocation.hpp"
#include "checkpoint/hdf5/image.hpp"
#include "checkpoint/manifest.hpp"
#include "checkpoint/segment.hpp"
#include "checkpoint/segment_layout.hpp"

namespace steadfarm::checkpoint {
namespace {

using hdf5::Element;
using hdf5::ImageReader;

/// How much of a segment is read; all of it is checked.
enum class Depth { whole, without_payloads };

/// Payloads end to end. Without payloads there are only the offsets.
struct Pieces {
  std::vector<std::uint64_t> offsets{0};
  Bytes bytes;
  [[nodiscard]] ByteView at(std::size_t i) const {
    if (bytes.empty()) return {};
    return ByteView(bytes).subspan(offsets[i], offsets[i + 1] - offsets[i]);
  }
};

/// Reads until the first error and remembers it; after that everything is empty. Reads a file by
/// its structure, or, datasets alone, bytes whose index is known.
class In {
 public:
  In(const ImageReader& reader, Depth depth) : reader_(&reader), depth_(depth) {}
  In(ByteView image, const FileIndex& index) : image_(image), index_(&index) {}

  [[nodiscard]] bool is_whole() const { return depth_ == Depth::whole; }
  [[nodiscard]] bool has(const char* path) {
    if (reader_ != nullptr) return take(reader_->has(path));
    return std::any_of(index_->begin(), index_->end(), [&](const auto& entry) {
      return entry.first == path || entry.first.starts_with(std::string(path) + "/");
    });
  }

  std::uint64_t number(const char* object, const char* name) {
    return take(reader_->attribute_u64(object, name));
  }
  std::int64_t signed_number(const char* object, const char* name) {
    return take(reader_->attribute_i64(object, name));
  }
  std::string text(const char* object, const char* name) {
    return take(reader_->attribute_text(object, name));
  }
  std::string text_or_none(const char* object, const char* name) {
    return take(reader_->has_attribute(object, name)) ? text(object, name) : std::string();
  }
  /// How many rows a dataset has. An absent one has none.
  std::uint64_t rows(const char* path, Element element, std::uint64_t columns) {
    if (!status_ || !has(path)) return 0;
    return take(reader_->rows(path, element, columns));
  }
  /// `per_row` values of T make one row of the dataset. An absent dataset is empty.
  template <class T>
  std::vector<T> dataset(const char* path, Element element, std::uint64_t columns,
                         std::uint64_t per_row) {
    if (!status_ || !has(path)) return {};
    if (reader_ == nullptr) return piece<T>(path, per_row);
    const std::uint64_t count = rows(path, element, columns);
    if (!status_ || count == 0) return {};
    std::vector<T> values = take(allocate<T>(count * per_row, std::string("the dataset ") + path));
    if (status_) status_ = reader_->read(path, std::as_writable_bytes(std::span(values)));
    return values;
  }
  Bytes bytes(const char* path) { return dataset<std::byte>(path, Element::u8, 0, 1); }
  std::vector<UnitKey> keys(const char* path) { return dataset<UnitKey>(path, Element::u64, 2, 1); }
  std::vector<std::uint64_t> words(const char* path, std::uint64_t columns) {
    return dataset<std::uint64_t>(path, Element::u64, columns, columns == 0 ? 1 : columns);
  }
  /// `count` payloads.
  Pieces pieces(const char* offsets_path, const char* bytes_path, std::size_t count) {
    Pieces out;
    std::uint64_t end = 0;
    if (is_whole()) {
      out.bytes = bytes(bytes_path);
      end = out.bytes.size();
    } else {
      end = rows(bytes_path, Element::u8, 0);
    }
    out.offsets = offsets(offsets_path, count, end);
    return out;
  }
  /// `count` + 1 rising numbers from 0 to `end`.
  std::vector<std::uint64_t> offsets(const char* path, std::size_t count, std::uint64_t end) {
    std::vector<std::uint64_t> values = words(path, 0);
    bool good = values.size() == count + 1 && values.front() == 0 && values.back() == end;
    for (std::size_t i = 0; good && i < count; ++i) good = values[i] <= values[i + 1];
    require(good, std::string("the dataset ") + path + " does not cut its bytes into pieces");
    return values;
  }
  void require(bool condition, const std::string& what) {
    if (status_ && !condition) status_ = Error{ErrorCode::corrupt, what};
  }
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  template <class T>
  T take(Result<T> result) {
    if (result) return std::move(result).value();
    if (status_) status_ = result.error();
    return T{};
  }

  template <class T>
  std::vector<T> piece(const char* path, std::uint64_t per_row) {
    const Extent extent = index_->at(path);
    const bool inside = extent.offset <= image_.size() &&
                        extent.bytes <= image_.size() - extent.offset &&
                        extent.bytes % (sizeof(T) * per_row) == 0;
    require(inside, std::string("the dataset ") + path + " does not lie where it was");
    if (!inside) return {};
    std::vector<T> values =
        take(allocate<T>(extent.bytes / sizeof(T), std::string("the dataset ") + path));
    if (!status_) return {};
    const ByteView bytes = image_.subspan(extent.offset, extent.bytes);
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }

  const ImageReader* reader_ = nullptr;
  Depth depth_ = Depth::whole;
  ByteView image_;
  const FileIndex* index_ = nullptr;
  Status status_;
};

void read_header(In& in, SegmentHeader& header) {
  in.require(in.text("/", "format") == layout::magic, "it is no segment");
  in.require(in.number("/", "format_version") == segment_format_version,
             "it has another format version");
  header.generation = Generation(in.number("/", "generation"));
  header.owner_epoch = OwnerEpoch(in.number("/", "owner_epoch"));
  header.epoch = Epoch(in.number("/", "epoch"));
  const std::optional<Digest> fingerprint = digest_from_hex(in.text("/", "fingerprint"));
  in.require(fingerprint.has_value(), "its fingerprint is malformed");
  header.fingerprint = fingerprint.value_or(Digest{});
}

void read_full(In& in, bool with_fold, core::GenerationDelta& delta) {
  delta.complete = in.number(layout::state, "complete") != 0;
  delta.counters.accepted = in.number(layout::state, "accepted");
  delta.counters.failed = in.number(layout::state, "failed");
  delta.counters.executions = in.number(layout::state, "executions");
  delta.counters.spawned = in.number(layout::state, "spawned");
  delta.pending_indices = in.dataset<core::Interval>(layout::pending, Element::u64, 2, 1);
  std::uint64_t last_end = 0;
  for (std::size_t i = 0; i < delta.pending_indices.size(); ++i) {
    const core::Interval& run = delta.pending_indices[i];
    in.require(run.begin < run.end && (i == 0 || run.begin >= last_end),
               "its pending intervals are not sorted and disjoint");
    last_end = run.end;
  }
  const std::vector<std::uint64_t> retried = in.words(layout::retried, 3);
  for (std::size_t i = 0; i + 2 < retried.size(); i += 3) {
    in.require((retried[i + 1] >> 32U) == 0 && (retried[i + 2] >> 32U) == 0,
               "a number of tries is out of range");
    delta.retried.push_back({retried[i], static_cast<std::uint32_t>(retried[i + 1]),
                             static_cast<std::uint32_t>(retried[i + 2])});
  }
  if (with_fold) {
    delta.fold_state = in.bytes(layout::fold);
  } else {
    static_cast<void>(in.rows(layout::fold, Element::u8, 0));
  }
  if (in.number(layout::state, "has_shared") != 0) {
    delta.shared.emplace();
    delta.shared->value = in.signed_number(layout::state, "shared_value");
    delta.shared->witness = in.bytes(layout::witness);
  }
  if (!in.has(layout::held)) return;
  std::vector<UnitKey> keys = in.keys(layout::held_keys);
  Pieces held = in.pieces(layout::held_offsets, layout::held_bytes, keys.size());
  if (in.is_whole()) delta.held = {std::move(keys), std::move(held.offsets), std::move(held.bytes)};
}

template <class Narrow>
Narrow narrow(In& in, std::int64_t value) {
  in.require(value >= std::numeric_limits<Narrow>::min() &&
                 value <= std::int64_t{std::numeric_limits<Narrow>::max()},
             "a unit's priority or number of tries is out of range");
  return static_cast<Narrow>(value);
}

// Absent if no unit of the segment has any.
void read_hints(In& in, std::vector<core::UnitRecord>& units) {
  const std::vector<std::uint64_t> hints = in.words(layout::unit_hints, 3);
  if (hints.empty()) return;
  in.require(hints.size() == units.size() * 3, "its units and their hints differ in count");
  if (!in.status()) return;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const std::uint64_t flags = hints[3 * i + 2];
    in.require(flags <= layout::unit_not_repeatable, "a unit has hints that are not known");
    units[i].hints = {hints[3 * i], hints[3 * i + 1], flags == 0};
  }
}

void read_units(In& in, std::vector<core::UnitRecord>& units) {
  const std::vector<UnitKey> keys = in.keys(layout::unit_keys);
  const auto numbers = in.dataset<std::int64_t>(layout::unit_numbers, Element::i64, 3, 3);
  const Pieces payloads = in.pieces(layout::unit_offsets, layout::unit_bytes, keys.size());
  in.require(numbers.size() == keys.size() * 3, "its units and their numbers differ in count");
  if (!in.status()) return;
  units.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    core::UnitRecord unit;
    unit.key = keys[i];
    unit.priority = narrow<std::int32_t>(in, numbers[3 * i]);
    unit.tries = narrow<std::uint32_t>(in, numbers[3 * i + 1]);
    unit.deaths = narrow<std::uint32_t>(in, numbers[3 * i + 2]);
    const ByteView payload = payloads.at(i);
    unit.payload.assign(payload.begin(), payload.end());
    units.push_back(std::move(unit));
  }
  read_hints(in, units);
}

void read_partials(In& in, std::vector<core::PartialState>& partials) {
  const std::vector<UnitKey> keys = in.keys(layout::partial_keys);
  const std::vector<std::uint64_t> sequences = in.words(layout::partial_sequences, 0);
  const Pieces states = in.pieces(layout::partial_offsets, layout::partial_bytes, keys.size());
  in.require(sequences.size() == keys.size(), "its states and their sequences differ in count");
  if (!in.status() || !in.is_whole()) return;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    core::PartialState partial{keys[i], sequences[i], nullptr};
    if (partial.sequence > 0) {
      const ByteView state = states.at(i);
      partial.state = std::make_shared<const Bytes>(state.begin(), state.end());
    }
    partials.push_back(std::move(partial));
  }
}

void read_failed(In& in, std::vector<core::FailedUnit>& units) {
  const std::vector<UnitKey> keys = in.keys(layout::failed_keys);
  const std::vector<std::uint64_t> numbers = in.words(layout::failed_numbers, 2);
  const Pieces messages = in.pieces(layout::failed_offsets, layout::failed_bytes, keys.size());
  in.require(numbers.size() == keys.size() * 2, "its failures and their numbers differ in count");
  if (!in.status()) return;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    in.require((numbers[2 * i] >> 32U) == 0 && (numbers[2 * i + 1] >> 32U) == 0,
               "a number of tries is out of range");
    core::FailedUnit unit;
    unit.key = keys[i];
    unit.tries = static_cast<std::uint32_t>(numbers[2 * i]);
    unit.deaths = static_cast<std::uint32_t>(numbers[2 * i + 1]);
    const ByteView text = messages.at(i);
    unit.message.assign(reinterpret_cast<const char*>(text.data()), text.size());
    if (in.is_whole()) units.push_back(std::move(unit));
  }
}

void read_results(In& in, core::ResultBatch& results) {
  results.keys = in.keys(layout::result_keys);
  Pieces pieces = in.pieces(layout::result_offsets, layout::result_bytes, results.keys.size());
  results.bytes = std::move(pieces.bytes);
  results.offsets = std::move(pieces.offsets);
}

/// The results of a file in its three datasets. A file without results has none of them.
class StoredResults final : public ResultTable {
 public:
  explicit StoredResults(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}

  Status find(const ImageReader& reader) {
    In in(reader, Depth::without_payloads);
    count_ = in.rows(layout::result_keys, Element::u64, 2);
    const std::uint64_t offsets = in.rows(layout::result_offsets, Element::u64, 0);
    static_cast<void>(in.rows(layout::result_bytes, Element::u8, 0));
    // A group without members is as good as none.
    const bool none = count_ == 0 && offsets == 0;
    in.require(none || offsets == count_ + 1, "its results and their offsets differ in count");
    if (!in.status()) return in.status();
    const auto place = [&reader, &in](const char* path, Extent& out) -> Status {
      if (!in.has(path)) return in.status();
      const Result<Extent> extent = reader.extent(path);
      if (!extent) return extent.error();
      out = extent.value();
      return {};
    };
    if (Status placed = place(layout::result_keys, keys_); !placed) return placed;
    if (Status placed = place(layout::result_offsets, offsets_); !placed) return placed;
    return place(layout::result_bytes, bytes_);
  }

  [[nodiscard]] std::uint64_t count() const override { return count_; }
  [[nodiscard]] std::uint64_t bytes() const override { return bytes_.bytes; }
  [[nodiscard]] Status keys(std::uint64_t first, std::span<UnitKey> out) override {
    return read(keys_, first * sizeof(UnitKey), std::as_writable_bytes(out));
  }
  [[nodiscard]] Status offsets(std::uint64_t first, std::span<std::uint64_t> out) override {
    return read(offsets_, first * sizeof(std::uint64_t), std::as_writable_bytes(out));
  }
  [[nodiscard]] Status payload(std::uint64_t offset, std::span<std::byte> out) override {
    return read(bytes_, offset, out);
  }

 private:
  Status read(const Extent& extent, std::uint64_t from, std::span<std::byte> out) {
    if (from > extent.bytes || out.size() > extent.bytes - from) {
      return Error{ErrorCode::corrupt, "it has fewer results than it is said to have"};
    }
    return source_->read_at(extent.offset + from, out);
  }

  std::unique_ptr<ByteSource> source_;
  std::uint64_t count_ = 0;
  Extent keys_;
  Extent offsets_;
  Extent bytes_;
};

void read_sharded(In& in, core::ShardIndex& index) {
  const std::vector<std::uint64_t> names = in.words(layout::shard_names, 3);
  const std::vector<std::uint64_t> sizes = in.words(layout::shard_sizes, 2);
  const std::vector<std::uint64_t> digests = in.words(layout::shard_digests, 2);
  const std::vector<UnitKey> keys = in.keys(layout::sharded_keys);
  const std::vector<std::uint64_t> places = in.words(layout::sharded_places, 3);
  const std::size_t count = names.size() / 3;
  in.require(sizes.size() == 2 * count && digests.size() == 2 * count,
             "its shards and what it says of them differ in count");
  in.require(places.size() == keys.size() * 3,
             "its results in shards and their places differ in count");
  if (!in.status()) return;
  for (std::size_t i = 0; i < count; ++i) {
    index.shards.push_back({{OwnerEpoch(names[3 * i]), names[3 * i + 1], names[3 * i + 2]},
                            sizes[2 * i],
                            sizes[2 * i + 1],
                            {digests[2 * i], digests[2 * i + 1]}});
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::uint64_t shard = places[3 * i];
    const bool fits = shard < count && places[3 * i + 1] < index.shards[shard].results;
    in.require(fits, "a result is said to lie where no shard is");
    if (!fits) return;
    index.records.push_back(
        {keys[i], static_cast<std::uint32_t>(shard), places[3 * i + 1], places[3 * i + 2]});
  }
}

void read_lists(In& in, core::GenerationDelta& delta) {
  delta.removed = in.keys(layout::removed);
  if (in.has(layout::units)) read_units(in, delta.added);
  if (in.has(layout::partials)) read_partials(in, delta.partials);
  if (in.has(layout::failed)) read_failed(in, delta.failed);
  if (in.is_whole() && in.has(layout::results)) read_results(in, delta.results);
  if (in.has(layout::sharded)) read_sharded(in, delta.sharded);
}

/// Where the lists lie, for those who read them later without HDF5.
Status index_lists(const ImageReader& reader, FileIndex& index) {
  for (const char* path : layout::lists) {
    const Result<bool> there = reader.has(path);
    if (!there) return there.error();
    if (!there.value()) continue;
    const Result<Extent> extent = reader.extent(path);
    if (!extent) return extent.error();
    index.emplace(path, extent.value());
  }
  return {};
}

Result<Segment> read_segment(const ImageReader& reader, Depth depth, bool with_fold) {
  In in(reader, depth);
  Segment segment;
  read_header(in, segment.header);
  if (!in.status()) return in.status().error();
  segment.delta.epoch = segment.header.epoch;
  segment.has_full = in.has(layout::state);
  if (segment.has_full) read_full(in, with_fold, segment.delta);
  read_lists(in, segment.delta);
  segment.result_count = in.rows(layout::result_keys, Element::u64, 2);
  if (in.has(layout::results)) {
    segment.header.result_fields = in.text_or_none(layout::results, "fields");
  } else if (in.has(layout::sharded)) {
    segment.header.result_fields = in.text_or_none(layout::sharded, "fields");
  }
  if (!in.status()) return in.status().error();
  if (Status indexed = index_lists(reader, segment.index); !indexed) return indexed.error();
  return segment;
}

class Hdf5Codec final : public SegmentCodec {
 public:
  Result<EncodedSegment> encode(const SegmentView& view) const override {
    return encode_segment(view);
  }
  Result<Segment> decode(ByteView bytes) const override { return decode_segment(bytes); }
  Result<Segment> skim(ByteSource& source, bool with_fold) const override {
    Result<ImageReader> reader = ImageReader::open(source);
    if (!reader) return reader.error();
    return read_segment(reader.value(), Depth::without_payloads, with_fold);
  }
  Result<std::unique_ptr<ResultTable>> open_results(
      std::unique_ptr<ByteSource> source) const override {
    Result<ImageReader> reader = ImageReader::open(*source);
    if (!reader) return reader.error();
    auto results = std::make_unique<StoredResults>(std::move(source));
    if (Status found = results->find(reader.value()); !found) return found.error();
    return std::unique_ptr<ResultTable>(std::move(results));
  }
  Result<core::GenerationDelta> decode_lists(ByteView bytes,
                                             const FileIndex& index) const override {
    In in(bytes, index);
    core::GenerationDelta lists;
    read_lists(in, lists);
    if (!in.status()) return in.status().error();
    return lists;
  }
  ByteView signature() const override {
    static constexpr std::array<unsigned char, 8> text{0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};
    return std::as_bytes(std::span(text));
  }
};

}  // namespace

const SegmentCodec& hdf5_codec() {
  static const Hdf5Codec codec;
  return codec;
}

Result<Segment> decode_segment(ByteView bytes) {
  Result<ImageReader> reader = ImageReader::open(bytes);
  if (!reader) return reader.error();
  return read_segment(reader.value(), Depth::whole, true);
}

}  // namespace steadfarm::checkpoint
