#include "checkpoint/replay.hpp"

#include <algorithm>
#include <utility>

namespace steadfarm::checkpoint {

void Replay::apply(Segment segment, bool keep_results) {
  core::GenerationDelta& delta = segment.delta;
  for (const UnitKey& key : delta.removed) units_.erase(key);
  for (core::UnitRecord& unit : delta.added) {
    const UnitKey key = unit.key;
    units_.insert_or_assign(key, std::move(unit));
  }
  std::move(delta.failed.begin(), delta.failed.end(), std::back_inserter(state_.failed));
  if (segment.has_full) {
    state_.complete = delta.complete;
    state_.pending_indices = std::move(delta.pending_indices);
    state_.retried = std::move(delta.retried);
    state_.shared = std::move(delta.shared);
    state_.fold_state = std::move(delta.fold_state);
    state_.counters = delta.counters;
  }
  if (!keep_results || delta.results.keys.empty()) return;
  if (results_.keys.empty()) {
    results_ = std::move(delta.results);
    return;
  }
  for (std::size_t i = 0; i < delta.results.size(); ++i) {
    results_.add(delta.results.keys[i], delta.results.payload(i));
  }
}

core::RecoveredState Replay::take_state() {
  state_.units.reserve(units_.size());
  for (auto& [key, unit] : units_) state_.units.push_back(std::move(unit));
  units_.clear();
  std::sort(state_.units.begin(), state_.units.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  return std::exchange(state_, {});
}

std::uint64_t pending_count(const std::vector<core::Interval>& indices, std::uint64_t spawned) {
  std::uint64_t count = spawned;
  for (const core::Interval& run : indices) count += run.count();
  return count;
}

Result<core::RecoveredState> load_generation(Folder& folder, const Manifest& manifest,
                                             const SegmentCodec& codec, std::string& bad_file) {
  for (const SegmentEntry& entry : manifest.segments) {
    if (entry.role != SegmentRole::results) continue;
    // Its bytes are what was written; nobody needs them decoded in order to go on.
    const Result<Bytes> bytes = read_verified(folder, entry);
    if (bytes) continue;
    bad_file = entry.file;
    return bytes.error();
  }
  return load_state(folder, manifest, codec, bad_file);
}

Result<core::RecoveredState> load_state(Folder& folder, const Manifest& manifest,
                                        const SegmentCodec& codec, std::string& bad_file) {
  Replay replay;
  for (const SegmentEntry& entry : manifest.segments) {
    if (entry.role != SegmentRole::state) continue;
    Result<Segment> segment = load_segment(folder, entry, manifest.fingerprint, codec);
    if (!segment) {
      bad_file = entry.file;
      return segment.error();
    }
    replay.apply(std::move(segment).value(), false);
  }
  bad_file.clear();
  core::RecoveredState state = replay.take_state();
  state.generation = manifest.generation;
  state.owner_epoch = manifest.owner_epoch;
  const bool agrees = state.counters == manifest.counters && state.complete == manifest.complete &&
                      pending_count(state.pending_indices, state.units.size()) == manifest.pending;
  if (!agrees) {
    return Error{ErrorCode::corrupt, folder.path() + ": generation " +
                                         std::to_string(manifest.generation.value) +
                                         " does not add up to what its manifest says"};
  }
  return state;
}

}  // namespace steadfarm::checkpoint
