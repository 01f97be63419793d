#include "checkpoint/examine.hpp"

#include <algorithm>
#include <new>

#include "checkpoint/allocation.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/parallel.hpp"
#include "checkpoint/replay.hpp"

namespace steadfarm::checkpoint {
namespace {

/// Keys that are compared at a time, to find one that occurs twice: 64 MiB of them.
constexpr std::uint64_t keys_in_memory_max = 4U << 20U;

/// What a codec says has no path; what the file system says has one.
Error with_path(const Folder& folder, const SegmentEntry& entry, const Error& error) {
  if (error.code != ErrorCode::corrupt && error.code != ErrorCode::no_memory) return error;
  if (error.message.starts_with(path_of(folder, entry))) return error;
  return {error.code, path_of(folder, entry) + ": " + error.message};
}

/// For a thread that must not throw.
Error out_of_memory(const Folder& folder, const SegmentEntry& entry) {
  try {
    return memory_shortage(entry.bytes, "the lists of " + path_of(folder, entry));
  } catch (const std::bad_alloc&) {
    return wordless_no_memory();
  }
}

using Record = core::ShardIndex::Record;

/// Compares what is said of results in a shard, sorted by row, with what is there.
class PlaceCheck {
 public:
  explicit PlaceCheck(std::span<const Record> records) : records_(records) {}

  void visit(std::uint64_t row, const ResultRow& found) {
    for (; at_ < records_.size() && records_[at_].row == row; ++at_) {
      const Record& record = records_[at_];
      const bool good = record.key == found.key && record.bytes == found.bytes;
      if (!good && !wrong_) wrong_ = record.key;
    }
  }
  /// The unit whose result is not where it is said to be.
  [[nodiscard]] std::optional<UnitKey> wrong() const {
    if (!wrong_ && at_ < records_.size()) return records_[at_].key;
    return wrong_;
  }

 private:
  std::span<const Record> records_;
  std::size_t at_ = 0;
  std::optional<UnitKey> wrong_;
};

}  // namespace

const ExaminedFile* Examiner::find(const SegmentEntry& entry) const {
  const auto found = files_.find(key_of(entry));
  return found == files_.end() ? nullptr : &found->second;
}

std::uint64_t Examiner::files_read() const {
  return static_cast<std::uint64_t>(
      std::count_if(files_.begin(), files_.end(), [](const auto& entry) {
        return !entry.second.error || entry.second.error->code != ErrorCode::not_found;
      }));
}

Result<std::unique_ptr<ByteSource>> Examiner::open(const ExaminedFile& file) {
  return VerifiedFile::open(folder_, file.entry, file.sums);
}

Result<std::unique_ptr<ResultTable>> Examiner::open_results(const ExaminedFile& file) {
  Result<std::unique_ptr<ByteSource>> source = open(file);
  if (!source) return source.error();
  Result<std::unique_ptr<ResultTable>> table = codec_.open_results(std::move(source).value());
  if (!table) return with_path(folder_, file.entry, table.error());
  return table;
}

void Examiner::add(std::vector<ExaminedFile*>& fresh, const SegmentEntry& entry,
                   const Digest& fingerprint, const std::optional<ShardInfo>& shard) {
  const auto [place, is_new] = files_.try_emplace(key_of(entry));
  ExaminedFile& file = place->second;
  const bool again = file.error && file.error->code != ErrorCode::corrupt;
  if (file.is_queued || (!is_new && !again)) return;
  file.is_queued = true;
  file.entry = entry;
  file.fingerprint = fingerprint;
  file.shard = shard;
  file.error.reset();
  fresh.push_back(&file);
}

void Examiner::read(const std::vector<const Manifest*>& manifests) {
  std::vector<ExaminedFile*> segments;
  for (const Manifest* manifest : manifests) {
    for (const SegmentEntry& entry : manifest->segments) {
      add(segments, entry, manifest->fingerprint, std::nullopt);
    }
  }
  read_files(segments);
  std::vector<ExaminedFile*> shards;
  for (const Manifest* manifest : manifests) {
    for (const SegmentEntry& entry : manifest->segments) {
      const ExaminedFile* segment = find(entry);
      if (segment->error) continue;
      for (const ShardInfo& shard : segment->content.delta.sharded.shards) {
        add(shards, entry_of(shard), manifest->fingerprint, shard);
      }
    }
  }
  read_files(shards);
  segments.clear();
  for (auto& [key, file] : files_) {
    if (!file.error && !file.places_checked) segments.push_back(&file);
  }
  for_each_number(segments.size(), threads_, [&](std::size_t i) {
    ExaminedFile& segment = *segments[i];
    try {
      if (Status checked = check_places(segment); !checked) segment.error = checked.error();
    } catch (const std::bad_alloc&) {
      segment.error = out_of_memory(folder_, segment.entry);
    }
  });
}

void Examiner::read_files(const std::vector<ExaminedFile*>& files) {
  for_each_number(files.size(), threads_, [&](std::size_t i) {
    ExaminedFile& file = *files[i];
    file.is_queued = false;
    try {
      if (Status read = read_file(file); !read) {
        file.error = with_path(folder_, file.entry, read.error());
      }
    } catch (const std::bad_alloc&) {
      file.error = out_of_memory(folder_, file.entry);
    }
  });
}

Status Examiner::read_file(ExaminedFile& file) {
  Result<PieceSums> sums = sum_pieces(folder_, file.entry);
  if (!sums) return sums.error();
  file.sums = std::move(sums).value();
  const Result<std::unique_ptr<ByteSource>> source = open(file);
  if (!source) return source.error();
  Result<Segment> content = codec_.skim(*source.value(), false);
  if (!content) return content.error();
  Status fits = file.shard
                    ? check_shard_content(folder_, *file.shard, content.value(), file.fingerprint)
                    : check_content(folder_, file.entry, content.value(), file.fingerprint);
  if (!fits) return fits;
  const core::GenerationDelta& lists = content.value().delta;
  const bool has_lists = content.value().has_full || !lists.added.empty() ||
                         !lists.removed.empty() || !lists.sharded.shards.empty();
  if (file.entry.role == SegmentRole::results && has_lists) {
    return Error{ErrorCode::corrupt, "there is more in it than results"};
  }
  if (content.value().result_count > 0) {
    const Result<std::unique_ptr<ResultTable>> table = open_results(file);
    if (!table) return table.error();
    Status cut = for_each_row(*table.value(), [](std::uint64_t, const ResultRow&) {});
    if (!cut) return cut;
  }
  if (!file.shard) file.content = std::move(content).value();
  file.content.index.clear();  // for those who compact
  return {};
}

/// What a segment says of results in shards. A shard that is bad itself is its own finding.
Status Examiner::check_places(ExaminedFile& segment) {
  const core::ShardIndex& sharded = segment.content.delta.sharded;
  segment.places_checked = true;
  std::vector<Record> records = sharded.records;
  std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) {
    return std::pair(a.shard, a.row) < std::pair(b.shard, b.row);
  });
  for (std::size_t begin = 0; begin < records.size();) {
    const std::uint32_t number = records[begin].shard;
    std::size_t end = begin;
    while (end < records.size() && records[end].shard == number) ++end;
    const ExaminedFile* shard = find(entry_of(sharded.shards[number]));
    const std::span<const Record> here = std::span(records).subspan(begin, end - begin);
    begin = end;
    if (shard == nullptr || shard->error) {
      segment.places_checked = false;
      continue;
    }
    const Result<std::unique_ptr<ResultTable>> table = open_results(*shard);
    if (!table) return table.error();
    PlaceCheck check(here);
    Status read = for_each_row(*table.value(), [&check](std::uint64_t row, const ResultRow& found) {
      check.visit(row, found);
    });
    if (!read) return with_path(folder_, shard->entry, read.error());
    if (const std::optional<UnitKey> wrong = check.wrong()) {
      return Error{ErrorCode::corrupt, path_of(folder_, shard->entry) + ": the result of unit " +
                                           to_string(*wrong) + " is not where " +
                                           segment.entry.file + " says it is"};
    }
  }
  return {};
}

