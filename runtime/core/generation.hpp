// What one coordinated checkpoint adds, and what a store gives back. The core fills the first and
// is rebuilt from the second; the store writes and reads them without knowing what they mean.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/shard.hpp"
#include "base/shared_value.hpp"
#include "core/interval_set.hpp"
#include "steadfarm/types.hpp"
#include "steadfarm/unit_hints.hpp"

namespace steadfarm::core {

/// A spawned unit that is still to be done.
struct UnitRecord {
  UnitKey key;
  std::int32_t priority = 0;
  std::uint32_t tries = 0;   // executions that failed so far
  std::uint32_t deaths = 0;  // workers that died with it
  Bytes payload;
  UnitHints hints{};
  friend bool operator==(const UnitRecord&, const UnitRecord&) = default;
};

/// An index unit that is still to be done and has failed before. Its payload is submitted again
/// at every start, so only its history is kept.
struct RetriedIndex {
  std::uint64_t index = 0;
  std::uint32_t tries = 0;
  std::uint32_t deaths = 0;
  friend bool operator==(const RetriedIndex&, const RetriedIndex&) = default;
};

/// A unit that was given up, with the message of its last try.
struct FailedUnit {
  UnitKey key;
  std::uint32_t tries = 0;
  std::uint32_t deaths = 0;
  std::string message;
  friend bool operator==(const FailedUnit&, const FailedUnit&) = default;
};

/// What a unit that is still to be done has saved, for whoever executes it next.
struct PartialState {
  UnitKey key;
  std::uint64_t sequence = 0;          // safe points behind it; 0: there is no state any more
  std::shared_ptr<const Bytes> state;  // null if there is none

  [[nodiscard]] ByteView view() const { return state ? ByteView(*state) : ByteView(); }
  friend bool operator==(const PartialState& a, const PartialState& b) {
    return a.key == b.key && a.sequence == b.sequence && std::ranges::equal(a.view(), b.view());
  }
};

/// Results packed end to end: result i is bytes[offsets[i], offsets[i + 1]).
struct ResultBatch {
  std::vector<UnitKey> keys;
  std::vector<std::uint64_t> offsets{0};  // keys.size() + 1 entries, rising
  Bytes bytes;

  void add(const UnitKey& key, ByteView payload) {
    keys.push_back(key);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    offsets.push_back(bytes.size());
  }
  [[nodiscard]] std::size_t size() const { return keys.size(); }
  [[nodiscard]] ByteView payload(std::size_t i) const {
    return ByteView(bytes).subspan(offsets[i], offsets[i + 1] - offsets[i]);
  }
  friend bool operator==(const ResultBatch&, const ResultBatch&) = default;
};

/// Results that lie in shards: what is in a shard and not in here does not count.
struct ShardIndex {
  struct Record {
    UnitKey key;
    std::uint32_t shard = 0;  // its place in `shards`
    std::uint64_t row = 0;    // among the results of the shard
    std::uint64_t bytes = 0;  // of the result
    friend bool operator==(const Record&, const Record&) = default;
  };
  std::vector<ShardInfo> shards;  // each once
  std::vector<Record> records;

  void add(const UnitKey& key, const ShardPlace& place) {
    records.push_back({key, find_or_add(place.shard), place.row, place.bytes});
  }
  [[nodiscard]] std::uint64_t memory_bytes() const {
    return shards.size() * sizeof(ShardInfo) + records.size() * sizeof(Record);
  }
  friend bool operator==(const ShardIndex&, const ShardIndex&) = default;

 private:
  // The answers of one shard come together, so it is most often the last one.
  std::uint32_t find_or_add(const ShardInfo& shard) {
    for (std::size_t i = shards.size(); i > 0; --i) {
      if (shards[i - 1].name == shard.name) return static_cast<std::uint32_t>(i - 1);
    }
    shards.push_back(shard);
    return static_cast<std::uint32_t>(shards.size() - 1);
  }
};

using steadfarm::is_better;
using steadfarm::SharedValue;

/// Totals over the whole life of the job.
struct Counters {
  std::uint64_t accepted = 0;    // units whose result was accepted
  std::uint64_t failed = 0;      // units given up
  std::uint64_t executions = 0;  // answers of any kind that were received
  std::uint64_t spawned = 0;     // units made by workers
  friend bool operator==(const Counters&, const Counters&) = default;
};

/// One generation: lists marked (new) hold what came since the last generation handed to the
/// store, those marked (full) hold the whole present value.
struct GenerationDelta {
  Epoch epoch;
  bool complete = false;                  // the job is done; nothing is pending
  std::vector<Interval> pending_indices;  // (full) sorted, disjoint
  std::vector<RetriedIndex> retried;      // (full) sorted by index; a subset of the pending
  std::vector<UnitRecord> added;          // (new) spawned and still to be done; a key that was
                                          // added before is replaced
  std::vector<UnitKey> removed;           // (new) spawned units no longer to be done; removing
                                          // a key that was never added is no error
  std::vector<PartialState> partials;     // (new) replaces what the same unit saved before; a state
                                          // of a unit that is not pending is no error, and counts
                                          // for nothing
  std::vector<FailedUnit> failed;         // (new)
  ResultBatch results;                    // (new)
  ShardIndex sharded{};                   // (new) of results that are not in `results`
  std::optional<SharedValue> shared;      // (full)
  Bytes fold_state;                       // (full) the application's, opaque
  ResultBatch held;                       // (full) index units whose turn in the ordered fold has
                                          // not come; sorted by key
  Counters counters;                      // (full)
};

/// Everything a master needs to go on. The results stay in the store.
struct RecoveredState {
  Generation generation;
  OwnerEpoch owner_epoch;
  bool complete = false;
  std::vector<Interval> pending_indices;
  std::vector<RetriedIndex> retried;
  std::vector<UnitRecord> units;       // spawned and still to be done, sorted by key
  std::vector<PartialState> partials;  // of pending units, sorted by key; none with sequence 0
  std::vector<FailedUnit> failed;
  std::optional<SharedValue> shared;
  Bytes fold_state;
  ResultBatch held;
  Counters counters;
};

}  // namespace steadfarm::core
