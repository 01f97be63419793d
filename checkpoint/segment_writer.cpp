#include "checkpoint/hdf5/image.hpp"
#include "checkpoint/hdf5/version.hpp"
#include "checkpoint/manifest.hpp"
#include "checkpoint/segment.hpp"
#include "checkpoint/segment_layout.hpp"

namespace steadfarm::checkpoint {
namespace {

using hdf5::Element;
using hdf5::ImageWriter;

// Written as two columns straight from memory.
static_assert(sizeof(UnitKey) == 2 * sizeof(std::uint64_t));
static_assert(sizeof(core::Interval) == 2 * sizeof(std::uint64_t));

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
  void dataset(const char* path, Element element, std::uint64_t rows, std::uint64_t columns,
               const void* data) {
    if (status_ && rows > 0) status_ = writer_.dataset(path, element, rows, columns, data);
  }
  void bytes(const char* path, ByteView view) {
    dataset(path, Element::u8, view.size(), 0, view.data());
  }
  void keys(const char* path, std::span<const UnitKey> view) {
    dataset(path, Element::u64, view.size(), 2, view.data());
  }
  void words(const char* path, const std::vector<std::uint64_t>& view, std::uint64_t columns) {
    dataset(path, Element::u64, columns == 0 ? view.size() : view.size() / columns, columns,
            view.data());
  }
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  ImageWriter& writer_;
  Status status_;
};

void write_header(Out& out, const SegmentHeader& header) {
  out.attribute("/", "format", std::string(layout::magic));
  out.attribute("/", "format_version", std::uint64_t{format_version});
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
  out.dataset(layout::pending, Element::u64, full.pending_indices.size(), 2,
              full.pending_indices.data());
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
}

void write_units(Out& out, std::span<const core::UnitRecord> units) {
  std::vector<UnitKey> keys;
  std::vector<std::int64_t> numbers;
  std::vector<std::uint64_t> offsets{0};
  Bytes payloads;
  keys.reserve(units.size());
  numbers.reserve(units.size() * 3);
  offsets.reserve(units.size() + 1);
  for (const core::UnitRecord& unit : units) {
    keys.push_back(unit.key);
    numbers.insert(numbers.end(), {unit.priority, unit.tries, unit.deaths});
    payloads.insert(payloads.end(), unit.payload.begin(), unit.payload.end());
    offsets.push_back(payloads.size());
  }
  out.group(layout::units);
  out.keys(layout::unit_keys, keys);
  out.dataset(layout::unit_numbers, Element::i64, units.size(), 3, numbers.data());
  out.words(layout::unit_offsets, offsets, 0);
  out.bytes(layout::unit_bytes, payloads);
}

void write_failed(Out& out, std::span<const core::FailedUnit> units) {
  std::vector<UnitKey> keys;
  std::vector<std::uint64_t> numbers;
  std::vector<std::uint64_t> offsets{0};
  std::string messages;
  for (const core::FailedUnit& unit : units) {
    keys.push_back(unit.key);
    numbers.insert(numbers.end(), {unit.tries, unit.deaths});
    messages += unit.message;
    offsets.push_back(messages.size());
  }
  out.group(layout::failed);
  out.keys(layout::failed_keys, keys);
  out.words(layout::failed_numbers, numbers, 2);
  out.words(layout::failed_offsets, offsets, 0);
  out.dataset(layout::failed_bytes, Element::u8, messages.size(), 0, messages.data());
}

void write_results(Out& out, const ResultsView& results) {
  const std::uint64_t base = results.offsets.front();
  std::vector<std::uint64_t> offsets(results.offsets.begin(), results.offsets.end());
  for (std::uint64_t& offset : offsets) offset -= base;
  out.group(layout::results);
  out.keys(layout::result_keys, results.keys);
  out.words(layout::result_offsets, offsets, 0);
  out.bytes(layout::result_bytes, results.bytes.subspan(base, offsets.back()));
}

std::uint64_t bytes_expected(const SegmentView& view) {
  std::uint64_t bytes = 16U << 10U;
  if (view.full != nullptr) {
    bytes += view.full->fold_state.size() + view.full->pending_indices.size() * 16;
  }
  for (const core::UnitRecord& unit : view.added) bytes += unit.payload.size() + 48;
  if (!view.results.keys.empty()) {
    bytes +=
        view.results.keys.size() * 24 + view.results.offsets.back() - view.results.offsets.front();
  }
  return bytes;
}

}  // namespace

ResultsView view_of(const core::ResultBatch& batch) {
  return {batch.keys, batch.offsets, batch.bytes};
}

Result<Bytes> encode_segment(const SegmentView& view) {
  Result<ImageWriter> writer = ImageWriter::create(bytes_expected(view));
  if (!writer) return writer.error();
  Out out(writer.value());
  write_header(out, view.header);
  if (view.full != nullptr) write_full(out, *view.full);
  if (!view.removed.empty()) out.keys(layout::removed, view.removed);
  if (!view.added.empty()) write_units(out, view.added);
  if (!view.failed.empty()) write_failed(out, view.failed);
  if (!view.results.keys.empty()) write_results(out, view.results);
  if (!out.status()) return out.status().error();
  return writer.value().finish();
}

}  // namespace steadfarm::checkpoint
