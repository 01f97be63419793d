// The loops of a run: the master's, a worker's, and both on one rank.
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <string>

#include "api/job.hpp"
#include "api/master_run.hpp"
#include "driver/heartbeat.hpp"
#include "driver/idle.hpp"
#include "driver/worker_driver.hpp"
#include "transport/local/local_hub.hpp"
#include "worker/function_executor.hpp"

namespace steadfarm::api {
namespace {

constexpr int kFlushMs = 2'000;
constexpr TimeUs kLeaveGraceUs = 5'000'000;  // for a unit that still runs when the run is over

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

core::WorkerOptions worker_options(const Options& options, bool concurrent) {
  core::WorkerOptions w;
  w.host = host_name();
  w.pid = static_cast<std::uint32_t>(getpid());
  w.concurrent = concurrent;
  w.heartbeat_us = to_us(options.heartbeat_s);
  // The master may be busy with a checkpoint; be more patient with it than it is with us. Without
  // a heartbeat thread its silence says nothing about its life.
  const TimeUs patience = concurrent ? 3 : 60;
  w.master_timeout_us = patience * to_us(options.timeout_s);
  w.startup_timeout_us = std::max(w.startup_timeout_us, w.master_timeout_us);
  return w;
}

// The worker's end: machine, executor and driver, wired to each other.
class WorkerSide {
 public:
  /// `guard` may be null: nobody asked that a unit be cut off when the run is over.
  WorkerSide(const Job& job, transport::Transport& transport, bool concurrent,
             driver::Heartbeat* guard)
      : machine_(worker_options(*job.options, concurrent), clock_.now()),
        executor_(job.work),
        driver_(machine_, transport, executor_, clock_, job.id, Rank(0)),
        guard_(guard) {
    executor_.set_hooks(
        {[this] { safe_point(); }, [this](const SharedValue& shared) { driver_.propose(shared); }});
  }
  [[nodiscard]] driver::WorkerDriver& driver() { return driver_; }
  [[nodiscard]] driver::Clock& clock() { return clock_; }

 private:
  // Once the master has sent everybody home, nobody waits for what this unit would find.
  void safe_point() {
    driver_.safe_point();
    if (guard_ != nullptr && driver_.exit()) {
      guard_->end_process_after(kLeaveGraceUs, driver_.exit()->exit_code);
    }
  }

  driver::SteadyClock clock_;
  core::WorkerMachine machine_;
  worker::FunctionExecutor executor_;
  driver::WorkerDriver driver_;
  driver::Heartbeat* guard_;
};

// Calls `run` and hands whatever it throws, in words, to the master.
template <class Run>
void guarded(MasterRun& master, Run&& run) {
  try {
    run();
  } catch (const std::exception& e) {
    master.abandon(e.what());
  } catch (...) {
    master.abandon("something was thrown that is not a std::exception");
  }
}

}  // namespace

Outcome run_master(const Job& job, transport::Transport& transport) {
  MasterRun run(job, transport, transport.rank_count());
  driver::SteadyClock clock;
  driver::Idle idle(clock);
  // The application's fold runs in here, and it may throw.
  guarded(run, [&] {
    if (!run.start()) return;
    while (!run.finished()) idle.after_turn(run.turn() > 0);
  });
  flush(transport, kFlushMs);
  return run.outcome();
}

Outcome run_worker(const Job& job, transport::Transport& transport) {
  const bool concurrent = transport.concurrent();
  std::unique_ptr<driver::Heartbeat> heartbeat;
  if (concurrent || job.options->handle_signals) {
    heartbeat = std::make_unique<driver::Heartbeat>(
        transport, job.id, wire::Heartbeat{1},
        driver::HeartbeatTimes{to_us(job.options->heartbeat_s)},
        concurrent ? std::vector<Rank>{Rank(0)} : std::vector<Rank>());
  }
  WorkerSide side(job, transport, concurrent,
                  job.options->handle_signals ? heartbeat.get() : nullptr);
  driver::Idle idle(side.clock());
  side.driver().start();
  while (!side.driver().exit()) idle.after_turn(side.driver().turn() > 0);
  flush(transport, kFlushMs);
  heartbeat.reset();
  const core::Exit& exit = *side.driver().exit();
  Outcome outcome;
  outcome.exit_code = exit.exit_code;
  outcome.complete = exit.exit_code == 0 || exit.exit_code == 3;
  outcome.message = exit.reason;
  if (!exit.reason.empty()) {
    say("worker " + std::to_string(transport.self().value) + " on " + host_name() +
        " ends itself: " + exit.reason);
  }
  return outcome;
}

Outcome run_alone(const Job& job) {
  transport::LocalHub hub(2);
  const auto master_end = hub.take(Rank(0));
  const auto worker_end = hub.take(Rank(1));
  MasterRun run(job, *master_end, 1);
  // The master's guard sees to a unit that does not return: it is the same thread.
  WorkerSide side(job, *worker_end, false, nullptr);
  driver::Idle idle(side.clock());
  guarded(run, [&] {
    if (!run.start()) return;
    side.driver().start();
    while (!run.finished()) {
      const std::size_t done = side.driver().turn() + run.turn();
      idle.after_turn(done > 0);
    }
  });
  return run.outcome();
}

}  // namespace steadfarm::api
