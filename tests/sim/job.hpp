// One start of the simulated job: a master, its workers, and the network between them.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/master_process.hpp"
#include "sim/network.hpp"
#include "sim/sim_spawner.hpp"
#include "sim/worker_process.hpp"
#include "transport/joined/joined_transport.hpp"
#include "transport/local/local_hub.hpp"

namespace steadfarm::sim {

/// A store that a successor has opened.
struct TakenStore {
  std::uint32_t owner = 0;
  OwnerEpoch owner_epoch;
  OwnerEpoch previous_owner;
  std::unique_ptr<WatchedStore> store;
  std::optional<core::RecoveredState> recovered;
  Lineage lineage;
};

class Job final : public Post {
 public:
  struct Start {
    std::uint32_t number = 0;
    std::uint32_t workers = 0;
    OwnerEpoch owner_epoch;
    std::unique_ptr<WatchedStore> store;
    std::optional<core::RecoveredState> recovered;
    Lineage lineage;
    /// Opens the store for a worker that takes over; nothing if that fails.
    std::function<std::optional<TakenStore>(Job&, OwnerEpoch shards_from)> take_store;
  };
  Job(World& world, Record& record, Start start);

  /// Starts the processes, each at its own moment soon.
  void begin();
  /// The master that came to its end in this turn, or null. Ranks behind the last one are the
  /// successors in their order.
  MasterProcess* on_turn(Rank rank);
  void on_heartbeat(Rank rank);
  void on_deliver(std::uint32_t slot) { network_.deliver(slot); }

  // what befalls processes
  void kill(Rank rank);
  /// As kill, and counted as the fault that it is.
  void strike_dead(Rank rank);
  void kill_all();
  /// A worker says of a live one that its process has ended, which is not so.
  void say_falsely(Rank from, Rank of, std::uint64_t style);
  void freeze(Rank rank, TimeUs wake_at);
  void wake(Rank rank);
  /// Stops all processes, or lets all go on.
  void freeze_all(TimeUs wake_at);
  void wake_all();

  // Post
  [[nodiscard]] bool exists(Rank rank) const override;
  void arrived(Rank rank) override;
  [[nodiscard]] bool is_trusted(Rank from, Rank worker) const override {
    const MasterProcess* master = master_at(from);
    return master == nullptr || master->trusts(worker);
  }
  void assigned(Rank master, Rank worker, const wire::Assign& assign) override;
  void handed_in(Rank master, Rank worker, const wire::HandIn& hand_in) override;
  void told_of_end(Rank from, const wire::Process& process) override;
  void given_back(Rank worker, const wire::Returned& returned) override;

  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] std::uint32_t worker_count() const {
    return static_cast<std::uint32_t>(workers_.size());
  }
  [[nodiscard]] Life life(Rank rank) const;
  [[nodiscard]] std::vector<Rank> workers_in(Life wanted) const;
  /// A worker that runs and has not left; a process may be there for its master alone.
  [[nodiscard]] bool has_workers() const;
  /// The newest one.
  [[nodiscard]] MasterProcess& master() {
    return successors_.empty() ? master_ : *successors_.back()->master;
  }
  [[nodiscard]] Rank master_rank() { return master().self(); }
  [[nodiscard]] Network& network() { return network_; }
  /// No process is left.
  [[nodiscard]] bool over() const;
  /// Who is there and waits for what.
  [[nodiscard]] std::string text() const;

 private:
  void plan_turn(Rank rank, TimeUs at);
  MasterProcess* master_turn();
  MasterProcess* successor_turn(std::size_t at);
  void take_over(Rank rank);
  void taken_in(std::size_t successor, Rank worker);
  void tell_workers(Rank dead);
  void plan_successor(std::size_t at, TimeUs when);
  [[nodiscard]] bool still_has_master(Rank rank);
  [[nodiscard]] const MasterProcess* master_at(Rank rank) const;
  [[nodiscard]] MasterProcess* master_at(Rank rank) {
    return const_cast<MasterProcess*>(std::as_const(*this).master_at(rank));
  }
  void worker_turn(Rank rank);
  void after_worker_turn(WorkerProcess& worker, Rank rank);
  void end(Rank rank, Life how);
  void tell_master(Rank rank);
  void on_lost(const core::Note& note);
  void on_returned(Rank rank);
  void add_replacement(Rank rank, bool dies_at_once);
  void add_worker(Rank rank);
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
  // A worker that took over: its master, and the memory through which the worker serves it.
  struct Successor {
    explicit Successor(SimTransport& outside, Rank self_in)
        : self(self_in),
          hub(2),
          master_end(hub.take(Rank(0))),
          worker_end(hub.take(Rank(1))),
          joined(outside, *master_end, Rank(1)) {}
    Rank self;
    transport::LocalHub hub;
    std::unique_ptr<transport::Transport> master_end;
    std::unique_ptr<transport::Transport> worker_end;
    transport::JoinedTransport joined;
    std::unique_ptr<MasterProcess> master;
    // What has come to it by rank, unread; and what it has read: done, and accepted or waiting for
    // their parents.
    std::map<Rank, std::deque<std::vector<UnitKey>>> unread;
    std::set<UnitKey> handed_in;
  };
  std::vector<std::unique_ptr<Successor>> successors_;
  std::function<std::optional<TakenStore>(Job&, OwnerEpoch shards_from)> take_store_;
  std::vector<TimeUs> frozen_at_;  // by rank; -1: never
  std::vector<bool> struck_dead_;  // by rank
  std::vector<bool> stillborn_;    // by rank: replacements that died at their start
};

}  // namespace steadfarm::sim
