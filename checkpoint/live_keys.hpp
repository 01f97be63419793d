// The keys of the spawned units that are pending, so that a manifest can say how many there are
// without anybody reading the segments.
#pragma once

#include <unordered_set>
#include <vector>

#include "base/ids.hpp"
#include "core/generation.hpp"

namespace steadfarm::checkpoint {

class LiveKeys {
 public:
  void reset(const std::vector<core::UnitRecord>& units);
  /// Takes a delta in. It counts until `undo`, or for good after the next `apply`.
  void apply(const core::GenerationDelta& delta);
  /// The last delta was not published.
  void undo();
  [[nodiscard]] std::uint64_t count() const { return keys_.size(); }

 private:
  std::unordered_set<UnitKey, UnitKeyHash> keys_;
  std::vector<UnitKey> inserted_;
  std::vector<UnitKey> erased_;
};

}  // namespace steadfarm::checkpoint
