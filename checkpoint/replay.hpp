// Puts the state together again from the segments of a generation, oldest first.
#pragma once

#include <unordered_map>

#include "base/ids.hpp"
#include "checkpoint/reader.hpp"
#include "core/generation.hpp"

namespace steadfarm::checkpoint {

class Replay {
 public:
  /// Takes the segment's content. Results are kept only on request; they can be large.
  void apply(Segment segment, bool keep_results);

  /// The state after the last segment; units sorted by key.
  [[nodiscard]] core::RecoveredState take_state();
  [[nodiscard]] core::ResultBatch take_results() { return std::move(results_); }

 private:
  std::unordered_map<UnitKey, core::UnitRecord, UnitKeyHash> units_;
  core::RecoveredState state_;
  core::ResultBatch results_;
};

/// Reads and verifies the state segments that `manifest` names, and checks that the outcome agrees
/// with what it says. On failure `bad_file` is the file to blame, or empty if it is the manifest.
[[nodiscard]] Result<core::RecoveredState> load_state(Folder& folder, const Manifest& manifest,
                                                      const SegmentCodec& codec,
                                                      std::string& bad_file);

/// The same, after checking size and digest of the result segments.
[[nodiscard]] Result<core::RecoveredState> load_generation(Folder& folder, const Manifest& manifest,
                                                           const SegmentCodec& codec,
                                                           std::string& bad_file);

/// Units pending in this state, indices and spawned ones.
[[nodiscard]] std::uint64_t pending_count(const std::vector<core::Interval>& indices,
                                          std::uint64_t spawned);

}  // namespace steadfarm::checkpoint
