#include "checkpoint/live_keys.hpp"

#include <utility>

namespace steadfarm::checkpoint {

void LiveKeys::reset(const std::vector<core::UnitRecord>& units) {
  keys_.clear();
  for (const core::UnitRecord& unit : units) keys_.insert(unit.key);
}

void LiveKeys::apply(const core::GenerationDelta& delta) {
  settle();
  // First, so that whatever is done below is known to `undo`.
  erased_.reserve(delta.removed.size());
  inserted_.reserve(delta.added.size());
  // In the order in which a segment applies.
  for (const UnitKey& key : delta.removed) {
    if (Keys::node_type node = keys_.extract(key)) erased_.push_back(std::move(node));
  }
  for (const core::UnitRecord& unit : delta.added) {
    if (keys_.insert(unit.key).second) inserted_.push_back(unit.key);
  }
}

void LiveKeys::undo() {
  for (const UnitKey& key : inserted_) keys_.erase(key);
  for (Keys::node_type& node : erased_) keys_.insert(std::move(node));
  settle();
}

void LiveKeys::settle() {
  inserted_.clear();
  erased_.clear();
}

}  // namespace steadfarm::checkpoint
