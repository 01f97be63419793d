#include "sim/simulation.hpp"

#include <algorithm>

#include "sim/file_patience.hpp"

namespace steadfarm::sim {
namespace {

// Events without a unit more done: where simulated time stands still, no deadline ends the run.
constexpr std::uint64_t kStepsMax = 20'000'000;
// Turns, heartbeats and reports of an idle process in one time-out. A thousand of them make more
// than a long unit makes, so the limit grows with them and with the longest wait that is allowed.
constexpr std::uint64_t kIdleStepsPerTimeout = 200;

}  // namespace

Simulation::Simulation(const SimOptions& options, std::ostream* trace)
    : world_(options, trace), record_(world_), tap_(world_) {
  for (const Workload::Entry& entry : world_.workload.entries()) {
    const TimeUs us = world_.workload.duration_us(entry.node);
    total_work_us_ += us;
    longest_unit_us_ = std::max(longest_unit_us_, us);
    if (entry.kind == UnitKind::poison) ++poison_units_;
  }
}

SimResult Simulation::run() {
  start_job();
  plan_strikes();
  world_.queue.call(world_.options.safety_us, [this] { begin_calm(); });
  while (!world_.verdict.failed() && !over()) {
    STEADFARM_ASSERT(!world_.queue.empty());
    const Event event = world_.queue.pop();
    world_.now = event.time;
    world_.files.unreadable().set_now_ms(world_.now / 1000);
    ++steps_;
    handle(event);
    check_time();
  }
  if (!world_.verdict.failed() && !abandoned_) finish(*last_master_);
  SimResult result;
  result.exit_code = world_.verdict.exit_code;
  result.message = world_.verdict.message;
  result.tally = world_.tally;
  result.recovered = !world_.verdict.failed() && !abandoned_ && world_.recovery.any();
  result.hash = world_.trace.hash();
  result.steps = steps_;
  result.executions = world_.executions;
  result.unit_steps = world_.steps;
  result.units_to_replacements = world_.recovery.units_to_replacements;
  result.losses_by_neighbours = world_.recovery.losses_by_neighbours;
  result.take_overs = world_.recovery.take_overs;
  result.units_handed_in = world_.recovery.units_handed_in;
  result.steps_skipped = world_.recovery.steps_skipped;
  result.results_in_shards = world_.recovery.results_in_shards;
  result.results_in_older_shards = world_.recovery.results_in_older_shards;
  result.shards_unheard = world_.recovery.shards_unheard;
  if (!jobs_.empty()) result.accepted = current().master().lineage().accepted;
  result.starts = static_cast<std::uint32_t>(jobs_.size());
  result.simulated_us = world_.now;
  return result;
}

void Simulation::handle(const Event& event) {
  switch (event.kind) {
    case EventKind::turn: {
      Job& at = job(event.job);
      MasterProcess* ended = at.on_turn(Rank(static_cast<std::int32_t>(event.a)));
      if (ended != nullptr) on_master_ended(at, *ended);
      break;
    }
    case EventKind::deliver:
      job(event.job).on_deliver(event.a);
      break;
    case EventKind::heartbeat:
      job(event.job).on_heartbeat(Rank(static_cast<std::int32_t>(event.a)));
      break;
    case EventKind::call:
      world_.queue.take_call(event.a)();
      break;
  }
}

std::unique_ptr<checkpoint::Store> Simulation::open_store(checkpoint::OpenReport& report,
                                                          OwnerEpoch shards_from) {
  checkpoint::StoreOptions options;
  options.path = kStorePath;
  options.job = simulated_job();
  options.shards_from = shards_from;
  options.keep = 2 + static_cast<std::uint32_t>(mix(world_.options.seed, 11) % 2);
  options.compact_every = 2 + static_cast<std::uint32_t>(mix(world_.options.seed, 12) % 40);
  if (mix(world_.options.seed, 13) % 4 == 0) options.segment_bytes_max = 2000;
  if (mix(world_.options.seed, 14) % 4 == 0) options.inline_results_bytes_max = 500;
  // A fault during the recovery from another.
  const bool power_goes =
      world_.strikes(FaultClass::torn_write) && !others_run() && world_.fault_prng.chance(0.2);
  if (power_goes) {
    checkpoint::MemoryFaults& faults = world_.files.faults();
    faults.power_off_after(faults.operations() + 1 + world_.fault_prng.below(25));
  }
  FilePatience patience(world_);
  options.patience = patience.get();
  const std::uint64_t hits_before = world_.files.unreadable().hits();
  FaultWatch watch(world_);
  auto opened = checkpoint::Store::open(world_.files, options, report);
  watch.finish(opened ? nullptr : &opened.error());
  tap_.check();
  const bool met_unreadable = world_.files.unreadable().hits() > hits_before;
  if (met_unreadable && (!opened || patience.waited())) {
    world_.tally.took_effect(FaultClass::unreadable_file);
  }
  world_.trace.event(world_.now, static_cast<std::uint32_t>(jobs_.size() + 1), kNobody, "opens",
                     opened ? report.generation.value : 0, [&] {
                       if (!opened) return "failed: " + opened.error().message;
                       std::string text = "generation " + std::to_string(report.generation.value);
                       for (const std::string& warning : report.warnings) text += "; " + warning;
                       return text;
                     });
  if (power_goes) {
    lose_power(FaultClass::torn_write);
    return nullptr;
  }
  if (opened) return std::move(opened).value();
  const ErrorCode code = opened.error().code;
  const bool may_fail =
      !world_.calm && (code == ErrorCode::io || code == ErrorCode::no_space ||
                       code == ErrorCode::fenced || code == ErrorCode::unreadable);
  if (!may_fail) {
    world_.verdict.fail(kExitWrong, "the store cannot be opened: " + opened.error().message);
  }
  return nullptr;
}

bool Simulation::others_run() const {
  return std::any_of(jobs_.begin(), jobs_.end(),
                     [](const std::unique_ptr<Job>& each) { return !each->over(); });
}

void Simulation::start_job() {
  restart_planned_ = false;
  Lineage lineage = record_.fresh_lineage();
  std::optional<core::RecoveredState> recovered;
  std::unique_ptr<WatchedStore> store;
  OwnerEpoch owner_epoch;
  const std::uint32_t number = static_cast<std::uint32_t>(jobs_.size() + 1);
  if (world_.options.store != 0) {
    checkpoint::OpenReport report;
    std::unique_ptr<checkpoint::Store> opened = open_store(report);
    if (!opened) {
      opening_failed_ = true;
      if (!world_.verdict.failed()) restart_later();
      return;
    }
    lineage = record_.opened(number, report);
    if (world_.verdict.failed()) return;
    recovered = std::move(report.recovered);
    owner_epoch = report.owner_epoch;
    store = std::make_unique<WatchedStore>(world_, record_, tap_, number, std::move(opened));
    if (lineage.accepted > 0) {
      ++world_.recovery.restores;
      if (killed_by_strike_) world_.tally.took_effect(FaultClass::job_kill);
    }
  }
  killed_by_strike_ = false;
  opening_failed_ = false;
  base_done_ = lineage.accepted + lineage.given_up;
  std::uint32_t workers = world_.options.workers;
  if (number > 1) {
    const std::int64_t most =
        workers > 64 ? workers : std::min<std::int64_t>(64, std::int64_t{2} * workers);
    workers = static_cast<std::uint32_t>(world_.fault_prng.between(1, most));
  }
  world_.trace.event(world_.now, number, kNobody, "STARTS", workers,
                     [&] { return "with " + std::to_string(workers) + " workers"; });
  Job::Start start{
      number,
      workers,
      owner_epoch,
      std::move(store),
      std::move(recovered),
      std::move(lineage),
      [this](Job& job, OwnerEpoch shards_from) { return take_over_store(job, shards_from); }};
  jobs_.push_back(std::make_unique<Job>(world_, record_, std::move(start)));
  current_ = jobs_.size() - 1;
  if (world_.verdict.failed()) return;
  jobs_.back()->begin();
  if (world_.options.takeover != 0) watch_for_nobody(*jobs_.back());
  world_.progress_at = world_.now;
}

// A worker of this job has found its master dead or silent. Whoever opens the store has it.
std::optional<TakenStore> Simulation::take_over_store(Job& job, OwnerEpoch shards_from) {
  checkpoint::OpenReport report;
  std::unique_ptr<checkpoint::Store> opened = open_store(report, shards_from);
  if (!opened) {
    opening_failed_ = true;
    return std::nullopt;
  }
  TakenStore taken;
  taken.owner = 1000 + ++successors_;
  taken.owner_epoch = report.owner_epoch;
  taken.previous_owner = report.previous_owner;
  taken.lineage = record_.opened(taken.owner, report);
  taken.recovered = std::move(report.recovered);
  taken.store =
      std::make_unique<WatchedStore>(world_, record_, tap_, taken.owner, std::move(opened));
  opening_failed_ = false;
  base_done_ = taken.lineage.accepted + taken.lineage.given_up;
  if (taken.lineage.accepted > 0) ++world_.recovery.restores;
  for (std::size_t at = 0; at < jobs_.size(); ++at) {
    if (jobs_[at].get() == &job) current_ = at;
  }
  return taken;
}

// Its master is dead and nobody took over: what `steadfarm run` is for.
void Simulation::watch_for_nobody(Job& job) {
  world_.queue.call(world_.now + world_.options.timeout_us, [this, &job] {
    if (done_) return;
    if (!job.over()) {
      watch_for_nobody(job);
    } else if (&job == &current()) {
      restart_later();
    }
  });
}

void Simulation::restart_later() {
  if (restart_planned_ || done_) return;
  restart_planned_ = true;
  world_.queue.call(world_.now + some_time(1000, world_.options.timeout_us),
                    [this] { start_job(); });
}

void Simulation::on_master_ended(Job& ended, MasterProcess& master) {
  const core::Finish& finish = *master.finish();
  if (&ended != &current() || &master != &ended.master()) {
    on_superseded_ended(ended, master);
    return;
  }
  switch (finish.outcome) {
    case core::Outcome::complete:
    case core::Outcome::complete_failed:
      done_ = true;
      last_master_ = &master;
      if (!world_.calm) begin_calm();
      break;
    case core::Outcome::fenced:
      if (opening_failed_) {  // and left a manifest that says whose the store is
        restart_later();
        break;
      }
      world_.verdict.fail(kExitWrong, "the owner of the store found itself fenced");
      break;
    case core::Outcome::not_durable:
      if (world_.calm && world_.now > calm_at_ + 10 * world_.options.timeout_us) {
        world_.verdict.fail(kExitWrong, "the end was called not durable on a good disk");
      }
      [[fallthrough]];
    case core::Outcome::stopped:
      check_nobody_waits(ended);
      restart_later();
      break;
    case core::Outcome::no_workers:
      on_nobody_left(ended);
      break;
    case core::Outcome::refused:
      world_.verdict.fail(kExitWrong, "a rank of the same build was refused");
      break;
  }
}

// Long after the last fault, only the death of all workers may end a job early.
void Simulation::check_nobody_waits(Job& ended) {
  if (!world_.calm || world_.now < calm_at_ + 8 * world_.options.timeout_us) return;
  if (!ended.has_workers()) return;
  world_.verdict.fail(kExitWrong, "the master gave up, but there are workers: " + ended.text());
}

// Without a store there is nothing to resume from, so this is an honest end.
void Simulation::on_nobody_left(Job& ended) {
  if (world_.options.store != 0) {
    world_.verdict.fail(kExitWrong, "a job with a store ended with nothing to resume from");
  }
  check_nobody_waits(ended);
  done_ = true;
  abandoned_ = true;
  if (!world_.calm) begin_calm();
}

void Simulation::on_superseded_ended(Job& ended, MasterProcess& master) {
  const core::Outcome outcome = master.finish()->outcome;
  if (outcome == core::Outcome::fenced) {
    if (&ended != &current()) world_.tally.took_effect(FaultClass::second_master);
    ++world_.recovery.owners_fenced;
    return;
  }
  if (master.told_fenced()) {
    world_.verdict.fail(kExitWrong, "a job was told that it is fenced and ended as " +
                                        std::string(core::to_string(outcome)));
  }
  const bool complete =
      outcome == core::Outcome::complete || outcome == core::Outcome::complete_failed;
  const Lineage& lineage = master.lineage();
  if (complete && lineage.accepted + lineage.given_up != base_done_) {
    world_.verdict.fail(kExitWrong,
                        "job " + std::to_string(ended.number()) +
                            " ended as complete after another had taken its store over");
  }
}

void Simulation::begin_calm() {
  if (world_.calm) return;
  world_.trace.event(world_.now, 0, kNobody, "CALM");
  world_.calm = true;
  calm_at_ = world_.now;
  world_.progress_at = world_.now;
  world_.files.faults().clear();
  world_.files.unreadable().clear();
  world_.files.set_capacity_bytes(UINT64_MAX);
  for (const auto& heal : std::exchange(heals_, {})) heal();
  for (const auto& each : jobs_) each->wake_all();
}

bool Simulation::over() const {
  return done_ && std::all_of(jobs_.begin(), jobs_.end(),
                              [](const std::unique_ptr<Job>& each) { return each->over(); });
}

// What is lost with a job and done again by the next is no progress.
void Simulation::check_steps(TimeUs patience_us) {
  if (steps_ > world_.options.events_max) {
    world_.verdict.fail(kExitNoProgress, "more than " + std::to_string(world_.options.events_max) +
                                             " events: " + everybody());
    return;
  }
  const Lineage& lineage = current().master().lineage();
  const std::uint64_t units_done = lineage.accepted + lineage.given_up;
  if (units_done > most_done_) {
    most_done_ = units_done;
    steps_at_most_done_ = steps_;
  }
  const auto timeouts = static_cast<std::uint64_t>(patience_us / world_.options.timeout_us + 1);
  const std::uint64_t processes = world_.options.workers + 1;
  const std::uint64_t most = kStepsMax + processes * timeouts * kIdleStepsPerTimeout;
  if (steps_ - steps_at_most_done_ <= most) return;
  world_.verdict.fail(kExitNoProgress, std::to_string(most) + " events after unit " +
                                           std::to_string(most_done_) +
                                           " was done, none more is: " + everybody());
}

// A job that may keep little in memory goes on by a few units a generation.
std::int64_t Simulation::throttled_generations() const {
  const SimOptions& o = world_.options;
  constexpr std::int64_t kAnswerBytes = 64;
  const std::int64_t unit_bytes = std::int64_t{o.result_bytes} + o.payload_bytes + kAnswerBytes;
  const auto room = static_cast<std::int64_t>(std::max<std::uint64_t>(o.undurable_bytes_max, 1));
  return std::int64_t{o.units} * unit_bytes / room;
}

void Simulation::check_time() {
  const TimeUs timeout_us = world_.options.timeout_us;
  // The last unit may be the longest one, and fail at the end of each try but its last.
  const TimeUs runs = std::max<TimeUs>(3, TimeUs{world_.options.tries_max} + 1);
  const TimeUs patience_us = 15 * timeout_us + runs * longest_unit_us_;
  if (!jobs_.empty()) check_steps(patience_us);
  if (!world_.calm) return;
  const auto deaths = static_cast<TimeUs>(poison_units_ * world_.options.deaths_max);
  const TimeUs bound_us = 100 * timeout_us + 8 * total_work_us_ + 10 * deaths * timeout_us +
                          throttled_generations() * timeout_us;
  const bool stuck = world_.now - world_.progress_at > patience_us;
  if (!stuck && world_.now - calm_at_ <= bound_us) return;
  world_.verdict.fail(kExitNoProgress,
                      (stuck ? "nothing moves any more: " : "no end in sight: ") + everybody());
}

std::string Simulation::everybody() const {
  std::string out = done_ ? "the job is done, but processes are left" : "the job is not done";
  for (const auto& each : jobs_) {
    if (!each->over()) out += "; " + each->text();
  }
  return out;
}

void Simulation::finish(const MasterProcess& last) {
  check_outcome(last);
  if (world_.options.store != 0 && !world_.verdict.failed()) check_store(last);
}

}  // namespace steadfarm::sim
