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

void DeltaLog::saved(LiveUnit& unit) {
  changed_ = true;
  if (!has_store_ || unit.saved->dirty) return;
  unit.saved->dirty = true;
  saved_.push_back(unit.key);
}

void DeltaLog::left(const LiveUnit& unit) {
  changed_ = true;
  if (unit.persisted || (unit.saved && unit.saved->persisted)) removed_.push_back(unit.key);
}

void DeltaLog::accepted(const LiveUnit& unit, ByteView result) {
  left(unit);
  if (has_store_ && keep_results_) results_.add(unit.key, result);
}

void DeltaLog::accepted_in_shard(const LiveUnit& unit, const ShardPlace& place) {
  left(unit);
  sharded_.add(unit.key, place);
}

void DeltaLog::failed(const LiveUnit& unit, std::string message) {
  left(unit);
  if (!has_store_) return;
  failed_bytes_ += sizeof(FailedUnit) + message.size();
  failed_.push_back({unit.key, unit.tries, unit.deaths, std::move(message)});
}

bool DeltaLog::empty() const { return !changed_; }

namespace {

constexpr std::uint64_t kPerResult = sizeof(UnitKey) + sizeof(std::uint64_t);

/// A delta is kept until it is durable, and holds copies of the payloads.
std::uint64_t bytes_of(const GenerationDelta& delta) {
  std::uint64_t bytes = delta.results.bytes.size() + kPerResult * delta.results.size();
  bytes += sizeof(UnitKey) * delta.removed.size() + delta.sharded.memory_bytes();
  for (const UnitRecord& unit : delta.added) bytes += sizeof unit + unit.payload.size();
  for (const FailedUnit& unit : delta.failed) bytes += sizeof unit + unit.message.size();
  return bytes;
}

}  // namespace

std::uint64_t DeltaLog::undurable_bytes() const {
  std::uint64_t bytes = results_.bytes.size() + kPerResult * results_.size();
  bytes += sizeof(UnitKey) * (added_.size() + removed_.size() + saved_.size());
  return bytes + sharded_.memory_bytes() + failed_bytes_ + flight_bytes_;
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
    flight_->added.push_back(
        {unit.key, unit.priority, unit.tries, unit.deaths, unit.payload, unit.hints});
  }
  added_.clear();
  take_saved(table);
  flight_->removed = std::exchange(removed_, {});
  flight_->failed = std::exchange(failed_, {});
  flight_failed_bytes_ = std::exchange(failed_bytes_, 0);
  flight_->results = std::exchange(results_, {});
  flight_->sharded = std::exchange(sharded_, {});
  changed_ = false;
  flight_bytes_ = bytes_of(*flight_);
  return flight_;
}

// The states themselves are shared with the units: a newer one takes the place of an older one and
// leaves what is in flight alone.
void DeltaLog::take_saved(UnitTable& table) {
  for (const UnitKey& key : saved_) {
    const Slot slot = table.find(key);
    if (slot == kNoSlot) continue;  // accepted or given up
    SavedState& saved = *table.at(slot).saved;
    STEADFARM_ASSERT(saved.dirty);
    saved.dirty = false;
    if (saved.sequence == 0 && !saved.persisted) continue;  // came and went
    saved.persisted = true;
    flight_->partials.push_back({key, saved.sequence, saved.state});
  }
  saved_.clear();
}

void DeltaLog::return_saved(const GenerationDelta& old, UnitTable& table) {
  for (const PartialState& partial : old.partials) {
    const Slot slot = table.find(partial.key);
    if (slot == kNoSlot) continue;
    LiveUnit& unit = table.at(slot);
    if (!unit.saved->dirty) saved(unit);
  }
}

void DeltaLog::durable() {
  STEADFARM_ASSERT(flight_);
  flight_.reset();
  flight_bytes_ = 0;
  flight_failed_bytes_ = 0;
}

void DeltaLog::not_durable(UnitTable& table) {
  STEADFARM_ASSERT(flight_);
  const std::shared_ptr<GenerationDelta> old = std::exchange(flight_, nullptr);
  flight_bytes_ = 0;
  changed_ = true;
  for (const UnitRecord& record : old->added) {
    const Slot slot = table.find(record.key);
    if (slot == kNoSlot) continue;  // its removal is listed, and removing twice is no error
    LiveUnit& unit = table.at(slot);
    if (unit.dirty) continue;
    unit.dirty = true;
    added_.push_back(unit.key);
  }
  return_saved(*old, table);
  // Older entries first. The driver may still hold `old`, so its lists are copied.
  std::vector<UnitKey> removed = old->removed;
  removed.insert(removed.end(), removed_.begin(), removed_.end());
  removed_ = std::move(removed);
  std::vector<FailedUnit> failed = old->failed;
  failed.insert(failed.end(), failed_.begin(), failed_.end());
  failed_ = std::move(failed);
  failed_bytes_ += std::exchange(flight_failed_bytes_, 0);
  ResultBatch results = old->results;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    results.add(results_.keys[i], results_.payload(i));
  }
  results_ = std::move(results);
  ShardIndex sharded = old->sharded;
  for (const ShardIndex::Record& record : sharded_.records) {
    sharded.add(record.key, {sharded_.shards[record.shard], record.row, record.bytes});
  }
  sharded_ = std::move(sharded);
}

}  // namespace steadfarm::core
