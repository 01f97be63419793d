// The loops of a run: the master's, a worker's, and both on one rank.
#include <unistd.h>

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

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

core::WorkerOptions worker_options(const Options& options, bool concurrent) {
  core::WorkerOptions w;
  w.host = host_name();
  w.pid = static_cast<std::uint32_t>(getpid());
  w.concurrent = concurrent;
  w.heartbeat_us = static_cast<TimeUs>(options.heartbeat_s * 1e6);
  // The master may be busy with a checkpoint; be more patient with it than it is with us.
  w.master_timeout_us = static_cast<TimeUs>(options.timeout_s * 3e6);
  return w;
}

// The worker's end: machine, executor and driver, wired to each other.
class WorkerSide {
 public:
  WorkerSide(const Job& job, transport::Transport& transport, bool concurrent)
      : machine_(worker_options(*job.options, concurrent), clock_.now()),
        executor_(job.work),
        driver_(machine_, transport, executor_, clock_, job.id, Rank(0)) {
    executor_.set_hooks({[this] { driver_.safe_point(); },
                         [this](const SharedValue& shared) { driver_.propose(shared); }});
  }
  [[nodiscard]] driver::WorkerDriver& driver() { return driver_; }
  [[nodiscard]] driver::Clock& clock() { return clock_; }

 private:
  driver::SteadyClock clock_;
  core::WorkerMachine machine_;
  worker::FunctionExecutor executor_;
  driver::WorkerDriver driver_;
};

}  // namespace

Outcome run_master(const Job& job, transport::Transport& transport) {
  MasterRun run(job, transport, transport.rank_count());
  driver::SteadyClock clock;
  driver::Idle idle(clock);
  // The application's fold runs in here, and it may throw.
  try {
    if (run.start()) {
      while (!run.finished()) idle.after_turn(run.turn() > 0);
    }
  } catch (const std::exception& e) {
    run.abandon(std::string("the fold failed: ") + e.what());
  }
  flush(transport, kFlushMs);
  return run.outcome();
}

Outcome run_worker(const Job& job, transport::Transport& transport) {
  const bool concurrent = transport.concurrent();
  WorkerSide side(job, transport, concurrent);
  std::unique_ptr<driver::Heartbeat> heartbeat;
  if (concurrent) {
    heartbeat = std::make_unique<driver::Heartbeat>(
        transport, job.id, wire::Heartbeat{1}, static_cast<TimeUs>(job.options->heartbeat_s * 1e6),
        std::vector<Rank>{Rank(0)});
  }
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
  WorkerSide side(job, *worker_end, false);
  driver::Idle idle(side.clock());
  try {
    if (run.start()) {
      side.driver().start();
      while (!run.finished()) {
        const std::size_t done = side.driver().turn() + run.turn();
        idle.after_turn(done > 0);
      }
    }
  } catch (const std::exception& e) {
    run.abandon(std::string("the fold failed: ") + e.what());
  }
  return run.outcome();
}

}  // namespace steadfarm::api
