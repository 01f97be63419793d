// A made-up job for the store's tests: from a seed it makes one delta after the other, and it knows
// in its own simple way what a store must give back after each.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "checkpoint/memory_file_system.hpp"
#include "checkpoint/store.hpp"
#include "core/generation.hpp"

namespace steadfarm::checkpoint::test {

/// The whole state after a step, results included.
struct Snapshot {
  core::RecoveredState state;  // without generation and owner epoch
  std::map<UnitKey, Bytes> results;
};

class Workload {
 public:
  explicit Workload(std::uint64_t seed);

  /// Goes one step on. The delta holds everything since the last `committed`.
  [[nodiscard]] core::GenerationDelta next();
  /// The last delta was published.
  void committed();
  [[nodiscard]] Snapshot snapshot() const;

  std::size_t result_bytes_max = 40;  // of one result

 private:
  void spawn();
  void finish_some();
  void give_up_one();
  void save_some();
  [[nodiscard]] Bytes random_bytes(std::size_t bytes_max);
  [[nodiscard]] std::vector<core::Interval> pending_runs() const;

  Prng prng_;
  Prng hint_prng_;
  std::uint64_t epoch_ = 0;
  std::set<std::uint64_t> pending_;
  std::map<std::uint64_t, core::RetriedIndex> retried_;
  std::map<UnitKey, core::UnitRecord> units_;
  std::map<UnitKey, core::PartialState> partials_;
  std::vector<core::FailedUnit> failed_;
  std::map<UnitKey, Bytes> results_;
  std::optional<core::SharedValue> shared_;
  Bytes fold_;
  core::Counters counters_;
  // Since the last commit:
  std::set<UnitKey> touched_;
  std::vector<UnitKey> removed_;
  std::set<UnitKey> saved_;
  std::vector<core::FailedUnit> new_failed_;
  core::ResultBatch new_results_;
};

inline constexpr const char* store_path = "/store";

[[nodiscard]] StoreOptions test_options();

/// What differs, in words; empty if the recovered state is that of the snapshot.
[[nodiscard]] std::string difference(const core::RecoveredState& recovered,
                                     const Snapshot& expected);
/// The same for the results that a reader of the store sees.
[[nodiscard]] std::string results_difference(FileSystem& files, const std::string& path,
                                             const Snapshot& expected,
                                             const SegmentCodec* codec = nullptr);

/// Bytes from text, for tests.
[[nodiscard]] Bytes bytes_of(const std::string& text);

/// Every file of a store in memory, as bytes by name: to damage, to put back, to compare.
using Files = std::map<std::string, Bytes>;
[[nodiscard]] Files files_of(MemoryFileSystem& files, const std::string& path = store_path);
/// A file system that holds exactly these, all durable.
[[nodiscard]] std::unique_ptr<MemoryFileSystem> file_system_with(
    const Files& content, const std::string& path = store_path);

}  // namespace steadfarm::checkpoint::test