ExaminedGeneration Examiner::examine(const Manifest& manifest) {
  ExaminedGeneration out;
  std::map<ShardName, ShardInfo> shards;
  const auto note = [&out](const std::optional<Error>& error) {
    if (error) out.findings.push_back(*error);
  };
  for (const SegmentEntry& entry : manifest.segments) {
    const ExaminedFile& segment = *find(entry);
    note(segment.error);
    if (segment.error) continue;
    for (const ShardInfo& shard : segment.content.delta.sharded.shards) {
      const auto [known, is_new] = shards.emplace(shard.name, shard);
      if (is_new) note(find(entry_of(shard))->error);
      if (known->second == shard) continue;
      note(Error{ErrorCode::corrupt, path_of(folder_, entry) + ": it says of " +
                                         shard_name(shard.name) +
                                         " something else than another segment"});
    }
  }
  if (!out.findings.empty()) return out;
  Replay replay;
  for (const SegmentEntry& entry : manifest.segments) replay.apply(find(entry)->content, false);
  const Status sum = check_sum(folder_, manifest, replay.take_state());
  if (!sum) note(sum.error());
  out.sharded = replay.take_sharded();
  const Status keys = check_keys(manifest, out.sharded);
  if (!keys) note(keys.error());
  return out;
}

/// In several passes, each over the keys with another remainder, if there are too many for memory.
Status Examiner::check_keys(const Manifest& manifest, const core::ShardIndex& sharded) {
  std::uint64_t count = sharded.records.size();
  for (const SegmentEntry& entry : manifest.segments) count += find(entry)->entry.results;
  const std::uint64_t passes = count / keys_in_memory_max + 1;
  std::vector<UnitKey> keys;
  for (std::uint64_t pass = 0; pass < passes; ++pass) {
    keys.clear();
    const auto take = [&](const UnitKey& key) {
      if (UnitKeyHash()(key) % passes == pass) keys.push_back(key);
    };
    for (const Record& record : sharded.records) take(record.key);
    for (const SegmentEntry& entry : manifest.segments) {
      if (entry.results == 0) continue;
      const Result<std::unique_ptr<ResultTable>> table = open_results(*find(entry));
      if (!table) return table.error();
      if (Status read = for_each_key(*table.value(), take); !read) {
        return with_path(folder_, entry, read.error());
      }
    }
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice == keys.end()) continue;
    return Error{ErrorCode::corrupt, folder_.path() + ": generation " +
                                         std::to_string(manifest.generation.value) +
                                         " holds two results of unit " + to_string(*twice)};
  }
  return {};
}

}  // namespace steadfarm::checkpoint
