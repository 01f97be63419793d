#include <utility>

#include "checkpoint/hdf5/image.hpp"
#include "checkpoint/hdf5/version.hpp"
#include "checkpoint/manifest.hpp"
#include "checkpoint/result_columns.hpp"
#include "checkpoint/segment.hpp"
#include "checkpoint/segment_layout.hpp"

namespace steadfarm::checkpoint {
namespace {

using hdf5::Element;
using hdf5::ImageWriter;

// Written as two columns straight from memory.
static_assert(sizeof(UnitKey) == 2 * sizeof(std::uint64_t));
static_assert(sizeof(core::Interval) == 2 * sizeof(std::uint64_t));

template <class Value>
Bytes own(const std::vector<Value>& values) {
  const ByteView view = std::as_bytes(std::span(values));
  return {view.begin(), view.end()};
}

/// Calls the writer until the first error and remembers it, so that the text below reads as the
/// layout it makes. Empty datasets are left out: absent means empty.
class Out {
 public:
  explicit Out(ImageWriter& writer) : writer_(writer) {}

  void group(const char* path) {
    if (status_) status_ = writer_.group(path);
  }
  template <class Value>
  void attribute(const char* object, const char* name, const Value& value) {
    if (status_) status_ = writer_.attribute(object, name, value);
  }
  // Borrowed: these stay where they are until the file is written.
  void bytes(const char* path, ByteView view) { pieces(path, {view}, view.size()); }
  void pieces(const char* path, const std::vector<ByteView>& views, std::uint64_t count) {
    if (status_ && count > 0) status_ = writer_.dataset(path, {Element::u8, count, 0}, views);
  }
  template <class Pair>
  void pairs(const char* path, std::span<const Pair> view) {
    if (!status_ || view.empty()) return;
    status_ = writer_.dataset(path, {Element::u64, view.size(), 2}, {std::as_bytes(view)});
  }
  // Copied: columns that are made here.
  template <class Value>
  void columns(const char* path, Element element, const std::vector<Value>& values,
               std::uint64_t per_row) {
    if (!status_ || values.empty()) return;
    const std::uint64_t rows = per_row == 0 ? values.size() : values.size() / per_row;
    status_ = writer_.dataset(path, {element, rows, per_row}, own(values));
  }
  void owned(const char* path, const hdf5::Table& table, Bytes bytes) {
    if (status_) status_ = writer_.dataset(path, table, std::move(bytes));
  }
  void words(const char* path, const std::vector<std::uint64_t>& values, std::uint64_t per_row) {
    columns(path, Element::u64, values, per_row);
  }
  void key_column(const char* path, const std::vector<UnitKey>& keys) {
    if (!status_ || keys.empty()) return;
    status_ = writer_.dataset(path, {Element::u64, keys.size(), 2}, own(keys));
  }
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  ImageWriter& writer_;
  Status status_;
};

void write_header(Out& out, const SegmentHeader& header) {
  out.attribute("/", "format", std::string(layout::magic));
  out.attribute("/", "format_version", std::uint64_t{segment_format_version});
  out.attribute("/", "hdf5_version", hdf5_library_version());
  out.attribute("/", "generation", header.generation.value);
  out.attribute("/", "owner_epoch", header.owner_epoch.value);
  out.attribute("/", "epoch", header.epoch.value);
  out.attribute("/", "fingerprint", to_hex(header.fingerprint));
}

void write_full(Out& out, const core::GenerationDelta& full) {
  out.group(layout::state);
  out.attribute(layout::state, "complete", std::uint64_t{full.complete ? 1U : 0U});
  out.attribute(layout::state, "accepted", full.counters.accepted);
  out.attribute(layout::state, "failed", full.counters.failed);
  out.attribute(layout::state, "executions", full.counters.executions);
  out.attribute(layout::state, "spawned", full.counters.spawned);
  out.attribute(layout::state, "has_shared", std::uint64_t{full.shared ? 1U : 0U});
  out.pairs(layout::pending, std::span<const core::Interval>(full.pending_indices));
  std::vector<std::uint64_t> retried;
  retried.reserve(full.retried.size() * 3);
  for (const core::RetriedIndex& unit : full.retried) {
    retried.insert(retried.end(), {unit.index, unit.tries, unit.deaths});
  }
  out.words(layout::retried, retried, 3);
  out.bytes(layout::fold, full.fold_state);
  if (full.shared) {
    out.attribute(layout::state, "shared_value", full.shared->value);
    out.bytes(layout::witness, full.shared->witness);
  }
  if (full.held.size() == 0) return;
  out.group(layout::held);
  out.pairs(layout::held_keys, std::span<const UnitKey>(full.held.keys));
  out.words(layout::held_offsets, full.held.offsets, 0);
  out.bytes(layout::held_bytes, full.held.bytes);
}

void write_units(Out& out, std::span<const core::UnitRecord> units) {
  std::vector<UnitKey> keys;
  std::vector<std::int64_t> numbers;
  std::vector<std::uint64_t> hints;
  bool hinted = false;
  std::vector<std::uint64_t> offsets{0};
  std::vector<ByteView> payloads;
  keys.reserve(units.size());
  numbers.reserve(units.size() * 3);
  offsets.reserve(units.size() + 1);
  payloads.reserve(units.size());
  for (const core::UnitRecord& unit : units) {
    keys.push_back(unit.key);
    numbers.insert(numbers.end(), {unit.priority, unit.tries, unit.deaths});
    hints.insert(hints.end(), {unit.hints.expected_us, unit.hints.affinity,
                               unit.hints.repeatable ? 0 : layout::unit_not_repeatable});
    hinted = hinted || unit.hints != UnitHints();
    payloads.emplace_back(unit.payload);
    offsets.push_back(offsets.back() + unit.payload.size());
  }
  out.group(layout::units);
  out.key_column(layout::unit_keys, keys);
  out.columns(layout::unit_numbers, Element::i64, numbers, 3);
  if (hinted) out.words(layout::unit_hints, hints, 3);
  out.words(layout::unit_offsets, offsets, 0);
  out.pieces(layout::unit_bytes, payloads, offsets.back());
}

void write_partials(Out& out, std::span<const core::PartialState> partials) {
  std::vector<UnitKey> keys;
  std::vector<std::uint64_t> sequences;
  std::vector<std::uint64_t> offsets{0};
  std::vector<ByteView> states;
  for (const core::PartialState& partial : partials) {
    keys.push_back(partial.key);
    sequences.push_back(partial.sequence);
    states.push_back(partial.view());
    offsets.push_back(offsets.back() + states.back().size());
  }
  out.group(layout::partials);
  out.key_column(layout::partial_keys, keys);
  out.words(layout::partial_sequences, sequences, 0);
  out.words(layout::partial_offsets, offsets, 0);
  out.pieces(layout::partial_bytes, states, offsets.back());
}

void write_failed(Out& out, std::span<const core::FailedUnit> units) {
  std::vector<UnitKey> keys;
  std::vector<std::uint64_t> numbers;
  std::vector<std::uint64_t> offsets{0};
  std::vector<ByteView> messages;
  for (const core::FailedUnit& unit : units) {
    keys.push_back(unit.key);
    numbers.insert(numbers.end(), {unit.tries, unit.deaths});
    messages.push_back(std::as_bytes(std::span(unit.message)));
    offsets.push_back(offsets.back() + unit.message.size());
  }
  out.group(layout::failed);
  out.key_column(layout::failed_keys, keys);
  out.words(layout::failed_numbers, numbers, 2);
  out.words(layout::failed_offsets, offsets, 0);
  out.pieces(layout::failed_bytes, messages, offsets.back());
}

Element element_of(FieldType type) {
  switch (type) {
    case FieldType::i8:
      return Element::i8;
    case FieldType::i16:
      return Element::i16;
    case FieldType::i32:
      return Element::i32;
    case FieldType::i64:
      return Element::i64;
    case FieldType::u8:
    case FieldType::boolean:
      return Element::u8;
    case FieldType::u16:
      return Element::u16;
    case FieldType::u32:
      return Element::u32;
    case FieldType::u64:
      return Element::u64;
    case FieldType::f32:
      return Element::f32;
    case FieldType::f64:
      break;
  }
  return Element::f64;
}

// Beside the bytes, for readers without our code.
void write_fields(Out& out, const ResultsView& results, const std::string& text) {
  if (text.empty()) return;
  out.attribute(layout::results, "fields", text);
  const Result<ResultFields> fields = parse_result_fields(text);
  if (!fields) return;
  std::vector<ResultColumn> columns = columns_of(results, fields.value());
  if (!columns.empty()) out.group(layout::result_fields);
  for (ResultColumn& column : columns) {
    const std::string path = std::string(layout::result_fields) + "/" + column.field.name;
    const std::uint64_t per_row = column.field.is_array ? column.field.count : 0;
    out.owned(path.c_str(), {element_of(column.field.type), results.keys.size(), per_row},
              std::move(column.bytes));
  }
}

void write_results(Out& out, const ResultsView& results, const std::string& fields) {
  const std::uint64_t base = results.offsets.front();
  std::vector<std::uint64_t> offsets(results.offsets.begin(), results.offsets.end());
  for (std::uint64_t& offset : offsets) offset -= base;
  out.group(layout::results);
  out.pairs(layout::result_keys, results.keys);
  out.words(layout::result_offsets, offsets, 0);
  out.bytes(layout::result_bytes, results.bytes.subspan(base, offsets.back()));
  write_fields(out, results, fields);
}

void write_sharded(Out& out, const core::ShardIndex& index, const std::string& fields) {
  std::vector<std::uint64_t> names;
  std::vector<std::uint64_t> sizes;
  std::vector<std::uint64_t> digests;
  for (const ShardInfo& shard : index.shards) {
    names.insert(names.end(),
                 {shard.name.owner_epoch.value, shard.name.nonce, shard.name.sequence});
    sizes.insert(sizes.end(), {shard.results, shard.bytes});
    digests.insert(digests.end(), {shard.digest.hi, shard.digest.lo});
  }
  out.group(layout::shards);
  out.words(layout::shard_names, names, 3);
  out.words(layout::shard_sizes, sizes, 2);
  out.words(layout::shard_digests, digests, 2);
  std::vector<UnitKey> keys;
  std::vector<std::uint64_t> places;
  keys.reserve(index.records.size());
  places.reserve(index.records.size() * 3);
  for (const core::ShardIndex::Record& record : index.records) {
    keys.push_back(record.key);
    places.insert(places.end(), {record.shard, record.row, record.bytes});
  }
  out.group(layout::sharded);
  out.key_column(layout::sharded_keys, keys);
  out.words(layout::sharded_places, places, 3);
  if (!fields.empty()) out.attribute(layout::sharded, "fields", fields);
}

}  // namespace

ResultsView view_of(const core::ResultBatch& batch) {
  return {batch.keys, batch.offsets, batch.bytes};
}

Result<EncodedSegment> encode_segment(const SegmentView& view) {
  Result<ImageWriter> writer = ImageWriter::create();
  if (!writer) return writer.error();
  Out out(writer.value());
  write_header(out, view.header);
  if (view.full != nullptr) write_full(out, *view.full);
  if (!view.removed.empty()) out.pairs(layout::removed, view.removed);
  if (!view.added.empty()) write_units(out, view.added);
  if (!view.partials.empty()) write_partials(out, view.partials);
  if (!view.failed.empty()) write_failed(out, view.failed);
  if (!view.results.keys.empty()) write_results(out, view.results, view.header.result_fields);
  if (view.sharded != nullptr) write_sharded(out, *view.sharded, view.header.result_fields);
  if (!out.status()) return out.status().error();
  Result<hdf5::FinishedFile> file = writer.value().finish();
  if (!file) return file.error();
  return EncodedSegment{std::move(file.value().image), std::move(file.value().index)};
}

}  // namespace steadfarm::checkpoint
