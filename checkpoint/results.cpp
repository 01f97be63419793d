// All committed results by unit key, in bounded memory, while a run may be live. First an index of
// the keys of one generation; then the results in batches, each gathered from the segments that
// have some of it.
#include <algorithm>
#include <optional>
#include <utility>

#include "checkpoint/browse.hpp"
#include "checkpoint/file_system.hpp"
#include "checkpoint/replay.hpp"
#include "checkpoint/shard_reader.hpp"
#include "checkpoint/store.hpp"

namespace steadfarm::checkpoint {
namespace {

/// Where a result lies.
struct Place {
  UnitKey key;
  std::uint64_t bytes = 0;
  std::uint32_t file = 0;  // see Index
  std::uint32_t row = 0;
};

struct Index {
  Manifest manifest;
  std::vector<ShardInfo> shards;  // files: first the manifest's segments, then these
  std::vector<Place> places;      // sorted by key
};

bool by_key(const Place& a, const Place& b) { return a.key < b.key; }

class ResultReader {
 public:
  ResultReader(Folder& folder, const ResultReading& reading)
      : folder_(folder), reading_(reading), codec_(codec_or_hdf5(reading.codec)) {}

  Status read(const std::function<void(const UnitKey&, ByteView)>& visit) {
    Result<Index> index = find(true);
    if (!index) return index.error();
    index_ = std::move(index).value();
    if (reading_.begin) reading_.begin(std::exchange(info_, {}));
    for (std::size_t at = 0; at < index_.places.size();) {
      const std::size_t end = batch_end(at);
      Status gathered = gather(at, end);
      if (!gathered && gathered.error().code != ErrorCode::not_found) return gathered;
      if (!gathered) {
        const Generation before = index_.manifest.generation;
        if (Status moved = relocate(at); !moved) return moved;
        if (index_.manifest.generation == before) {
          return Error{ErrorCode::corrupt, "a file of generation " + std::to_string(before.value) +
                                               " is missing: " + gathered.error().message};
        }
        continue;
      }
      std::uint64_t from = 0;
      for (; at < end; ++at) {
        visit(index_.places[at].key, ByteView(batch_).subspan(from, index_.places[at].bytes));
        from += index_.places[at].bytes;
      }
    }
    return {};
  }

 private:
  /// The index of the newest generation. Files that go away meanwhile were superseded: look again.
  Result<Index> find(bool with_info) {
    Generation last;
    while (true) {
      Result<Found> found = find_newest(folder_);
      if (!found) return found.error();
      Index index{std::move(found.value().stored.manifest), {}, {}};
      Status made = make(index);
      if (made && with_info) made = inform(index, std::move(found.value().warnings));
      if (made) return index;
      if (made.error().code != ErrorCode::not_found) return made.error();
      if (index.manifest.generation <= last) {
        return Error{ErrorCode::corrupt, "a segment of generation " +
                                             std::to_string(index.manifest.generation.value) +
                                             " of " + folder_.path() + " is missing"};
      }
      last = index.manifest.generation;
    }
  }

  Status make(Index& index) {
    std::uint64_t count = 0;
    for (const SegmentEntry& entry : index.manifest.segments) count += entry.results;
    index.places.reserve(count);
    fields_.clear();
    Replay replay;
    for (std::uint32_t i = 0; i < index.manifest.segments.size(); ++i) {
      const SegmentEntry& entry = index.manifest.segments[i];
      if (entry.results == 0 && entry.role == SegmentRole::results) continue;
      Result<Segment> segment = load_segment(folder_, entry, index.manifest.fingerprint, codec_);
      if (!segment) return segment.error();
      const core::ResultBatch& results = segment.value().delta.results;
      for (std::uint32_t row = 0; row < results.size(); ++row) {
        index.places.push_back({results.keys[row], results.payload(row).size(), i, row});
      }
      if (!segment.value().header.result_fields.empty()) {
        fields_ = segment.value().header.result_fields;
      }
      Segment index_alone;
      index_alone.delta.sharded = std::move(segment.value().delta.sharded);
      replay.apply(std::move(index_alone), false);
    }
    add_sharded(index, replay.take_sharded());
    std::sort(index.places.begin(), index.places.end(), by_key);
    const auto twice =
        std::adjacent_find(index.places.begin(), index.places.end(),
                           [](const Place& a, const Place& b) { return a.key == b.key; });
    if (twice == index.places.end()) return {};
    return Error{ErrorCode::corrupt, "the store " + folder_.path() + " holds two results of unit " +
                                         to_string(twice->key)};
  }

