#include "checkpoint/replay.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "checkpoint/compaction_policy.hpp"
#include "checkpoint/read_ahead.hpp"
#include "checkpoint/shard_reader.hpp"

namespace steadfarm::checkpoint {

void Replay::apply(Segment segment, bool keep_results) {
  core::GenerationDelta& delta = segment.delta;
  for (const UnitKey& key : delta.removed) {
    units_.erase(key);
    partials_.erase(key);
  }
  for (core::UnitRecord& unit : delta.added) {
    const UnitKey key = unit.key;
    units_.insert_or_assign(key, std::move(unit));
  }
  for (core::PartialState& partial : delta.partials) {
    const UnitKey key = partial.key;
    if (partial.sequence > 0) {
      partials_.insert_or_assign(key, std::move(partial));
    } else {
      partials_.erase(key);
    }
  }
  std::move(delta.failed.begin(), delta.failed.end(), std::back_inserter(state_.failed));
  if (segment.has_full) {
    state_.complete = delta.complete;
    state_.pending_indices = std::move(delta.pending_indices);
    state_.retried = std::move(delta.retried);
    state_.shared = std::move(delta.shared);
    state_.fold_state = std::move(delta.fold_state);
    state_.held = std::move(delta.held);
    state_.counters = delta.counters;
  }
  add_sharded(delta.sharded);
  if (!keep_results || delta.results.keys.empty()) return;
  if (results_.keys.empty()) {
    results_ = std::move(delta.results);
    return;
  }
  for (std::size_t i = 0; i < delta.results.size(); ++i) {
    results_.add(delta.results.keys[i], delta.results.payload(i));
  }
}

void Replay::add_sharded(const core::ShardIndex& more) {
  for (const core::ShardIndex::Record& record : more.records) {
    const ShardInfo& shard = more.shards[record.shard];
    const auto next = static_cast<std::uint32_t>(sharded_.shards.size());
    const auto [found, is_new] = shards_.emplace(shard.name, next);
    if (is_new) sharded_.shards.push_back(shard);
    sharded_.records.push_back({record.key, found->second, record.row, record.bytes});
  }
}

std::vector<core::PartialState> Replay::sorted_partials() {
  std::vector<core::PartialState> partials;
  partials.reserve(partials_.size());
  for (auto& [key, partial] : partials_) partials.push_back(std::move(partial));
  partials_.clear();
  std::sort(partials.begin(), partials.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  return partials;
}

// What is not pending needs no state, whatever the lists say.
void Replay::drop_stale_partials() {
  const auto is_pending = [&](const UnitKey& key) {
    if (!key.is_index()) return units_.contains(key);
    const std::vector<core::Interval>& runs = state_.pending_indices;
    const auto after = std::upper_bound(
        runs.begin(), runs.end(), key.lo,
        [](std::uint64_t index, const core::Interval& run) { return index < run.begin; });
    return after != runs.begin() && key.lo < std::prev(after)->end;
  };
  std::erase_if(partials_, [&](const auto& entry) { return !is_pending(entry.first); });
}

core::RecoveredState Replay::take_state() {
  drop_stale_partials();
  state_.partials = sorted_partials();
  state_.units.reserve(units_.size());
  for (auto& [key, unit] : units_) state_.units.push_back(std::move(unit));
  units_.clear();
  std::sort(state_.units.begin(), state_.units.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  return std::exchange(state_, {});
}

core::GenerationDelta Replay::take_lists() {
  core::GenerationDelta lists;
  lists.partials = sorted_partials();
  core::RecoveredState state = take_state();
  lists.added = std::move(state.units);
  lists.failed = std::move(state.failed);
  lists.results = std::move(results_);
  lists.sharded = take_sharded();
  return lists;
}

std::uint64_t pending_count(const std::vector<core::Interval>& indices, std::uint64_t spawned) {
  std::uint64_t count = spawned;
  for (const core::Interval& run : indices) count += run.count();
  return count;
}

namespace {

struct Reading {
  const SegmentCodec& codec;
  std::uint32_t threads = 1;
  std::uint64_t merge_bytes_max = 0;
  Patience* patience = nullptr;
};

Result<LoadedGeneration> load(Folder& folder, const Manifest& manifest,
                              const std::vector<SegmentEntry>& entries, const Reading& reading,
                              std::string& bad_file) {
  LoadedGeneration loaded;
  Replay replay;
  // The bytes of the others are what was written; nobody needs results decoded in order to go on.
  const auto is_needed = [&reading](const SegmentEntry& entry) {
    return may_be_compacted(entry, reading.merge_bytes_max);
  };
  ReadAhead ahead(folder, entries, reading.threads, is_needed, reading.patience);
  for (const SegmentEntry& entry : entries) {
    const Result<Bytes> bytes = ahead.next();
    bad_file = entry.file;
    if (!bytes) return bytes.error();
    if (!is_needed(entry)) continue;
    Result<Segment> segment =
        decode_verified(folder, entry, bytes.value(), manifest.fingerprint, reading.codec);
    if (!segment) return segment.error();
    loaded.indices.emplace(entry.file, std::move(segment.value().index));
    replay.apply(std::move(segment).value(), false);
  }
  bad_file.clear();
  core::RecoveredState& state = loaded.state;
  state = replay.take_state();
  loaded.sharded = replay.take_sharded();
  state.generation = manifest.generation;
  state.owner_epoch = manifest.owner_epoch;
  if (Status sum = check_sum(folder, manifest, state); !sum) return sum.error();
  return loaded;
}

}  // namespace

Status check_sum(const Folder& folder, const Manifest& manifest,
                 const core::RecoveredState& state) {
  const bool agrees = state.counters == manifest.counters && state.complete == manifest.complete &&
                      pending_count(state.pending_indices, state.units.size()) == manifest.pending;
  if (agrees) return {};
  return Error{ErrorCode::corrupt, folder.path() + ": generation " +
                                       std::to_string(manifest.generation.value) +
                                       " does not add up to what its manifest says"};
}

Result<LoadedGeneration> load_generation(Folder& folder, const Manifest& manifest,
                                         const StoreOptions& options, std::string& bad_file) {
  const Reading reading{codec_or_hdf5(options.codec), options.read_threads, options.merge_bytes_max,
                        options.patience};
  Result<LoadedGeneration> loaded = load(folder, manifest, manifest.segments, reading, bad_file);
  if (!loaded) return loaded;
  Status checked = check_shards(folder, loaded.value().sharded.shards, reading.codec,
                                reading.threads, bad_file, reading.patience);
  if (!checked) return checked.error();
  return loaded;
}

Result<LoadedGeneration> load_state(Folder& folder, const Manifest& manifest,
                                    const SegmentCodec& codec, std::string& bad_file) {
  return load(folder, manifest, state_segments(manifest), {codec}, bad_file);
}

}  // namespace steadfarm::checkpoint
