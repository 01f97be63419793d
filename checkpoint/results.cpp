// All committed results by unit key, in bounded memory, while a run may be live. First an index of
// the keys of one generation; then the results in batches, each gathered from the files that have
// some of it.
#include <algorithm>
#include <optional>
#include <utility>

#include "checkpoint/allocation.hpp"
#include "checkpoint/browse.hpp"
#include "checkpoint/file_system.hpp"
#include "checkpoint/store.hpp"

namespace steadfarm::checkpoint {
namespace {

/// Where a result lies.
struct Place {
  UnitKey key;
  std::uint64_t offset = 0;  // among the results of the file
  std::uint64_t bytes = 0;
  std::uint32_t file = 0;  // in the index
};

struct Index {
  Manifest manifest;
  std::vector<const ExaminedFile*> files;  // that hold results
  std::vector<Place> places;               // sorted by key
};

bool by_key(const Place& a, const Place& b) { return a.key < b.key; }

class ResultReader {
 public:
  ResultReader(Folder& folder, const ResultReading& reading)
      : folder_(folder),
        reading_(reading),
        codec_(codec_or_hdf5(reading.codec)),
        examiner_(folder, codec_, reading.threads) {}

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
  /// The index of the newest generation that verifies. Files that go away meanwhile were
  /// superseded: look again.
  Result<Index> find(bool with_info) {
    Generation last;
    while (true) {
      Result<FoundGood> good = find_newest_good(folder_, examiner_);
      if (!good) return good.error();
      Found& found = good.value().found;
      Index index{std::move(found.stored.manifest), {}, {}};
      Status made = make(index, good.value().sharded);
      if (made && with_info) made = inform(index, std::move(found.warnings));
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

  Status make(Index& index, core::ShardIndex& sharded) {
    std::uint64_t count = sharded.records.size();
    for (const SegmentEntry& entry : index.manifest.segments) count += entry.results;
    index.places.reserve(count);  // the files were read: they hold so many
    for (const SegmentEntry& entry : index.manifest.segments) {
      if (entry.results == 0) continue;
      const auto number = static_cast<std::uint32_t>(index.files.size());
      index.files.push_back(examiner_.find(entry));
      const auto table = examiner_.open_results(*index.files.back());
      if (!table) return table.error();
      Status read = for_each_row(*table.value(), [&](std::uint64_t, const ResultRow& row) {
        index.places.push_back({row.key, row.offset, row.bytes, number});
      });
      if (!read) return read;
    }
    if (Status added = add_sharded(index, sharded); !added) return added;
    std::sort(index.places.begin(), index.places.end(), by_key);
    return {};
  }

  /// Those rows of the shards that count.
  Status add_sharded(Index& index, core::ShardIndex& sharded) {
    using Record = core::ShardIndex::Record;
    std::vector<Record>& records = sharded.records;
    std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) {
      return std::pair(a.shard, a.row) < std::pair(b.shard, b.row);
    });
    for (auto next = records.begin(); next != records.end();) {
      const std::uint32_t shard = next->shard;
      const auto number = static_cast<std::uint32_t>(index.files.size());
      index.files.push_back(examiner_.find(entry_of(sharded.shards[shard])));
      const auto table = examiner_.open_results(*index.files.back());
      if (!table) return table.error();
      Status read = for_each_row(*table.value(), [&](std::uint64_t at, const ResultRow& row) {
        if (next == records.end() || next->shard != shard || next->row != at) return;
        index.places.push_back({row.key, row.offset, row.bytes, number});
        ++next;
      });
      if (!read) return read;
      if (next != records.end() && next->shard == shard) {
        return Error{
            ErrorCode::internal,
            "a result that was found in " + index.files.back()->entry.file + " is not found again"};
      }
    }
    records = {};
    return {};
  }

  Status inform(const Index& index, std::vector<std::string> warnings) {
    info_ = {};
    info_.generation = index.manifest.generation;
    info_.complete = index.manifest.complete;
    info_.accepted = index.manifest.counters.accepted;
    info_.count = index.places.size();
    if (info_.count > 0) info_.last = index.places.back().key;
    for (const SegmentEntry& entry : index.manifest.segments) {
      const std::string& fields = examiner_.find(entry)->content.header.result_fields;
      if (!fields.empty()) info_.fields = fields;
    }
    info_.warnings = std::move(warnings);
    return reading_.with_fold ? read_fold(index.manifest) : Status();
  }

  /// The last segment with a full state has it.
  Status read_fold(const Manifest& manifest) {
    for (auto entry = manifest.segments.rbegin(); entry != manifest.segments.rend(); ++entry) {
      const ExaminedFile& file = *examiner_.find(*entry);
      if (!file.content.has_full) continue;
      const Result<std::unique_ptr<ByteSource>> source = examiner_.open(file);
      if (!source) return source.error();
      Result<Segment> segment = codec_.skim(*source.value(), true);
      if (!segment) return segment.error();
      info_.fold_state = std::move(segment.value().delta.fold_state);
      return {};
    }
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
      std::size_t place;
      std::uint64_t to;
    };
    std::vector<Part> parts;
    parts.reserve(end - begin);
    std::uint64_t total = 0;
    for (std::size_t i = begin; i < end; ++i) {
      parts.push_back({i, total});
      total += index_.places[i].bytes;
    }
    if (Status made = make_room(total); !made) return made;
    // In the order of the files, so that each piece of them is read once.
    std::sort(parts.begin(), parts.end(), [this](const Part& a, const Part& b) {
      const Place& left = index_.places[a.place];
      const Place& right = index_.places[b.place];
      return std::pair(left.file, left.offset) < std::pair(right.file, right.offset);
    });
    std::unique_ptr<ResultTable> table;
    std::uint32_t opened = UINT32_MAX;
    for (const Part& part : parts) {
      const Place& place = index_.places[part.place];
      if (place.file != opened) {
        auto next = examiner_.open_results(*index_.files[place.file]);
        if (!next) return next.error();
        table = std::move(next).value();
        opened = place.file;
      }
      const auto room = std::span(batch_).subspan(static_cast<std::size_t>(part.to),
                                                  static_cast<std::size_t>(place.bytes));
      if (Status read = table->payload(place.offset, room); !read) return read;
    }
    return {};
  }

  /// Grows for a result that is larger than a batch, and gives that memory back afterwards.
  Status make_room(std::uint64_t bytes) {
    if (batch_.capacity() < bytes || batch_.capacity() > reading_.batch_bytes_max) {
      batch_ = {};
      Result<Bytes> room = allocate<std::byte>(bytes, "the results of " + folder_.path());
      if (!room) return room.error();
      batch_ = std::move(room).value();
    }
    batch_.resize(static_cast<std::size_t>(bytes));
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
    index_.files = std::move(found.value().files);
    return {};
  }

  Folder& folder_;
  const ResultReading& reading_;
  const SegmentCodec& codec_;
  Examiner examiner_;
  Index index_;
  ResultsInfo info_;
  Bytes batch_;
};

}  // namespace

Status for_each_result(FileSystem& files, const std::string& path,
                       const std::function<void(const UnitKey&, ByteView)>& visit,
                       const ResultReading& reading) {
  return or_no_memory("reading results", [&]() -> Status {
    const Result<std::unique_ptr<Folder>> folder = files.open_folder(path, Access::read);
    if (!folder) return folder.error();
    return ResultReader(*folder.value(), reading).read(visit);
  });
}

}  // namespace steadfarm::checkpoint
