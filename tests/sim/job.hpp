// One start of the simulated job: a master, its workers, and the network between them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/master_process.hpp"
#include "sim/network.hpp"
#include "sim/sim_spawner.hpp"
#include "sim/worker_process.hpp"

namespace steadfarm::sim {

class Job final : public Post {
 public:
  Job(World& world, Record& record, std::uint32_t number, std::uint32_t workers,
      std::unique_ptr<WatchedStore> store, std::optional<core::RecoveredState> recovered,
      Lineage lineage);

  /// Starts the processes, each at its own moment soon.
  void begin();
  /// True if the master came to its end in this turn.
  bool on_turn(Rank rank);
  void on_heartbeat(Rank rank);
  void on_deliver(std::uint32_t slot) { network_.deliver(slot); }

  // what befalls processes
  void kill(Rank rank);
  /// As kill, and counted as the fault that it is.
  void strike_dead(Rank rank);
  void kill_all();
  void freeze(Rank rank, TimeUs wake_at);
  void wake(Rank rank);
  /// Stops all processes, or lets all go on.
  void freeze_all(TimeUs wake_at);
  void wake_all();

  // Post
  [[nodiscard]] bool exists(Rank rank) const override;
  void arrived(Rank rank) override;
  [[nodiscard]] bool is_trusted(Rank worker) const override { return master_.trusts(worker); }
  void assigned(Rank worker, const wire::Assign& assign) override;
  void given_back(Rank worker, const wire::Returned& returned) override;

  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] std::uint32_t worker_count() const {
    return static_cast<std::uint32_t>(workers_.size());
  }
  [[nodiscard]] Life life(Rank rank) const;
  [[nodiscard]] std::vector<Rank> workers_in(Life wanted) const;
  [[nodiscard]] MasterProcess& master() { return master_; }
  [[nodiscard]] Network& network() { return network_; }
  /// No process is left.
  [[nodiscard]] bool over() const;
  /// Who is there and waits for what.
  [[nodiscard]] std::string text() const;

 private:
  void plan_turn(Rank rank, TimeUs at);
  bool master_turn();
  void worker_turn(Rank rank);
  void after_worker_turn(WorkerProcess& worker, Rank rank);
  void end(Rank rank, Life how);
  void tell_master(Rank rank);
  void on_lost(const core::Note& note);
  void on_returned(Rank rank);
  void add_replacement(Rank rank, bool dies_at_once);
  [[nodiscard]] bool is_replacement(Rank rank) const { return rank.value > first_workers_; }
  [[nodiscard]] Life& life_of(Rank rank);
  [[nodiscard]] TimeUs& turn_at_of(Rank rank);
  [[nodiscard]] WorkerProcess& worker(Rank rank) {
    return *workers_[static_cast<std::size_t>(rank.value) - 1];
  }
  [[nodiscard]] const WorkerProcess& worker(Rank rank) const {
    return *workers_[static_cast<std::size_t>(rank.value) - 1];
  }

  World& world_;
  Record& record_;
  std::uint32_t number_;
  wire::JobId job_id_;
  std::int32_t first_workers_;
  Network network_;
  SimSpawner spawner_;
  MasterProcess master_;
  std::vector<std::unique_ptr<WorkerProcess>> workers_;
  std::vector<TimeUs> frozen_at_;  // by rank; -1: never
  std::vector<bool> struck_dead_;  // by rank
  std::vector<bool> stillborn_;    // by rank: replacements that died at their start
};

}  // namespace steadfarm::sim
