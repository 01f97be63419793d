// A worker process of a simulated job: the production driver and machine, turned by the simulator.
#pragma once

#include <functional>
#include <vector>

#include "core/succession.hpp"
#include "core/worker.hpp"
#include "driver/worker_driver.hpp"
#include "sim/executor.hpp"
#include "sim/network.hpp"
#include "sim/sim_shards.hpp"

namespace steadfarm::sim {

enum class Life : std::uint8_t {
  waiting,  // not started yet
  running,
  frozen,  // stopped by a signal
  ended,   // left by itself
  dead,    // killed
};
[[nodiscard]] const char* to_string(Life life);

class WorkerProcess {
 public:
  WorkerProcess(World& world, Record& record, SimTransport& transport, std::uint32_t job,
                wire::JobId job_id, Rank rank);

  void start();
  /// One turn of its loop. Afterwards the process may have ended or want to die.
  void turn();
  void beat();  // its heartbeat thread

  /// When it should be turned next; kNever only if it has ended.
  [[nodiscard]] TimeUs next_turn() const;
  /// Its loop would notice a message that arrives now.
  [[nodiscard]] bool listens() const { return has_companion_ || !inside_unit(); }
  [[nodiscard]] bool wants_to_die() const;
  [[nodiscard]] bool has_left() const;
  /// Set once it is to be the master, and has not been told yet where that is.
  [[nodiscard]] const driver::Inheritance* inheritance() const;
  /// Its master is in the same process from now on.
  void serve(transport::Transport& inside, Rank master);
  [[nodiscard]] driver::WorkerDriver& driver() { return driver_; }
  [[nodiscard]] std::string text() const;
  /// A shard of it is durable, and it does not know that yet.
  [[nodiscard]] bool has_unheard_shard() const { return shards_.unheard(); }

  Life life = Life::waiting;
  TimeUs turn_at = kNever;  // of the turn that is planned
  /// What the machine that it runs on knows.
  std::function<bool(const wire::Process&)> has_ended;

 private:
  [[nodiscard]] bool inside_unit() const;
  void look_outside();
  [[nodiscard]] std::vector<Rank> take_ended();

  World& world_;
  std::uint32_t job_;
  Rank rank_;
  SimTransport& transport_;
  SimClock clock_;
  SimExecutor executor_;
  SimShards shards_;
  core::WorkerMachine machine_;
  driver::WorkerDriver driver_;
  core::Succession succession_;
  bool has_companion_;
  transport::Transport* beats_through_;
  Rank beats_to_ = kMaster;
  bool beats_ = true;
  bool serving_ = false;
  Bytes heartbeat_;
  std::vector<wire::Process> watched_;
  bool busy_ = true;  // the last turn did something
};

}  // namespace steadfarm::sim
