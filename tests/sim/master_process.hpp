// The master process of a simulated job: the production driver and machine over the real store.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/master.hpp"
#include "driver/master_driver.hpp"
#include "sim/network.hpp"
#include "sim/sim_writer.hpp"
#include "sim/watched_store.hpp"
#include "sim/worker_process.hpp"

namespace steadfarm::sim {

class MasterProcess {
 public:
  struct Start {
    std::uint32_t job = 0;
    wire::JobId job_id;
    Rank self = kMaster;
    std::uint32_t owner = 0;    // what the record calls this master
    std::vector<Rank> workers;  // sorted
    core::Term term;            // above 0: it has taken over,
    std::vector<Rank> awaited;  // and these agreed to it
    OwnerEpoch owner_epoch;
    OwnerEpoch shards_from;               // 0: the same
    std::unique_ptr<WatchedStore> store;  // may be null
    std::optional<core::RecoveredState> recovered;
    Lineage lineage;
    transport::Spawner* spawner = nullptr;
    std::function<void(const core::Note&)> lost;
    std::function<void(Rank)> returned;
    std::function<void(Rank)> taken_in;  // what this worker handed in, after a take-over
    std::function<void()> work_goes_on;  // the same
  };
  MasterProcess(World& world, Record& record, transport::Transport& transport, Start start);

  void start();
  void turn();
  void beat();
  /// May anything be sent to it? Not while it is suspected, or lost.
  [[nodiscard]] bool trusts(Rank worker) const {
    return beats_to_[static_cast<std::size_t>(worker.value)];
  }
  [[nodiscard]] TimeUs next_turn() const;
  /// It was stopped since then.
  void woke(TimeUs frozen_at);

  [[nodiscard]] const std::optional<core::Finish>& finish() const { return driver_->finish(); }
  [[nodiscard]] driver::MasterDriver& driver() { return *driver_; }
  [[nodiscard]] const core::Master& machine() const { return *machine_; }
  [[nodiscard]] WatchedStore* store() { return store_.get(); }
  [[nodiscard]] bool told_fenced() const { return writer_ != nullptr && writer_->told_fenced(); }
  [[nodiscard]] const Lineage& lineage() const { return lineage_; }
  [[nodiscard]] const Fold& fold() const { return fold_; }
  [[nodiscard]] Rank self() const { return self_; }
  [[nodiscard]] std::uint32_t owner() const { return owner_; }
  [[nodiscard]] OwnerEpoch shards_from() const { return shards_from_; }
  [[nodiscard]] std::string text() const;

  Life life = Life::waiting;
  TimeUs turn_at = kNever;

 private:
  [[nodiscard]] core::MasterOptions options(TimeUs start_at) const;
  void load_fold();
  [[nodiscard]] driver::MasterHooks hooks();
  void on_note(const core::Note& note);
  void check_silence(const core::Note& note);
  void on_committed(const core::Committed& committed);

  World& world_;
  Record& record_;
  std::uint32_t job_;
  Rank self_;
  std::uint32_t owner_;
  core::Term term_;
  std::vector<Rank> awaited_;
  OwnerEpoch owner_epoch_;
  OwnerEpoch shards_from_;
  transport::Transport& transport_;
  SimClock clock_;
  std::unique_ptr<WatchedStore> store_;
  std::unique_ptr<SimWriter> writer_;  // null without a store
  std::optional<core::RecoveredState> recovered_;
  Lineage lineage_;
  std::function<void(const core::Note&)> lost_;
  std::function<void(Rank)> returned_;
  std::function<void(Rank)> taken_in_;
  std::function<void()> work_goes_on_;
  Fold fold_;
  std::vector<Rank> workers_;
  std::vector<bool> beats_to_;  // the heartbeat thread's list, by rank
  Bytes beat_;
  std::unique_ptr<core::Master> machine_;
  std::unique_ptr<driver::MasterDriver> driver_;
  TimeUs woke_at_ = -1;  // after a freeze long enough to make everybody look silent
  bool busy_ = true;
};

}  // namespace steadfarm::sim
