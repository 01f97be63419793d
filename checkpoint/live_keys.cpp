#include "checkpoint/live_keys.hpp"

namespace steadfarm::checkpoint {

void LiveKeys::reset(const std::vector<core::UnitRecord>& units) {
  keys_.clear();
  for (const core::UnitRecord& unit : units) keys_.insert(unit.key);
}

void LiveKeys::apply(const core::GenerationDelta& delta) {
  inserted_.clear();
  erased_.clear();
  // In the order in which a segment applies.
  for (const UnitKey& key : delta.removed) {
    if (keys_.erase(key) > 0) erased_.push_back(key);
  }
  for (const core::UnitRecord& unit : delta.added) {
    if (keys_.insert(unit.key).second) inserted_.push_back(unit.key);
  }
}

void LiveKeys::undo() {
  for (const UnitKey& key : inserted_) keys_.erase(key);
  for (const UnitKey& key : erased_) keys_.insert(key);
  inserted_.clear();
  erased_.clear();
}

}  // namespace steadfarm::checkpoint
