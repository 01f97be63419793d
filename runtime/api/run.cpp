// The loops of a run: the master's, a worker's, and both on one rank.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "api/job.hpp"
#include "api/master_run.hpp"
#include "checkpoint/posix_file_system.hpp"
#include "checkpoint/shard_writer.hpp"
#include "driver/heartbeat.hpp"
#include "driver/idle.hpp"
#include "driver/process_watch.hpp"
#include "driver/shard_keeper.hpp"
#include "driver/unit_guard.hpp"
#include "driver/worker_driver.hpp"
#include "transport/joined/joined_transport.hpp"
#include "transport/local/local_hub.hpp"
#include "worker/function_executor.hpp"

namespace steadfarm::api {
namespace {

constexpr int kFlushMs = 2'000;
constexpr TimeUs kMasterTurnUs = 1'000;                // between the master's turns inside one unit
constexpr TimeUs kReplacementPatienceUs = 60'000'000;  // with a first word
constexpr TimeUs kLeaveGraceUs = 5'000'000;  // for a unit that still runs when the run is over
// A message that may be dropped is said so often, so far apart, before the process ends. Meanwhile
// the master can write down what the unit is charged with.
constexpr int kLastWords = 5;
constexpr std::chrono::milliseconds kLastWordsPause{200};

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

// How a worker of this job writes its shards, or null.
std::unique_ptr<driver::ThreadedShards> open_shards(const Job& job) {
  if (!has_shards(job)) return nullptr;
  struct Both {  // whoever has the writer has its file system, too
    checkpoint::PosixFileSystem files;
    checkpoint::ShardWriter writer;
    explicit Both(checkpoint::ShardOptions options) : writer(files, std::move(options)) {}
  };
  const auto make_writer = [&job](const ShardGrant& grant) {
    const auto both = std::make_shared<Both>(
        checkpoint::ShardOptions{job.options->store, grant, job.result_fields, nullptr});
    return std::shared_ptr<checkpoint::ShardWriter>(both, &both->writer);
  };
  return std::make_unique<driver::ThreadedShards>(make_writer,
                                                  core::WorkerOptions().shard_bytes_max);
}

core::WorkerOptions worker_options(const Job& job, bool concurrent) {
  const Options& options = *job.options;
  core::WorkerOptions w;
  w.host = host_name();
  const driver::ProcessName process = driver::own_process();
  w.pid = process.pid;
  w.machine = process.machine;
  w.started = process.started;
  w.concurrent = concurrent;
  w.heartbeat_us = to_us(options.heartbeat_s);
  // The master may be busy with a checkpoint; be more patient with it than it is with us. Without
  // a heartbeat thread its silence says nothing about its life.
  const TimeUs patience = concurrent ? 3 : 60;
  w.master_timeout_us = patience * to_us(options.timeout_s);
  // A replacement is started by a master that is at work already.
  if (job.replacement) w.startup_timeout_us = kReplacementPatienceUs;
  w.startup_timeout_us = std::max(w.startup_timeout_us, w.master_timeout_us);
  w.shard_bytes_min = options.shard_bytes;
  return w;
}

std::string in_seconds(const driver::UnitGuard& units) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", static_cast<double>(units.limit_us()) * 1e-6);
  return text;
}

// The worker's end: machine, executor and driver, wired to each other.
class WorkerSide {
 public:
  /// `guard` may be null: nobody asked that a unit be cut off when the run is over. `with_shards`:
  /// this thread is the only one of the process that makes HDF5 calls for the run.
  WorkerSide(const Job& job, transport::Transport& transport, bool concurrent, bool with_shards,
             driver::Heartbeat* guard, std::function<void()> at_save_point = {})
      : machine_(worker_options(job, concurrent), clock_.now()),
        executor_(limited(job)),
        shards_(with_shards ? open_shards(job) : nullptr),
        driver_(machine_, transport, executor_, clock_, job.id, Rank(0), shards_.get()),
        guard_(guard),
        at_save_point_(std::move(at_save_point)) {
    worker::FunctionExecutor::Hooks hooks;
    hooks.safe_point = [this] { safe_point(); };
    hooks.propose = [this](const SharedValue& shared) { driver_.propose(shared); };
    hooks.save_point = [this] { return save_point(); };
    hooks.save = [this](std::uint64_t sequence, Bytes state) {
      driver_.save(sequence, std::move(state));
      if (at_save_point_) at_save_point_();
    };
    executor_.set_hooks(std::move(hooks));
    if (shards_) {
      executor_.set_reduction(job.options->shard_bytes,
                              [&job](ByteView result) { return job.folds.reduce(result); });
    }
  }
  [[nodiscard]] driver::WorkerDriver& driver() { return driver_; }
  [[nodiscard]] driver::Clock& clock() { return clock_; }
  /// Null if units may run as long as they like.
  [[nodiscard]] const std::shared_ptr<driver::UnitGuard>& units() const { return units_; }
  /// False: a call to the store did not return, and its thread is left behind.
  [[nodiscard]] bool end_shards() { return shards_ == nullptr || shards_->end(); }

