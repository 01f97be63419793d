#include "checkpoint/result_table.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/allocation.hpp"
#include "checkpoint/segment.hpp"

namespace steadfarm::checkpoint {
namespace {

constexpr std::uint64_t window_rows = 16'384;

/// For a codec whose files cannot be read in parts.
class WholeResults final : public ResultTable {
 public:
  explicit WholeResults(core::ResultBatch results) : results_(std::move(results)) {}

  [[nodiscard]] std::uint64_t count() const override { return results_.size(); }
  [[nodiscard]] std::uint64_t bytes() const override { return results_.bytes.size(); }
  [[nodiscard]] Status keys(std::uint64_t first, std::span<UnitKey> out) override {
    return copy(std::span<const UnitKey>(results_.keys), first, out);
  }
  [[nodiscard]] Status offsets(std::uint64_t first, std::span<std::uint64_t> out) override {
    return copy(std::span<const std::uint64_t>(results_.offsets), first, out);
  }
  [[nodiscard]] Status payload(std::uint64_t offset, std::span<std::byte> out) override {
    return copy(ByteView(results_.bytes), offset, out);
  }

 private:
  template <class Value>
  static Status copy(std::span<const Value> from, std::uint64_t first, std::span<Value> out) {
    if (first > from.size() || out.size() > from.size() - first) {
      return Error{ErrorCode::corrupt, "it has fewer results than it is said to have"};
    }
    std::ranges::copy(from.subspan(static_cast<std::size_t>(first), out.size()), out.begin());
    return {};
  }

  core::ResultBatch results_;
};

Result<Bytes> read_whole(ByteSource& source) {
  Result<Bytes> bytes = allocate<std::byte>(source.bytes(), "reading a segment");
  if (!bytes) return bytes;
  if (Status read = source.read_at(0, bytes.value()); !read) return read.error();
  return bytes;
}

}  // namespace

Status for_each_row(ResultTable& table,
                    const std::function<void(std::uint64_t, const ResultRow&)>& visit) {
  const std::uint64_t count = table.count();
  std::vector<UnitKey> keys(static_cast<std::size_t>(std::min(count, window_rows)));
  std::vector<std::uint64_t> offsets(keys.size() + 1);
  const Error uncut{ErrorCode::corrupt, "its offsets do not cut its results into pieces"};
  std::uint64_t end = 0;
  for (std::uint64_t first = 0; first < count; first += keys.size()) {
    const auto rows = static_cast<std::size_t>(std::min<std::uint64_t>(keys.size(), count - first));
    if (Status read = table.keys(first, std::span(keys).first(rows)); !read) return read;
    Status read = table.offsets(first, std::span(offsets).first(rows + 1));
    if (!read) return read;
    if (offsets.front() != end) return uncut;
    for (std::size_t i = 0; i < rows; ++i) {
      if (offsets[i + 1] < offsets[i] || offsets[i + 1] > table.bytes()) return uncut;
      visit(first + i, {keys[i], offsets[i], offsets[i + 1] - offsets[i]});
    }
    end = offsets[rows];
  }
  return end == table.bytes() ? Status() : Status(uncut);
}

Status for_each_key(ResultTable& table, const std::function<void(const UnitKey&)>& visit) {
  const std::uint64_t count = table.count();
  std::vector<UnitKey> keys(static_cast<std::size_t>(std::min(count, window_rows)));
  for (std::uint64_t first = 0; first < count; first += keys.size()) {
    const auto rows = static_cast<std::size_t>(std::min<std::uint64_t>(keys.size(), count - first));
    if (Status read = table.keys(first, std::span(keys).first(rows)); !read) return read;
    for (std::size_t i = 0; i < rows; ++i) visit(keys[i]);
  }
  return {};
}

Result<Segment> SegmentCodec::skim(ByteSource& source, bool with_fold) const {
  const Result<Bytes> bytes = read_whole(source);
  if (!bytes) return bytes.error();
  Result<Segment> segment = decode(bytes.value());
  if (!segment) return segment;
  core::GenerationDelta& delta = segment.value().delta;
  for (core::UnitRecord& unit : delta.added) unit.payload = {};
  delta.partials.clear();
  delta.failed.clear();
  delta.results = {};
  delta.held = {};
  if (!with_fold) delta.fold_state = {};
  return segment;
}

Result<std::unique_ptr<ResultTable>> SegmentCodec::open_results(
    std::unique_ptr<ByteSource> source) const {
  const Result<Bytes> bytes = read_whole(*source);
  if (!bytes) return bytes.error();
  Result<Segment> segment = decode(bytes.value());
  if (!segment) return segment.error();
  return std::unique_ptr<ResultTable>(
      std::make_unique<WholeResults>(std::move(segment.value().delta.results)));
}

}  // namespace steadfarm::checkpoint
