#include "api/worker_side.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <thread>
#include <utility>

#include "checkpoint/posix_file_system.hpp"
#include "checkpoint/shard_writer.hpp"

namespace steadfarm::api {
namespace {

constexpr TimeUs kReplacementPatienceUs = 60'000'000;  // with a first word
constexpr TimeUs kLeaveGraceUs = 5'000'000;  // for a unit that still runs when the run is over

// A message that may be dropped is said so often, so far apart, before the process ends. Meanwhile
// the master can write down what the unit is charged with.
constexpr int kLastWords = 5;
constexpr std::chrono::milliseconds kLastWordsPause{200};

std::string in_seconds(const driver::UnitGuard& units) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", static_cast<double>(units.limit_us()) * 1e-6);
  return text;
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
        ") ran longer than the unit time limit of " + limit + " and came by no safe point");
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
      shards_(with_shards ? open_shards(job) : nullptr),
      driver_(machine_, transport, executor_, clock_, job.id, Rank(0), shards_.get()),
      guard_(guard),
      at_save_point_(std::move(at_save_point)),
      mutex_(shared.mutex) {
  if (job.options->unit_timeout_s > 0) {
    units_ = std::make_shared<driver::UnitGuard>(to_us(job.options->unit_timeout_s));
  }
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
  executor_.set_hooks(std::move(hooks));
  driver_.set_process_hooks(process_hooks());
  if (shards_) {
    executor_.set_reduction(job.options->shard_bytes,
                            [&job](ByteView result) { return job.folds.reduce(result); });
  }
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
  if (mutex_ == nullptr) {
    run_limited(call);
    return;
  }
  struct LetGo {
    explicit LetGo(WorkerSide& side_in) : side(side_in) {
      side.in_unit_ = true;
      side.mutex_->unlock();
    }
    ~LetGo() {
      side.mutex_->lock();
      side.in_unit_ = false;
    }
    LetGo(const LetGo&) = delete;
    LetGo& operator=(const LetGo&) = delete;
    WorkerSide& side;
  };
  const LetGo let_go(*this);
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

void WorkerSide::fail_if_overdue() {
  if (!units_ || !units_->at_safe_point(clock_.now())) return;
  throw std::runtime_error("ran longer than the unit time limit of " + in_seconds(*units_));
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
  fail_if_overdue();
  driver_.safe_point();
  guard_unit();
}

core::SafePoint WorkerSide::save_point() {
  if (at_save_point_) at_save_point_();
  safe_point();
  return driver_.save_point();
}

}  // namespace steadfarm::api
