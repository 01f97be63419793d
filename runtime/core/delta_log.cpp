#include "core/delta_log.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace steadfarm::core {

void DeltaLog::touched(LiveUnit& unit) {
  changed_ = true;
  if (!has_store_ || unit.key.is_index() || unit.dirty) return;
  unit.dirty = true;
  added_.push_back(unit.key);
}

void DeltaLog::left(const LiveUnit& unit) {
  changed_ = true;
  if (unit.persisted) removed_.push_back(unit.key);
}

void DeltaLog::accepted(const LiveUnit& unit, ByteView result) {
  left(unit);
  if (has_store_ && keep_results_) results_.add(unit.key, result);
}

void DeltaLog::failed(const LiveUnit& unit, std::string message) {
  left(unit);
  if (!has_store_) return;
  failed_.push_back({unit.key, unit.tries, unit.deaths, std::move(message)});
}

bool DeltaLog::empty() const { return !changed_; }

std::uint64_t DeltaLog::undurable_bytes() const {
  constexpr std::uint64_t kPerResult = sizeof(UnitKey) + sizeof(std::uint64_t);
  std::uint64_t bytes = results_.bytes.size() + kPerResult * results_.size();
  bytes += sizeof(UnitKey) * (added_.size() + removed_.size());
  bytes += sizeof(FailedUnit) * failed_.size();
  if (!flight_) return bytes;
  bytes += flight_->results.bytes.size() + kPerResult * flight_->results.size();
  bytes += sizeof(UnitRecord) * flight_->added.size() + sizeof(UnitKey) * flight_->removed.size();
  return bytes + sizeof(FailedUnit) * flight_->failed.size();
}

std::shared_ptr<GenerationDelta> DeltaLog::take(UnitTable& table) {
  STEADFARM_ASSERT(!flight_);
  flight_ = std::make_shared<GenerationDelta>();
  flight_->added.reserve(added_.size());
  for (const UnitKey& key : added_) {
    const Slot slot = table.find(key);
    if (slot == kNoSlot) continue;  // came and went between two generations
    LiveUnit& unit = table.at(slot);
    STEADFARM_ASSERT(unit.dirty);
    unit.dirty = false;
    unit.persisted = true;
    flight_->added.push_back({unit.key, unit.priority, unit.tries, unit.deaths, unit.payload});
  }
  added_.clear();
  flight_->removed = std::exchange(removed_, {});
  flight_->failed = std::exchange(failed_, {});
  flight_->results = std::exchange(results_, {});
  changed_ = false;
  return flight_;
}

void DeltaLog::durable() {
  STEADFARM_ASSERT(flight_);
  flight_.reset();
}

void DeltaLog::not_durable(UnitTable& table) {
  STEADFARM_ASSERT(flight_);
  const std::shared_ptr<GenerationDelta> old = std::exchange(flight_, nullptr);
  changed_ = true;
  for (const UnitRecord& record : old->added) {
    const Slot slot = table.find(record.key);
    if (slot == kNoSlot) continue;  // its removal is listed, and removing twice is no error
    LiveUnit& unit = table.at(slot);
    if (unit.dirty) continue;
    unit.dirty = true;
    added_.push_back(unit.key);
  }
  // Older entries first. The driver may still hold `old`, so its lists are copied.
  std::vector<UnitKey> removed = old->removed;
  removed.insert(removed.end(), removed_.begin(), removed_.end());
  removed_ = std::move(removed);
  std::vector<FailedUnit> failed = old->failed;
  failed.insert(failed.end(), failed_.begin(), failed_.end());
  failed_ = std::move(failed);
  ResultBatch results = old->results;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    results.add(results_.keys[i], results_.payload(i));
  }
  results_ = std::move(results);
}

}  // namespace steadfarm::core
