// The loops of a run: the master's, a worker's, and both on one rank.
#include <algorithm>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "api/job.hpp"
#include "api/master_run.hpp"
#include "api/take_over.hpp"
#include "api/worker_side.hpp"
#include "driver/heartbeat.hpp"
#include "driver/idle.hpp"
#include "transport/all_signals_blocked.hpp"
#include "transport/joined/joined_transport.hpp"
#include "transport/local/local_hub.hpp"

namespace steadfarm::api {
namespace {

constexpr TimeUs kMasterTurnUs = 1'000;      // between the master's turns inside one unit
constexpr TimeUs kLeaveGraceUs = 5'000'000;  // for a unit that still runs when the run is over

Outcome run_master_only(const Job& job, transport::Transport& transport) {
  MasterRun run(job, transport, transport.rank_count());
  driver::SteadyClock clock;
  driver::Idle idle(clock);
  // The application's fold runs in here, and it may throw.
  guarded(run, [&] {
    if (!run.start()) return;
    while (!run.finished()) idle.after_turn(run.turn() > 0);
  });
  flush(transport, kFlushMs);
  static_cast<void>(transport.settle(kSettleMs));
  return run.outcome();
}

// `name` is what the worker is called in messages to the user.
Outcome run_worker_as(Rank name, const Job& job, transport::Transport& transport, bool with_shards,
                      int flush_ms) {
  const bool concurrent = transport.concurrent();
  std::unique_ptr<driver::Heartbeat> heartbeat;
  if (concurrent || job.options->handle_signals || job.options->unit_timeout_s > 0) {
    heartbeat = std::make_unique<driver::Heartbeat>(
        transport, job.id, wire::Heartbeat{1},
        driver::HeartbeatTimes{to_us(job.options->heartbeat_s)},
        concurrent ? std::vector<Rank>{Rank(0)} : std::vector<Rank>());
  }
  WorkerSide side(job, transport, concurrent, with_shards,
                  job.options->handle_signals ? heartbeat.get() : nullptr);
  const bool own_process = name == transport.self();
  if (side.units() != nullptr && own_process) {
    const auto say_word = [&transport](ByteView word) {
      if (transport.concurrent()) transport.send_urgent(Rank(0), word);
    };
    end_deaf_units(name, job, *heartbeat, side.units(), say_word);
  }
  driver::Idle idle(side.clock());
  side.driver().start();
  while (!side.driver().exit()) idle.after_turn(side.driver().turn() > 0);
  flush(transport, flush_ms);
  heartbeat.reset();
  static_cast<void>(transport.settle(settle_ms(*side.exit())));
  const bool store_hangs = !side.end_shards();
  core::Exit exit = *side.exit();
  const std::string why =
      no_take_over_reason(*job.options, concurrent, std::max(2, transport.rank_count()));
  if (!exit.reason.empty() && exit.exit_code == 75 && !job.replacement && !why.empty()) {
    exit.reason += "; nobody takes over: " + why;
  }
  Outcome outcome = worker_outcome(name, exit);
  outcome.store_hangs = store_hangs;
  return outcome;
}

// The worker that lives in the master's process, on a thread of its own. Signals stay with the
// thread that the application runs the farm on.
class InsideWorker {
 public:
  InsideWorker(const Job& job, transport::LocalHub& hub, Rank rank, Rank name)
      : hub_(hub), rank_(rank), end_(hub.take(rank)) {
    const transport::AllSignalsBlocked blocked;
    try {
      thread_ = std::thread([this, &job, name] { run(job, name); });
    } catch (const std::system_error& e) {
      gone(e.what());
    }
  }
  ~InsideWorker() { join(); }
  InsideWorker(const InsideWorker&) = delete;
  InsideWorker& operator=(const InsideWorker&) = delete;

  void join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run(const Job& job, Rank name) {
    try {
      // The master makes HDF5 calls on its thread, and its memory is ours.
      static_cast<void>(run_worker_as(name, job, *end_, false, 0));
    } catch (const std::system_error& e) {  // no thread for its heartbeats
      gone(e.what());
    }
  }
  // The others go on without it.
  void gone(const char* why) {
    say(std::string("warning: rank 0 cannot work beside the master: ") + why +
        "; the other ranks do the work");
    hub_.kill(rank_);
  }

  transport::LocalHub& hub_;
  Rank rank_;
  std::unique_ptr<transport::Transport> end_;
  std::thread thread_;
};

Outcome run_master_and_worker(const Job& job, transport::Transport& outside) {
  constexpr Rank kInside{1};
  transport::LocalHub hub(2);
  const auto inside = hub.take(Rank(0));
  transport::JoinedTransport joined(outside, *inside, kInside);
  InsideWorker worker(job, hub, kInside, outside.self());
  Outcome outcome = run_master_only(job, joined);
  // It has been told to leave. A unit that does not return must not keep the whole job waiting.
  std::unique_ptr<driver::Heartbeat> guard;
  if (job.options->handle_signals) {
    guard = std::make_unique<driver::Heartbeat>(outside, job.id, wire::Beat{},
                                                driver::HeartbeatTimes{}, std::vector<Rank>());
    guard->end_process_after(kLeaveGraceUs, outcome.exit_code);
  }
  worker.join();
  return outcome;
}

}  // namespace

Outcome run_master(const Job& job, transport::Transport& transport) {
  const bool alone = !job.options->master_works || transport.rank_count() == 1;
  return alone ? run_master_only(job, transport) : run_master_and_worker(job, transport);
}

Outcome run_worker(const Job& job, transport::Transport& transport) {
  // Its shards would go anywhere. The master may well know its own folder, and goes on without us.
  if (!job.paths) {
    return worker_outcome(transport.self(), core::Exit{64, job.paths.error().message});
  }
  // Nobody but its own master can reach a replacement.
  if (!job.replacement && can_take_over(job, transport)) return run_standby(job, transport);
  return run_worker_as(transport.self(), job, transport, true, kFlushMs);
}

Outcome run_alone(const Job& job) {
  transport::LocalHub hub(2);
  const auto master_end = hub.take(Rank(0));
  const auto worker_end = hub.take(Rank(1));
  MasterRun run(job, *master_end, 1);
  // A unit that saves lets the master, which is on the same thread, do its work at its safe points.
  // What the fold throws there must not pass through the unit.
  driver::SteadyClock clock;
  TimeUs master_due = 0;
  const auto turn_master = [&] {
    if (run.finished() || clock.now() < master_due) return;
    guarded(run, [&] { run.turn(); });
    master_due = clock.now() + kMasterTurnUs;
  };
  // The master's guard sees to a unit that does not return: it is the same thread.
  WorkerSide side(job, *worker_end, false, true, nullptr, turn_master);
  driver::Idle idle(side.clock());
  guarded(run, [&] {
    if (!run.start()) return;
    side.driver().start();
    while (!run.finished()) {
      std::size_t done = side.driver().turn();
      if (!run.finished()) done += run.turn();
      idle.after_turn(done > 0);
    }
  });
  return run.outcome();
}

}  // namespace steadfarm::api
