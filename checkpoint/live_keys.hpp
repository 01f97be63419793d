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
  /// Takes a delta in. It counts until `undo`, or for good after `settle` or the next `apply`.
  /// Memory may run out in it: then `undo`.
  void apply(const core::GenerationDelta& delta);
  /// The last delta was not published. Needs no memory.
  void undo();
  /// It was.
  void settle();
  [[nodiscard]] std::uint64_t count() const { return keys_.size(); }

 private:
  using Keys = std::unordered_set<UnitKey, UnitKeyHash>;

  Keys keys_;
  std::vector<UnitKey> inserted_;
  std::vector<Keys::node_type> erased_;
};

}  // namespace steadfarm::checkpoint