 private:
  // The work function, with the unit time limit around it if there is one.
  std::function<void(UnitCall&)> limited(const Job& job) {
    if (job.options->unit_timeout_s <= 0) return job.work;
    units_ = std::make_shared<driver::UnitGuard>(to_us(job.options->unit_timeout_s));
    return [this, work = job.work](UnitCall& call) {
      struct Execution {
        driver::UnitGuard& guard;
        ~Execution() { guard.end(); }
      };
      units_->begin(call.key(), Attempt(call.attempt()), clock_.now());
      const Execution execution{*units_};
      work(call);
    };
  }

  void fail_if_overdue() {
    if (!units_ || !units_->at_safe_point(clock_.now())) return;
    throw std::runtime_error("ran longer than the unit time limit of " + in_seconds(*units_));
  }

  // Once the master has sent everybody home, nobody waits for what this unit would find.
  void safe_point() {
    fail_if_overdue();
    driver_.safe_point();
    if (guard_ != nullptr && driver_.exit()) {
      guard_->end_process_after(kLeaveGraceUs, driver_.exit()->exit_code);
    }
  }

  core::SafePoint save_point() {
    if (at_save_point_) at_save_point_();
    safe_point();
    return driver_.save_point();
  }

  driver::SteadyClock clock_;
  std::shared_ptr<driver::UnitGuard> units_;
  core::WorkerMachine machine_;
  worker::FunctionExecutor executor_;
  std::unique_ptr<driver::ThreadedShards> shards_;  // null: all results go to the master
  driver::WorkerDriver driver_;
  driver::Heartbeat* guard_;
  std::function<void()> at_save_point_;
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
  return run.outcome();
}

// A unit that ignores its time limit takes its worker's process along.
void end_deaf_units(Rank name, const Job& job, transport::Transport& transport,
                    driver::Heartbeat& heartbeat, const std::shared_ptr<driver::UnitGuard>& units) {
  const std::string limit = in_seconds(*units);
  const auto last_words = [=, &transport, id = job.id](const driver::UnitGuard::Running& unit) {
    say("worker " + std::to_string(name.value) + " on " + host_name() + " ends itself: unit " +
        to_string(unit.key) + " (attempt " + std::to_string(unit.attempt.value) +
        ") ran longer than the unit time limit of " + limit + " and came by no safe point");
    const Bytes word = wire::encode(id, {Session(0), wire::Overdue{unit.key, unit.attempt}});
    for (int i = 0; i < kLastWords; ++i) {
      if (transport.concurrent()) transport.send_urgent(Rank(0), word);
      std::this_thread::sleep_for(kLastWordsPause);
    }
  };
  heartbeat.end_deaf_units(units, last_words);
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
    end_deaf_units(name, job, transport, *heartbeat, side.units());
  }
  driver::Idle idle(side.clock());
  side.driver().start();
  while (!side.driver().exit()) idle.after_turn(side.driver().turn() > 0);
  flush(transport, flush_ms);
  heartbeat.reset();
  const bool store_hangs = !side.end_shards();
  const core::Exit& exit = *side.driver().exit();
  Outcome outcome;
  outcome.exit_code = exit.exit_code;
  outcome.complete = exit.exit_code == 0 || exit.exit_code == 3;
  outcome.message = exit.reason;
  outcome.store_hangs = store_hangs;
  if (!exit.reason.empty()) {
    say("worker " + std::to_string(name.value) + " on " + host_name() +
        " ends itself: " + exit.reason);
  }
  return outcome;
}

// The worker that lives in the master's process, on a thread of its own. Signals stay with the
// thread that the application runs the farm on.
class InsideWorker {
 public:
  InsideWorker(const Job& job, transport::LocalHub& hub, Rank rank, Rank name)
      : hub_(hub), rank_(rank), end_(hub.take(rank)) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      thread_ = std::thread([this, &job, name] { run(job, name); });
    } catch (const std::system_error& e) {
      gone(e.what());
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
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
