// Puts the state together again from the segments of a generation, oldest first.
#pragma once

#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "checkpoint/reader.hpp"
#include "checkpoint/store.hpp"
#include "core/generation.hpp"

namespace steadfarm::checkpoint {

class Replay {
 public:
  /// Takes the segment's content. Results are kept only on request; they can be large.
  void apply(Segment segment, bool keep_results);

  /// The state after the last segment; units sorted by key.
  [[nodiscard]] core::RecoveredState take_state();
  /// What the lists add up to, for segments without a full state: it alone says which index units
  /// are pending, so their saved states all stay.
  [[nodiscard]] core::GenerationDelta take_lists();
  /// Where the results that lie in shards are.
  [[nodiscard]] core::ShardIndex take_sharded() { return std::exchange(sharded_, {}); }

 private:
  void drop_stale_partials();
  void add_sharded(const core::ShardIndex& more);
  [[nodiscard]] std::vector<core::PartialState> sorted_partials();

  std::unordered_map<UnitKey, core::UnitRecord, UnitKeyHash> units_;
  std::unordered_map<UnitKey, core::PartialState, UnitKeyHash> partials_;
  core::RecoveredState state_;
  core::ResultBatch results_;
  core::ShardIndex sharded_;
  std::map<ShardName, std::uint32_t> shards_;  // their places in sharded_
};

/// A generation's state, and where the lists of its segments lie that compaction may read again.
struct LoadedGeneration {
  core::RecoveredState state;
  SegmentIndices indices;
  core::ShardIndex sharded;
};

/// Reads and verifies the state segments that `manifest` names, and checks that the outcome agrees
/// with what it says. On failure `bad_file` is the file to blame, or empty if it is the manifest.
[[nodiscard]] Result<LoadedGeneration> load_state(Folder& folder, const Manifest& manifest,
                                                  const SegmentCodec& codec, std::string& bad_file);

/// The same, with size and digest of the result segments checked as well, and size and first bytes
/// of the shards, on `options.read_threads` threads. Says of small result segments, too, where
/// their lists lie.
[[nodiscard]] Result<LoadedGeneration> load_generation(Folder& folder, const Manifest& manifest,
                                                       const StoreOptions& options,
                                                       std::string& bad_file);

/// `corrupt` if the state is not what the manifest says of it.
[[nodiscard]] Status check_sum(const Folder& folder, const Manifest& manifest,
                               const core::RecoveredState& state);

/// Units pending in this state, indices and spawned ones.
[[nodiscard]] std::uint64_t pending_count(const std::vector<core::Interval>& indices,
                                          std::uint64_t spawned);

}  // namespace steadfarm::checkpoint
