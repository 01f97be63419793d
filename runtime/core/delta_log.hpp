// What has changed since the last generation that is known to be durable.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/generation.hpp"
#include "core/unit_table.hpp"

namespace steadfarm::core {

class DeltaLog {
 public:
  /// Without a store nothing is ever taken, so nothing is listed.
  DeltaLog(bool has_store, bool keep_results)
      : has_store_(has_store), keep_results_(keep_results) {}

  /// A unit came into being or its history changed.
  void touched(LiveUnit& unit);
  /// A unit has a newer state, or none any more.
  void saved(LiveUnit& unit);
  /// A unit's result was accepted.
  void accepted(const LiveUnit& unit, ByteView result);
  /// The same of a result that lies in a shard.
  void accepted_in_shard(const LiveUnit& unit, const ShardPlace& place);
  /// A unit was given up.
  void failed(const LiveUnit& unit, std::string message);
  /// Something that every delta carries in full has changed.
  void changed() { changed_ = true; }

  [[nodiscard]] bool empty() const;
  /// Memory of everything listed that is not on disk yet, in flight or not.
  [[nodiscard]] std::uint64_t undurable_bytes() const;

  /// Moves the lists into a delta. One delta may be in flight; it ends with durable() or failed().
  [[nodiscard]] std::shared_ptr<GenerationDelta> take(UnitTable& table);
  void durable();
  /// The delta in flight is not on disk: everything it carried goes into the next one.
  void not_durable(UnitTable& table);
  /// Units accepted when the delta in flight was taken.
  [[nodiscard]] std::uint64_t in_flight_accepted() const { return flight_->counters.accepted; }
  [[nodiscard]] bool in_flight() const { return flight_ != nullptr; }

 private:
  void left(const LiveUnit& unit);
  void take_saved(UnitTable& table);
  void return_saved(const GenerationDelta& old, UnitTable& table);

  bool has_store_;
  bool keep_results_;
  bool changed_ = false;
  std::vector<UnitKey> added_;
  std::vector<UnitKey> removed_;
  std::vector<UnitKey> saved_;
  std::vector<FailedUnit> failed_;
  std::uint64_t failed_bytes_ = 0;  // of failed_, with its messages
  std::uint64_t flight_failed_bytes_ = 0;
  ResultBatch results_;
  ShardIndex sharded_;
  std::shared_ptr<GenerationDelta> flight_;
  std::uint64_t flight_bytes_ = 0;
};

}  // namespace steadfarm::core
