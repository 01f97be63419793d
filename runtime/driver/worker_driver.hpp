// A worker's loop, one turn at a time; the simulator turns it too.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "core/succession.hpp"
#include "core/worker.hpp"
#include "driver/clock.hpp"
#include "driver/shard_keeper.hpp"
#include "transport/transport.hpp"
#include "worker/executor.hpp"

namespace steadfarm::driver {

struct WorkerDriverStats {
  std::uint64_t units_executed = 0;
  std::uint64_t messages_in = 0;
  std::uint64_t messages_refused = 0;  // strays and malformed
};

/// Where a worker may have to find a new master, or be it.
struct SuccessionHooks {
  /// Could this rank do what the master does, as its Welcome describes it?
  std::function<bool(const wire::Welcome&)> may_claim;
  /// This rank is the master from now on, or is to be: heartbeats go there.
  std::function<void(Rank)> follows;
  /// Nothing is sent to this rank any more, from other threads either; or is again.
  std::function<void(Rank, bool welcome)> peer_changed;
};

/// How this worker sees other processes on its machine end.
struct ProcessHooks {
  /// These are watched from now on, and no others. One that has ended before counts as well.
  std::function<void(const std::vector<wire::Process>&)> watch;
  /// Those that have ended since the last call.
  std::function<std::vector<Rank>()> ended;
};

/// A worker that has become the master, and what it knows of the one before.
struct Inheritance {
  core::TakeOver from;
  OwnerEpoch first_epoch;  // of the job's first master
  OwnerEpoch shards_from;  // see wire::Welcome
};

class WorkerDriver {
 public:
  /// All references must outlive the driver. Without a keeper of shards the machine must not want
  /// any: no outcome may come with what the folds take of it.
  WorkerDriver(core::WorkerMachine& machine, transport::Transport& transport,
               worker::Executor& executor, Clock& clock, wire::JobId job, Rank master,
               ShardKeeper* shards = nullptr);

  /// Before start(). `succession` must outlive the driver.
  void set_succession(core::Succession& succession, SuccessionHooks hooks);

  /// Before start().
  void set_process_hooks(ProcessHooks hooks) { process_hooks_ = std::move(hooks); }

  void start();
  /// Receives, runs units for a moment, sends. Returns how much was done: messages and units.
  std::size_t turn();

  /// For a second thread, while a unit runs on the first and no call of this object does: receives,
  /// hears of shards and ticks.
  std::size_t background_turn();

  /// Set once this worker is to be the master. Nothing is received any more, until the driver is
  /// told by `serve` where its own master is.
  [[nodiscard]] const std::optional<Inheritance>& inheritance() const { return inheritance_; }
  void serve(transport::Transport& transport, Rank master);

  /// For units that look outside: receives if some time has passed since the last look.
  void safe_point();
  /// For units that can save their state here: the same, and what they should do.
  [[nodiscard]] core::SafePoint save_point();
  void save(std::uint64_t sequence, Bytes state);
  /// For units that found a better shared value.
  void propose(const SharedValue& shared);

  [[nodiscard]] const std::optional<core::Exit>& exit() const { return exit_; }
  [[nodiscard]] const WorkerDriverStats& stats() const { return stats_; }

 private:
  void step(core::WorkerEvent event);
  std::size_t receive_all();
  void receive(Rank from, wire::Message message);
  [[nodiscard]] bool is_early(const wire::Message& message) const;
  void hear_early();
  void carry_out(core::SuccessionActions& actions);
  void take_in_shared();
  void tick_if_due(TimeUs now);
  void hear_ended(TimeUs now);
  [[nodiscard]] bool finish_unit();
  std::size_t hear_shards();

  core::WorkerMachine& machine_;
  transport::Transport* transport_;
  worker::Executor& executor_;
  Clock& clock_;
  wire::JobId job_;
  Rank master_;
  ShardKeeper* shards_;
  std::uint64_t shard_steps_ = 0;  // that the machine has heard of
  core::Succession* succession_ = nullptr;
  SuccessionHooks hooks_;
  ProcessHooks process_hooks_;
  TimeUs next_look_ = 0;  // at those processes
  OwnerEpoch first_epoch_;
  OwnerEpoch shards_from_;  // by the word of the present master
  std::optional<Inheritance> inheritance_;
  bool distrusts_master_ = false;  // nothing is sent to it
  core::Term followed_term_;       // the term of the master that was followed last
  struct Early {
    Rank from;
    wire::Message message;
  };
  std::deque<Early> early_;
  bool in_background_ = false;
  std::optional<SharedValue> shared_news_;  // came while a unit ran on the other thread
  std::vector<transport::Incoming> incoming_;
  std::optional<core::Execute> to_start_;  // started outside of step, so that steps do not nest
  bool running_ = false;
  bool was_outside_ = false;  // called the transport since the last unit started
  TimeUs started_at_ = 0;     // of the running unit, if it was
  TimeUs polled_at_ = 0;
  TimeUs next_tick_ = 0;
  std::optional<core::Exit> exit_;
  WorkerDriverStats stats_;
};

}  // namespace steadfarm::driver
