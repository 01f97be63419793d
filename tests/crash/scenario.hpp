// The run that the crash tests disturb: open a new store, publish three generations, open it again
// and publish two more; and the judgement of what is found afterwards.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/memory_file_system.hpp"
#include "checkpoint/order_checker.hpp"
#include "checkpoint/store.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {

/// Packed bytes instead of HDF5: the order of the steps is the same and a run ten times as fast.
[[nodiscard]] const SegmentCodec& fast_codec();

/// Small segments and early compaction, so that a short run meets every path.
[[nodiscard]] StoreOptions crash_options(const SegmentCodec& codec = fast_codec());

/// What a careful user of the store does: tries each step again after an error, up to a limit, and
/// writes down what was attempted and what was reported.
class Scenario {
 public:
  Scenario(MemoryFileSystem& files, std::uint64_t seed, int tries_max,
           const SegmentCodec& codec = fast_codec());

  /// Runs until the end or until a step fails for good. Returns false in the latter case.
  bool run();

  /// Opens the store without faults and says what is wrong; empty if all promises hold: what comes
  /// back is a generation that was attempted, not older than the last reported one, whole, with
  /// its results; nothing needed to be set aside; and the store can be published to.
  [[nodiscard]] std::string judge(bool after_crash);

  /// Errors that are none of disk trouble: a store that calls itself corrupt or foreign because
  /// an operation failed.
  [[nodiscard]] const std::vector<std::string>& strange_errors() const { return strange_; }
  [[nodiscard]] const std::vector<std::string>& breaches() const { return checker_.breaches(); }
  [[nodiscard]] std::size_t reported() const { return reported_; }

  static constexpr std::size_t generations = 5;

 private:
  bool open(OpenReport& report);
  bool publish();
  void note(const Error& error);
  [[nodiscard]] std::string judge_recovered(const OpenReport& report, bool with_results);

  MemoryFileSystem& files_;
  OrderChecker checker_;
  Workload work_;
  int tries_max_;
  const SegmentCodec& codec_;
  std::unique_ptr<Store> store_;
  std::vector<Snapshot> attempted_;  // in order; an attempt repeated is another one
  std::size_t reported_ = 0;         // attempts up to the last reported one
  std::vector<std::string> strange_;
};

}  // namespace steadfarm::checkpoint::test
