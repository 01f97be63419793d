// One simulated run: starts the job as often as it takes, lets faults strike, then lets them stop,
// and judges the end.
#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <vector>

#include "sim/job.hpp"
#include "sim/simulator.hpp"

namespace steadfarm::sim {

class Simulation {
 public:
  Simulation(const SimOptions& options, std::ostream* trace);
  [[nodiscard]] SimResult run();

 private:
  // simulation.cpp: the loop and the job's life
  void handle(const Event& event);
  void start_job();
  [[nodiscard]] std::unique_ptr<checkpoint::Store> open_store(checkpoint::OpenReport& report,
                                                              OwnerEpoch shards_from = {});
  [[nodiscard]] bool others_run() const;
  void restart_later();
  [[nodiscard]] std::optional<TakenStore> take_over_store(Job& job, OwnerEpoch shards_from);
  void watch_for_nobody(Job& job);
  void on_master_ended(Job& job, MasterProcess& master);
  void on_nobody_left(Job& job);
  void check_nobody_waits(Job& job);
  void on_superseded_ended(Job& job, MasterProcess& master);
  void finish(const MasterProcess& last);
  void begin_calm();
  [[nodiscard]] std::int64_t throttled_generations() const;
  void check_time();
  void check_steps(TimeUs patience_us);
  [[nodiscard]] bool over() const;
  [[nodiscard]] Job& job(std::uint32_t number) { return *jobs_[number - 1]; }
  /// The start that has the store, or the newest; there must have been one.
  [[nodiscard]] Job& current() { return *jobs_[current_]; }
  [[nodiscard]] std::string everybody() const;

  // final_checks.cpp
  void check_outcome(const MasterProcess& master);
  void check_store(const MasterProcess& master);
  void check_results(const Lineage& lineage);

  // strikes.cpp: the faults
  void plan_strikes();
  void plan_strike(FaultClass fault);
  void strike(FaultClass fault);
  void strike_workers(FaultClass fault);
  void strike_job();
  void strike_speed();
  void strike_words();
  void strike_network();
  void strike_disk(FaultClass fault);
  void strike_file();
  void strike_store_owner();
  void set_disk_rates();
  void kill_everything(bool machine, FaultClass cause);
  void lose_power(FaultClass cause);
  void plan_stop();
  [[nodiscard]] TimeUs some_time(TimeUs least, TimeUs most) {
    return world_.fault_prng.between(least, most);
  }

  World world_;
  Record record_;
  StoreTap tap_;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::size_t current_ = 0;
  MasterProcess* last_master_ = nullptr;  // that called the job complete
  std::uint32_t successors_ = 0;
  bool restart_planned_ = false;
  bool killed_by_strike_ = false;  // since the last start, by class job_kill
  bool opening_failed_ = false;    // since the last start
  bool done_ = false;
  bool abandoned_ = false;  // ended honestly without a result
  TimeUs calm_at_ = -1;
  TimeUs total_work_us_ = 0;
  TimeUs longest_unit_us_ = 0;
  std::uint64_t poison_units_ = 0;
  std::uint64_t base_done_ = 0;  // units done in the state the owner started from
  bool writes_fail_ = false;
  bool syncs_fail_ = false;
  std::vector<std::function<void()>> heals_;  // what begin_calm undoes
  std::uint64_t steps_ = 0;
  std::uint64_t most_done_ = 0;  // units, by any start so far
  std::uint64_t steps_at_most_done_ = 0;
};

}  // namespace steadfarm::sim
