// The real store, with every publish noted in the record and the faults of the file system
// counted.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "checkpoint/order_checker.hpp"
#include "checkpoint/publication.hpp"
#include "checkpoint/store.hpp"
#include "sim/record.hpp"

namespace steadfarm::sim {

inline constexpr const char* kStorePath = "/store";
/// What job the store is of.
[[nodiscard]] inline checkpoint::JobClaim simulated_job() {
  checkpoint::JobClaim claim;
  claim.job.identity = "the simulated job";
  return claim;
}

/// Counts the file system's faults between its construction and `finish`.
class FaultWatch {
 public:
  explicit FaultWatch(World& world) : world_(world), before_(world.files.faults().counts()) {}
  /// The store's call ended, with an error unless it is null.
  void finish(const Error* error);

 private:
  World& world_;
  checkpoint::FaultCounts before_;
};

/// Watches the order of the store's file operations, and may do something in the midst of them.
class StoreTap final : public checkpoint::FileObserver {
 public:
  explicit StoreTap(World& world) : world_(world), checker_(world.files) {
    world_.files.set_observer(this);
  }
  void changed(checkpoint::Operation operation, const std::string& folder, const std::string& name,
               const std::string& to) override;
  void reported(Generation generation);
  void check();

  /// Calls `interruption` after so many further changes inside a publish.
  void arm(std::uint64_t changes, std::function<void()> interruption) {
    changes_left_ = changes;
    interruption_ = std::move(interruption);
  }
  /// The power goes after the store has written, inside a publish, for the n-th time from now.
  void arm_torn_write(std::uint64_t writes) { writes_left_ = writes; }
  void set_publishing(bool publishing) { publishing_ = publishing; }

 private:
  World& world_;
  checkpoint::OrderChecker checker_;
  bool publishing_ = false;
  std::uint64_t changes_left_ = 0;
  std::uint64_t writes_left_ = 0;
  std::function<void()> interruption_;
};

class WatchedStore final : public checkpoint::Store {
 public:
  struct Published {
    Generation generation;
    std::uint64_t accepted = 0;
  };

  WatchedStore(World& world, Record& record, StoreTap& tap, std::uint32_t job,
               std::unique_ptr<checkpoint::Store> inner)
      : world_(world), record_(record), tap_(tap), job_(job), inner_(std::move(inner)) {}

  [[nodiscard]] Result<std::unique_ptr<checkpoint::Publication>> prepare(
      std::shared_ptr<const core::GenerationDelta> delta) override;
  [[nodiscard]] Result<Generation> write(checkpoint::Publication& publication) override;
  void maintain() override;
  [[nodiscard]] Generation generation() const override { return inner_->generation(); }
  [[nodiscard]] OwnerEpoch owner_epoch() const override { return inner_->owner_epoch(); }
  [[nodiscard]] std::uint64_t last_publish_bytes() const override {
    return inner_->last_publish_bytes();
  }
  [[nodiscard]] std::uint64_t steps() const override { return inner_->steps(); }

  [[nodiscard]] std::vector<std::string> take_warnings() override {
    return inner_->take_warnings();
  }

  void set_lineage(Lineage* lineage) { lineage_ = lineage; }
  /// The power goes inside the next write, or while the store is maintained after it: after so many
  /// file operations, or, if that is 0, when something was written and not yet synced. `power_lost`
  /// is called when that call returns.
  void arm_power_loss(std::uint64_t operations, std::function<void()> power_lost) {
    power_after_ = operations;
    power_lost_ = std::move(power_lost);
  }

  [[nodiscard]] const Published& last() const { return last_; }
  [[nodiscard]] std::uint64_t publishes() const { return publishes_; }

 private:
  World& world_;
  Record& record_;
  StoreTap& tap_;
  std::uint32_t job_;
  std::unique_ptr<checkpoint::Store> inner_;
  Lineage* lineage_ = nullptr;
  std::function<void()> power_lost_;
  std::uint64_t power_after_ = 0;
  Published last_;
  bool complete_ = false;  // so is the last published generation
  bool failed_before_ = false;
  bool fenced_ = false;
  std::uint64_t publishes_ = 0;
  std::uint64_t number_ = 0;  // of the publication in flight, in the record
};

}  // namespace steadfarm::sim
