#include "api/worker_side.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include "base/number_text.hpp"
#include "checkpoint/posix_file_system.hpp"
#include "checkpoint/shard_writer.hpp"
#include "driver/signals.hpp"

namespace steadfarm::api {
namespace {

constexpr TimeUs kReplacementPatienceUs = 60'000'000;  // with a first word
constexpr int kExitStopped = 75;
constexpr TimeUs kLeaveGraceUs = 5'000'000;  // for a unit that still runs when the run is over

// A message that may be dropped is said so often, so far apart, before the process ends. Meanwhile
// the master can write down what the unit is charged with.
constexpr int kLastWords = 5;
constexpr std::chrono::milliseconds kLastWordsPause{200};

std::string in_seconds(const driver::UnitGuard& units) {
  return short_text(static_cast<double>(units.limit_us()) * 1e-6) + " s";
}

// How a worker of this job writes its shards, or null.
// `says`: warnings about the file system. Beside the master, on its thread, that has said them.
std::unique_ptr<driver::ThreadedShards> open_shards(const Job& job, Rank self, bool says) {
  if (!has_shards(job)) return nullptr;
  struct Both {  // whoever has the writer has its file system, too
    checkpoint::PosixFileSystem files;
    checkpoint::ShardWriter writer;
    Both(checkpoint::Sharing sharing, checkpoint::ShardOptions options)
        : files(sharing), writer(files, std::move(options)) {}
  };
  const auto make_writer = [&job, self, says](const ShardGrant& grant) {
    const auto warn = [self, says](const std::string& text) {
      if (!says) return;
      say("warning: worker " + std::to_string(self.value) + " on " + host_name() + ": " + text);
    };
    const auto both = std::make_shared<Both>(
        sharing_of(*job.options),
        checkpoint::ShardOptions{job.options->store, grant, job.result_fields, nullptr, warn});
    return std::shared_ptr<checkpoint::ShardWriter>(both, &both->writer);
  };
  return std::make_unique<driver::ThreadedShards>(make_writer,
                                                  core::WorkerOptions().shard_bytes_max);
}

core::WorkerOptions with_takeover(core::WorkerOptions options, bool takeover) {
  options.takeover = takeover;
  return options;
}

}  // namespace

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

core::WorkerOptions worker_options(const Job& job, bool concurrent) {
  const Options& options = *job.options;
  core::WorkerOptions w;
  w.host = host_name();
  const driver::ProcessName process = driver::own_process();
  w.pid = process.pid;
  w.machine = process.machine;
  w.started = process.started;
  w.build = build_of(options);
  w.concurrent = concurrent;
  w.heartbeat_us = to_us(options.heartbeat_s);
  // Without a heartbeat thread its silence says nothing about its life.
  const TimeUs patience = concurrent ? kMasterPatience : 60;
  w.master_timeout_us = patience * to_us(options.timeout_s);
  // A replacement is started by a master that is at work already.
  if (job.replacement) w.startup_timeout_us = kReplacementPatienceUs;
  w.startup_timeout_us = std::max(w.startup_timeout_us, w.master_timeout_us);
  w.shard_bytes_min = options.shard_bytes;
  w.hand_in_bytes_max = options.retain_bytes;
  return w;
}

void end_deaf_units(Rank name, const Job& job, driver::Heartbeat& heartbeat,
                    const std::shared_ptr<driver::UnitGuard>& units,
                    const std::function<void(ByteView)>& say_word) {
  const std::string limit = in_seconds(*units);
  const auto last_words = [=, id = job.id](const driver::UnitGuard::Running& unit) {
    say("worker " + std::to_string(name.value) + " on " + host_name() + " ends itself: unit " +
        to_string(unit.key) + " (attempt " + std::to_string(unit.attempt.value) +
        ") ran longer than the unit time limit of " + limit + " and did not end at a safe point");
    const Bytes word = wire::encode(id, {Session(0), wire::Overdue{unit.key, unit.attempt}});
    for (int i = 0; i < kLastWords; ++i) {
      say_word(word);
      std::this_thread::sleep_for(kLastWordsPause);
    }
  };
  heartbeat.end_deaf_units(units, last_words);
}

Outcome worker_outcome(Rank name, const core::Exit& exit) {
  Outcome outcome;
  outcome.exit_code = exit.exit_code;
  outcome.complete = exit.exit_code == 0 || exit.exit_code == 3;
  outcome.message = exit.reason;
  if (!exit.reason.empty()) {
    say("worker " + std::to_string(name.value) + " on " + host_name() +
        " ends itself: " + exit.reason);
  }
  return outcome;
}

WorkerSide::WorkerSide(const Job& job, transport::Transport& transport, bool concurrent,
                       bool with_shards, driver::Heartbeat* guard,
                       std::function<void()> at_save_point)
    : WorkerSide(job, transport, concurrent, with_shards, guard, std::move(at_save_point),
                 Shared{}) {}

WorkerSide::WorkerSide(const Job& job, transport::Transport& transport, bool concurrent,
                       bool with_shards, driver::Heartbeat* guard,
                       std::function<void()> at_save_point, Shared shared)
    : machine_(with_takeover(worker_options(job, concurrent), shared.takeover), clock_.now()),
      work_(job.work),
      executor_([this](UnitCall& call) { run_unit(call); }),
      shards_(with_shards ? open_shards(job, transport.self(), !at_save_point) : nullptr),
      driver_(machine_, transport, executor_, clock_, job.id, Rank(0), shards_.get()),
      guard_(guard),
      at_save_point_(std::move(at_save_point)),
      mutex_(shared.mutex) {
  if (job.options->unit_timeout_s > 0) {
    units_ = std::make_shared<driver::UnitGuard>(to_us(job.options->unit_timeout_s));
  }
  executor_.set_hooks(executor_hooks());
  driver_.set_process_hooks(process_hooks());
  if (shards_) {
    executor_.set_reduction(job.options->shard_bytes,
                            [&job](ByteView result) { return job.folds.reduce(result); });
  }
}

worker::FunctionExecutor::Hooks WorkerSide::executor_hooks() {
  worker::FunctionExecutor::Hooks hooks;
  hooks.safe_point = [this] {
    const auto held = hold();
    safe_point();
  };
  hooks.propose = [this](const SharedValue& better) {
    const auto held = hold();
    driver_.propose(better);
  };
  hooks.save_point = [this] {
    const auto held = hold();
    return save_point();
  };
  hooks.save = [this](std::uint64_t sequence, Bytes state) {
    const auto held = hold();
    driver_.save(sequence, std::move(state));
    if (at_save_point_) at_save_point_();
  };
  hooks.over_time = [this] { return over_time(); };
  hooks.stopping = [this] {
    const auto held = hold();
    return stopping();
  };
  hooks.stopping_beside = [this] { return stopping_beside(); };
  hooks.ends = [this] {
    if (!unit_ends_) {
      unit_ends_.emplace([this](const auto& failure) { cannot_end(failure); });
    }
  };
  hooks.saved_beside = [this](const UnitKey& unit) { warn_of_other_thread(unit); };
  return hooks;
}

driver::ProcessHooks WorkerSide::process_hooks() {
  driver::ProcessHooks hooks;
  hooks.watch = [this](const std::vector<wire::Process>& processes) {
    const std::string machine = driver::own_process().machine;
    neighbours_.emplace();
    for (const wire::Process& process : processes) {
      static_cast<void>(neighbours_->watch(process.rank, {machine, process.pid, process.started}));
    }
  };
  hooks.ended = [this] { return neighbours_ ? neighbours_->take_ended() : std::vector<Rank>(); };
  return hooks;
}

// Whoever runs the unit holds the mutex until here, and takes it again behind it.
void WorkerSide::run_unit(UnitCall& call) {
  struct Unit {
    explicit Unit(WorkerSide& side_in) : side(side_in) {
      if (side.mutex_ == nullptr) return;
      side.in_unit_ = true;
      side.mutex_->unlock();
    }
    ~Unit() {
      side.unit_ends_.reset();
      if (side.mutex_ == nullptr) return;
      side.mutex_->lock();
      side.in_unit_ = false;
    }
    Unit(const Unit&) = delete;
    Unit& operator=(const Unit&) = delete;
    WorkerSide& side;
  };
  running_ = call.key();
  const Unit unit(*this);
  run_limited(call);
}

// The work function, with the unit time limit around it if there is one.
void WorkerSide::run_limited(UnitCall& call) {
  if (!units_) {
    work_(call);
    return;
  }
  struct Execution {
    driver::UnitGuard& guard;
    ~Execution() { guard.end(); }
  };
  units_->begin(call.key(), machine_.running_attempt(), clock_.now());
  const Execution execution{*units_};
  work_(call);
}

std::optional<std::string> WorkerSide::over_time() {
  if (!units_ || !units_->at_safe_point(clock_.now())) return std::nullopt;
  return "ran longer than the unit time limit of " + in_seconds(*units_);
}

std::unique_lock<std::mutex> WorkerSide::hold() const {
  return mutex_ != nullptr ? std::unique_lock(*mutex_) : std::unique_lock<std::mutex>();
}

// Once the master has sent everybody home, nobody waits for what this unit would find.
void WorkerSide::guard_unit() {
  if (guard_ != nullptr && driver_.exit()) {
    guard_->end_process_after(kLeaveGraceUs, driver_.exit()->exit_code);
  }
}

std::size_t WorkerSide::look_from_beside() {
  const std::size_t count = driver_.background_turn();
  guard_unit();
  return count;
}

void WorkerSide::safe_point() {
  driver_.safe_point();
  guard_unit();
}

core::SafePoint WorkerSide::save_point() {
  if (at_save_point_) at_save_point_();
  safe_point();
  return driver_.save_point();
}

bool WorkerSide::stopping() {
  if (at_save_point_) at_save_point_();
  safe_point();
  return machine_.stopping();
}

// MPI and the driver belong to the unit's own thread.
bool WorkerSide::stopping_beside() {
  if (driver::stop_was_signalled()) return true;
  if (mutex_ == nullptr) return false;
  const auto held = hold();
  return machine_.stopping();
}

void WorkerSide::warn_of_other_thread(const UnitKey& unit) {
  if (warned_of_thread_.exchange(true)) return;
  say("warning: unit " + to_string(unit) +
      " calls save on another thread than the one that runs it: no state is taken there, and the "
      "unit cannot be ended there. Call save on the unit's own thread; on others try_save says "
      "when the unit is to end");
}

// On the unit's thread, which can go on to nowhere from here. What it was told is done all the
// same: a stop costs the unit nothing, and the time limit is charged to it, as it is to a deaf one.
void WorkerSide::cannot_end(const std::optional<std::string>& failure) {
  const std::string text =
      "unit " + to_string(running_) + " was asked to end at a safe point, because " +
      (failure ? "it has failed (" + *failure + ")" : "the run is being stopped") +
      ", but the exception that ends it met a function that it cannot pass: a noexcept function, "
      "or "
      "an OpenMP region. Call context.try_save there, which returns false then; see "
      "Context::save. ";
  // Alone on its rank the master has no other thread to go on with.
  if (at_save_point_ || (failure && (!units_ || !units_->watched()))) {
    say(text + "This process cannot go on; run the same command again to resume");
    return;
  }
  say(text + (failure ? "This process ends, which counts against the unit"
                      : "Its state was taken; this process ends with the run"));
  if (failure) units_->cannot_end();
  serve_without_unit();
}

// What is on its way gets out, and the master is heard.
void WorkerSide::serve_without_unit() {
  const TimeUs end_at = clock_.now() + driver::kStopGraceUs;
  const auto exit_code = [this]() -> std::optional<int> {
    const auto held = hold();
    if (!driver_.exit()) driver_.safe_point();
    return driver_.exit() ? std::optional(driver_.exit()->exit_code) : std::nullopt;
  };
  while (!exit_code() && clock_.now() < end_at) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  // Some launchers end all with the first rank that ends by itself: the master has the answer.
  std::this_thread::sleep_for(std::chrono::microseconds(kLeaveGraceUs));
  std::_Exit(exit_code().value_or(kExitStopped));
}

}  // namespace steadfarm::api