  static void add_sharded(Index& index, core::ShardIndex sharded) {
    const auto first = static_cast<std::uint32_t>(index.manifest.segments.size());
    for (const core::ShardIndex::Record& record : sharded.records) {
      index.places.push_back(
          {record.key, record.bytes, first + record.shard, static_cast<std::uint32_t>(record.row)});
    }
    index.shards = std::move(sharded.shards);
  }

  [[nodiscard]] Result<Segment> load(std::uint32_t file) {
    const std::vector<SegmentEntry>& segments = index_.manifest.segments;
    const Digest& fingerprint = index_.manifest.fingerprint;
    if (file < segments.size()) return load_segment(folder_, segments[file], fingerprint, codec_);
    return load_shard(folder_, index_.shards[file - segments.size()], fingerprint, codec_);
  }

  Status inform(const Index& index, std::vector<std::string> warnings) {
    info_ = {};
    info_.generation = index.manifest.generation;
    info_.complete = index.manifest.complete;
    info_.accepted = index.manifest.counters.accepted;
    info_.count = index.places.size();
    if (info_.count > 0) info_.last = index.places.back().key;
    info_.fields = fields_;
    info_.warnings = std::move(warnings);
    if (!reading_.with_fold) return {};
    std::string bad_file;
    Result<LoadedGeneration> loaded = load_state(folder_, index.manifest, codec_, bad_file);
    if (!loaded) return loaded.error();
    info_.fold_state = std::move(loaded.value().state.fold_state);
    return {};
  }

  /// As many as fit into the memory for a batch, one at least.
  [[nodiscard]] std::size_t batch_end(std::size_t begin) const {
    std::uint64_t bytes = 0;
    std::size_t end = begin;
    while (end < index_.places.size()) {
      bytes += index_.places[end].bytes;
      if (bytes > reading_.batch_bytes_max && end > begin) break;
      ++end;
    }
    return end;
  }

  /// Puts the results of the places from `begin` to `end` end to end.
  Status gather(std::size_t begin, std::size_t end) {
    struct Part {
      std::uint32_t file;
      std::uint32_t row;
      std::size_t place;
      std::uint64_t to;
    };
    std::vector<Part> parts;
    parts.reserve(end - begin);
    std::uint64_t total = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const Place& place = index_.places[i];
      parts.push_back({place.file, place.row, i, total});
      total += place.bytes;
    }
    batch_.resize(total);
    std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
      return a.file != b.file ? a.file < b.file : a.row < b.row;
    });
    std::optional<Segment> loaded;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i == 0 || parts[i].file != parts[i - 1].file) {
        loaded.reset();  // before the next one takes its memory
        Result<Segment> segment = load(parts[i].file);
        if (!segment) return segment.error();
        loaded = std::move(segment).value();
      }
      const core::ResultBatch& results = loaded->delta.results;
      const Place& place = index_.places[parts[i].place];
      if (parts[i].row >= results.size() || results.keys[parts[i].row] != place.key ||
          results.payload(parts[i].row).size() != place.bytes) {
        return Error{ErrorCode::corrupt, "the result of unit " + to_string(place.key) +
                                             " is not where the store " + folder_.path() +
                                             " says it is"};
      }
      const ByteView payload = results.payload(parts[i].row);
      std::copy(payload.begin(), payload.end(),
                batch_.begin() + static_cast<std::ptrdiff_t>(parts[i].to));
    }
    return {};
  }

  /// A live run has moved results into newer files: finds those that are still to be given.
  Status relocate(std::size_t from) {
    Result<Index> found = find(false);
    if (!found) return found.error();
    const std::vector<Place>& now = found.value().places;
    for (std::size_t i = from; i < index_.places.size(); ++i) {
      const auto place = std::lower_bound(now.begin(), now.end(), index_.places[i], by_key);
      if (place == now.end() || place->key != index_.places[i].key) {
        return Error{ErrorCode::corrupt, "the result of unit " + to_string(index_.places[i].key) +
                                             " is gone from " + folder_.path() +
                                             "; was the store discarded meanwhile?"};
      }
      index_.places[i] = *place;
    }
    index_.manifest = std::move(found.value().manifest);
    index_.shards = std::move(found.value().shards);
    return {};
  }

  Folder& folder_;
  const ResultReading& reading_;
  const SegmentCodec& codec_;
  Index index_;
  ResultsInfo info_;
  std::string fields_;
  Bytes batch_;
};

}  // namespace

Status for_each_result(FileSystem& files, const std::string& path,
                       const std::function<void(const UnitKey&, ByteView)>& visit,
                       const ResultReading& reading) {
  Result<std::unique_ptr<Folder>> folder = files.open_folder(path, Access::read);
  if (!folder) return folder.error();
  return ResultReader(*folder.value(), reading).read(visit);
}

}  // namespace steadfarm::checkpoint
