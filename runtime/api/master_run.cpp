#include "api/master_run.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>
#include <utility>

#include "api/deadline.hpp"
#include "api/store_opening.hpp"
#include "api/take_over.hpp"
#include "checkpoint/manifest.hpp"
#include "checkpoint/posix_file_system.hpp"
#include "checkpoint/result_fields.hpp"
#include "core/policy/names.hpp"
#include "driver/signals.hpp"

namespace steadfarm::api {
namespace {

constexpr TimeUs kLogProgressUs = 100'000;
constexpr TimeUs kGivenUpUs = 1'000'000;     // for a store that was waited for already
constexpr TimeUs kSpawnEndUs = 3'000'000;    // for a replacement that is being started
constexpr TimeUs kStoppedEndUs = 3'000'000;  // for what the store can leave undone, after a stop
constexpr std::size_t kFailuresKept = 1000;  // with their messages, in memory and in the report

// Some may die early or not come at all; who dies again and again is not to be started for ever.
std::uint32_t replacements_max(std::size_t workers) {
  return std::max<std::uint32_t>(8, 2 * static_cast<std::uint32_t>(workers));
}

driver::ProgressMode progress_mode(const std::string& name) {
  if (name == "auto") return driver::ProgressMode::automatic;
  if (name == "bar") return driver::ProgressMode::bar;
  if (name == "line") return driver::ProgressMode::line;
  return driver::ProgressMode::off;
}

// A quarantined unit's text says how many workers have died.
std::string given_up_text(const core::Note& note) {
  if (note.kind != core::NoteKind::unit_failed || note.count == 0) return " is given up";
  return " is given up after " + std::to_string(note.count) +
         (note.count == 1 ? " failed execution" : " failed executions");
}

}  // namespace

MasterRun::MasterRun(const Job& job, transport::Transport& transport, std::int32_t rank_count,
                     std::optional<driver::Inheritance> inherited)
    : job_(job),
      options_(*job.options),
      transport_(transport),
      rank_count_(rank_count),
      inherited_(std::move(inherited)),
      takeover_(rank_count > 1 && can_take_over(job, transport)),
      started_at_(clock_.now()),
      hints_(job.range_count == 0 ? job.submitted : nullptr, job.hints),
      progress_(progress_mode(job.options->progress), clock_) {
  // With --master-works a worker on this very rank is reached by the same transport.
  const bool works = is_inherited() || (options_.master_works && rank_count_ > 1);
  for (std::int32_t i = 0; i < transport_.rank_count(); ++i) {
    const Rank rank(i);
    if (rank == transport_.self() ? works : !was_master(rank)) workers_.push_back(rank);
  }
}

MasterRun::~MasterRun() = default;

bool MasterRun::start() {
  try {
    return start_all();
  } catch (const std::bad_alloc&) {
    out_of_memory();
    return false;
  }
}

bool MasterRun::start_all() {
  if (!job_.paths) {
    refuse(64, job_.paths.error().message);
    return false;
  }
  if (const Status status = check_options(options_); !status) {
    refuse(64, status.error().message);
    return false;
  }
  if (options_.takeover == "on" && !takeover_) {
    refuse(64, "--takeover is on, but no worker could take over: " +
                   no_take_over_reason(options_, transport_.concurrent(), rank_count_));
    return false;
  }
  if (!options_.store.empty() && !job_.folds.can_be_saved()) {
    refuse(64, "the fold cannot be saved, so a run with a store could not be resumed");
    return false;
  }
  if (const auto fields = checkpoint::parse_result_fields(job_.result_fields); !fields) {
    refuse(64, fields.error().message);
    return false;
  }
  auto log = driver::EventLog::open(options_.log, clock_);
  if (!log) {
    refuse(64, log.error().message);
    return false;
  }
  log_ = std::move(log).value();
  if (const Status status = open_spawner(); !status) {
    refuse(64, status.error().message);
    return false;
  }
  // Before the store is read, which may take long: the workers wait for us, and a stop must not.
  start_heartbeat();
  if (const Status status = open_store(); !status) {
    cannot_open(status.error());
    return false;
  }
  if (const Status status = set_term(); !status) {
    refuse(status.error().code == ErrorCode::foreign ? 65 : 70, status.error().message);
    return false;
  }
  if (is_inherited()) {
    say_taken_over();
  } else {
    say_start();
  }
  make_driver();
  driver_->start();
  return true;
}

void MasterRun::cannot_open(const Error& error) {
  if (is_inherited()) {
    cannot_take_over(error);
  } else if (driver::stop_was_signalled() && error.code == ErrorCode::unreadable) {
    refuse(75, "stopped by signal " + std::to_string(driver::stop_signal()) +
                   " while the store was read: " + error.message);
  } else {
    refuse(opening_exit_code(error), error.message);
  }
}

Status MasterRun::open_spawner() {
  if (!options_.respawn || rank_count_ == 1) return {};
  auto spawner = job_.open_spawner();
  if (!spawner) return spawner.error();
  spawner_ = std::move(spawner).value();
  return {};
}

Status MasterRun::open_store() {
  if (options_.store.empty()) return {};
  checkpoint::StoreOptions store_options;
  store_options.path = options_.store;
  store_options.job = claim_of(job_);
  store_options.keep = options_.keep;
  store_options.fresh = options_.fresh && !is_inherited();
  if (inherited_) store_options.shards_from = inherited_->shards_from;
  if (inherited_) store_options.known = Generation(lost_epoch().value);
  store_options.read_threads = checkpoint::reading_threads();
  checkpoint::Patience patience(std::llround(options_.read_patience_s * 1e3), patience_hooks());
  store_options.patience = &patience;
  store_options.result_fields = job_.result_fields;
  auto files = std::make_shared<checkpoint::PosixFileSystem>(sharing_of(options_));
  auto store = checkpoint::Store::open(*files, store_options, opened_);
  for (const std::string& warning : opened_.warnings) warn_of_store(warning);
  if (!store) return store.error();
  // Whoever has the store has its file system, too.
  struct Both {
    std::shared_ptr<checkpoint::PosixFileSystem> files;
    std::unique_ptr<checkpoint::Store> store;
  };
  const auto both = std::make_shared<Both>(Both{std::move(files), std::move(store).value()});
  store_ = std::shared_ptr<checkpoint::Store>(both, both->store.get());
  auto shown = driver::show_life(options_.store, to_us(options_.heartbeat_s));
  if (!shown) warn_of_store(shown.error().message);
  if (shown) life_sign_ = std::move(shown).value();
  if (!opened_.recovered) return {};
  units_restored_ = opened_.recovered->counters.accepted;
  return load_fold(*opened_.recovered);
}

Status MasterRun::load_fold(const core::RecoveredState& recovered) {
  if (Status status = core::Master::validate(recovered, job_.unit_count()); !status) {
    return Error{status.error().code, "store '" + options_.store + "': " + status.error().message};
  }
  // A store that was opened but never got a generation has no fold yet.
  if (job_.folds.empty() || (recovered.fold_state.empty() && recovered.counters.accepted == 0)) {
    return {};
  }
  in_fold_ = true;
  const bool loaded = job_.folds.load(recovered.fold_state);
  in_fold_ = false;
  if (loaded) return {};
  return Error{
      ErrorCode::foreign,
      "store '" + options_.store +
          "': the state of a fold does not fit this program, though its layout does: the type's "
          "own load or serialize function refuses it; start the build that wrote it, or "
          "give another --store"};
}

core::MasterOptions MasterRun::machine_options() {
  core::MasterOptions m;
  m.job_seed = options_.seed;
  m.machine = driver::own_process().machine;
  m.build = build_of(options_);
  m.policy.kind = core::policy_from_name(options_.policy).value_or(core::PolicyKind::dynamic);
  m.policy.chunk = options_.chunk;
  m.policy.speeds = options_.speeds;
  m.policy.prefetch_max = options_.prefetch;
  m.tail.second_executions = options_.stragglers == "twice";
  if (spawner_) m.respawn.tries_max = replacements_max(workers_.size());
  m.tries_max = options_.executions;
  m.keep_results = options_.keep_results;
  m.has_store = store_ != nullptr;
  if (store_ != nullptr && has_shards(job_)) {
    m.shards = {opened_.owner_epoch, opened_.fingerprint};
    m.shards_from = shards_from();
  }
  m.ordered = job_.folds.any(true);
  m.hold_units_max = options_.hold_units;
  m.hold_bytes_max = options_.hold_bytes;
  if (takeover_) {
    m.takeover = true;
    m.term = term_;
    m.owner_epoch = opened_.owner_epoch;
    m.job_digest = job_digest(job_);
  }
  if (is_inherited()) m.awaited = awaited();
  m.heartbeat_us = to_us(options_.heartbeat_s);
  m.timeout_us = to_us(options_.timeout_s);
  m.startup_timeout_us = std::max(m.startup_timeout_us, m.timeout_us);
  if (options_.unit_timeout_s > 0) m.unit_timeout_us = to_us(options_.unit_timeout_s);
  // Automatic: the first checkpoint comes soon, so that its cost is known.
  const bool automatic = options_.interval_s == 0;
  m.interval_us = automatic ? core::kSecondUs : to_us(options_.interval_s);
  m.mtbf_us = automatic ? to_us(options_.mtbf_s) : 0;
  m.undurable_bytes_max = options_.buffer_bytes;
  const std::chrono::duration<double> today = std::chrono::system_clock::now().time_since_epoch();
  const TimeUs now = clock_.now();
  const double elapsed_s = static_cast<double>(now - started_at_) * 1e-6;
  const char* slurm_end_time = std::getenv("SLURM_JOB_END_TIME");
  const auto left = time_left_us(options_, elapsed_s, slurm_end_time, today.count());
  if (left) m.deadline_us = now + *left;
  return m;
}

void MasterRun::make_driver() {
  core::IndexUnits units;
  units.count = job_.unit_count();
  if (job_.range_count == 0) {
    units.priorities = job_.submitted->priorities();
    units.payloads = job_.submitted;
  }
  if (hints_.any()) units.hints = &hints_;
  std::optional<core::RecoveredState> recovered = std::exchange(opened_.recovered, std::nullopt);
  if (recovered) {
    for (core::FailedUnit& failed : recovered->failed) {
      if (failures_.size() == kFailuresKept) break;
      failures_.push_back({failed.key, std::move(failed.message)});
    }
    recovered->failed = {};
    recovered->fold_state = {};  // the folds have taken it
  }
  machine_ = std::make_unique<core::Master>(machine_options(), std::move(units), workers_,
                                            clock_.now(), std::move(recovered));
  if (store_) writer_ = std::make_unique<driver::ThreadedWriter>(store_);
  driver_ = std::make_unique<driver::MasterDriver>(*machine_, transport_, writer_.get(), clock_,
                                                   job_.id, hooks());
  if (spawner_) driver_->use_spawner(*spawner_);
}

// A worker on this very rank and thread needs no heartbeats, and could not take them in.
void MasterRun::start_heartbeat() {
  const bool beats = transport_.concurrent() && rank_count_ > 1;
  if (!beats && !options_.handle_signals) return;
  heartbeat_ = std::make_unique<driver::Heartbeat>(
      transport_, job_.id, wire::Beat{}, driver::HeartbeatTimes{to_us(options_.heartbeat_s)},
      beats ? (is_inherited() ? awaited() : workers_) : std::vector<Rank>());
}

driver::MasterHooks MasterRun::hooks() {
  driver::MasterHooks hooks;
  if (job_.folds.any(false)) {
    hooks.fold = [this](const UnitKey& key, ByteView result) {
      in_fold_ = true;
      job_.folds.apply(false, key, result);
      in_fold_ = false;
    };
  }
  if (job_.folds.any(false) && has_shards(job_)) {
    hooks.fold_reduced = [this](const UnitKey& key, ByteView reduced, const ShardPlace&) {
      in_fold_ = true;
      if (!job_.folds.apply_reduced(key, reduced)) {
        throw std::runtime_error("what a worker made of a result is malformed");
      }
      in_fold_ = false;
    };
  }
  if (job_.folds.any(true)) {
    hooks.fold_in_order = [this](const UnitKey& key, ByteView result) {
      in_fold_ = true;
      job_.folds.apply(true, key, result);
      in_fold_ = false;
    };
  }
  if (!job_.folds.empty() && job_.folds.can_be_saved()) {
    hooks.save_fold = [this] {
      in_fold_ = true;
      Bytes state = job_.folds.save();
      in_fold_ = false;
      return state;
    };
  }
  hooks.note = [this](const core::Note& note) { on_note(note); };
  hooks.hello = [this](Rank rank, const wire::Hello& hello) { on_hello(rank, hello); };
  hooks.ended_processes = [this] { return processes_.take_ended(); };
  hooks.peer_changed = [this](Rank rank, bool welcome) {
    if (heartbeat_ && transport_.concurrent() && rank_count_ > 1) {
      heartbeat_->set_peer(rank, welcome);
    }
  };
  return hooks;
}

void MasterRun::on_hello(Rank rank, const wire::Hello& hello) {
  const bool watched = processes_.watch(rank, {hello.machine, hello.pid, hello.started});
  losses_.hello(rank, hello);
  log_->write("worker_hello", {{"rank", rank.value},
                               {"host", hello.host},
                               {"pid", hello.pid},
                               {"build", hello.build},
                               {"process_watched", watched}});
}

void MasterRun::on_note(const core::Note& note) {
  using core::NoteKind;
  log_->note(note);
  losses_.note(note, clock_.now() - started_at_);
  if (note.kind == NoteKind::unit_failed || note.kind == NoteKind::unit_quarantined) {
    if (failures_.size() < kFailuresKept) failures_.push_back({note.unit, note.text});
  }
  if (note.kind == NoteKind::worker_lost || note.kind == NoteKind::replacement_started) {
    log_->progress(machine_->progress(), {});
  }
  if (note.kind == NoteKind::settled) say_work_goes_on(note);
  if (note.kind == NoteKind::generation_failed) {
    progress_.end();
    say("warning: a checkpoint failed, the last good generation stays: " + note.text);
  }
  if (note.kind == NoteKind::generation_failed || note.kind == NoteKind::generation_durable) {
    for (const std::string& warning : store_->take_warnings()) warn_of_store(warning);
  }
  if (note.kind == NoteKind::shard_trouble) {
    progress_.end();
    say("warning: worker " + losses_.name(note.rank) +
        " cannot write its large results: " + note.text);
  }
  if (note.kind == NoteKind::worker_refused && note.count == 0) {
    progress_.end();
    say("warning: " + note.text + "; it gets no units");
  }
  if (note.kind == NoteKind::partial_refused) {
    progress_.end();
    say("warning: the saved states of running units have reached their limit of " +
        std::to_string(core::MasterOptions().partial_bytes_max >> 20U) +
        " MiB; older ones stay, save smaller states");
  }
  if (note.kind == NoteKind::replacement_started) workers_.push_back(note.rank);
  if (note.kind == NoteKind::replacement_failed) {
    progress_.end();
    say("warning: a lost worker could not be replaced: " + note.text);
  }
  if (options_.announce) announce(note);
}

void MasterRun::announce(const core::Note& note) {
  using core::NoteKind;
  if (note.kind == NoteKind::replacement_started) {
    progress_.end();
    say("worker " + std::to_string(note.rank.value) + " was started in place of a lost one");
  } else if (note.kind == NoteKind::worker_lost) {
    progress_.end();
    say("worker " + losses_.name(note.rank) + " is lost (" + note.text + "); its " +
        std::to_string(note.count) + " units go to the others");
  } else if (note.kind == NoteKind::worker_returned) {
    progress_.end();
    say("worker " + losses_.name(note.rank) + " is back");
  } else if (note.kind == NoteKind::unit_overdue) {
    progress_.end();
    say("unit " + to_string(note.unit) + " on worker " + losses_.name(note.rank) + " runs for " +
        std::to_string(note.count / 1'000'000) + " s, " + note.text);
  } else if (note.kind == NoteKind::unit_failed || note.kind == NoteKind::unit_quarantined) {
    progress_.end();
    say("unit " + to_string(note.unit) + given_up_text(note) + ": " + note.text);
  }
}

void MasterRun::warn_of_store(const std::string& warning) {
  progress_.end();
  say("warning: " + warning);
  log_->write("store_warning", {{"text", warning}});
}

std::size_t MasterRun::turn() {
  const std::size_t done = driver_->turn();
  if (driver::take_checkpoint_signal()) driver_->request_checkpoint();
  if (!stop_forwarded_ && driver::stop_was_signalled()) {
    stop_forwarded_ = true;
    driver_->request_stop("stopped by signal " + std::to_string(driver::stop_signal()));
  }
  const TimeUs now = clock_.now();
  if (!ended_at_ && driver_->finish()) ended_at_ = now;
  if (progress_.due(now)) progress_.show(now, machine_->progress());
  if (!options_.log.empty() && now >= next_log_progress_) {
    next_log_progress_ = now + kLogProgressUs;
    log_->progress(machine_->progress(), machine_->worker_progress());
    warn_of_log();
  }
  return done;
}

bool MasterRun::finished() const {
  return refused_.has_value() || (driver_ && driver_->finish().has_value());
}

void MasterRun::refuse(int exit_code, const std::string& message) {
  progress_.end();
  say("error: " + message);
  if (log_) log_->write("refused", {{"exit_code", exit_code}, {"text", message}});
  const wire::Message leave{Session(0), wire::Shutdown{exit_code}};
  for (const Rank worker : is_inherited() ? awaited() : workers_) {
    static_cast<void>(transport_.send(worker, wire::encode(job_.id, leave)));
  }
  Outcome outcome;
  outcome.exit_code = exit_code;
  outcome.message = message;
  outcome.ranks = rank_count_;
  refused_ = outcome;
}

void MasterRun::abandon(const std::string& what) {
  refuse(70, (in_fold_ ? "the fold failed: " : "the master failed: ") + what);
}

void MasterRun::out_of_memory() {
  const std::string store = options_.store.empty()
                                ? std::string()
                                : "; what is durable in '" + options_.store + "' stays";
  refuse(74, (in_fold_ ? "memory runs out in the fold" : "memory runs out in the master") + store +
                 ". Raise the limit (ulimit -v, the cgroup or the job's memory) and start again");
}

void MasterRun::warn_of_log() {
  const std::optional<Error> failure = log_->take_failure();
  if (!failure) return;
  progress_.end();
  say("warning: " + failure->message);
}

// What matters has been written by now, or was waited for. After it old files are gone and warnings
// complete, unless it returns false.
bool MasterRun::end_writer() {
  if (!writer_) return true;
  const bool given_up =
      driver_ && driver_->finish() && driver_->finish()->outcome == core::Outcome::not_durable;
  const TimeUs step_us = given_up ? kGivenUpUs : driver::ThreadedWriter::kStepUs;
  const TimeUs most_us = driver::stop_was_signalled() ? kStoppedEndUs : INT64_MAX;
  const bool ended = writer_->end(step_us, most_us);
  for (const std::string& warning : store_->take_warnings()) warn_of_store(warning);
  if (!ended) {
    warn_of_store("a call to the store '" + options_.store +
                  "' has not returned; this process ends without it. See whether the disk or its "
                  "file server hangs");
  }
  return ended;
}

// One that is being started is sent home. False if it does not come.
bool MasterRun::end_spawner() {
  if (!spawner_) return true;
  const TimeUs end_at = clock_.now() + kSpawnEndUs;
  while (!spawner_->idle() && clock_.now() < end_at) {
    if (const auto done = spawner_->take_done(); done && done->status) send_home(done->rank);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (spawner_->idle()) return true;
  progress_.end();
  say("warning: MPI_Comm_spawn has not returned; this process ends without MPI_Finalize");
  return false;
}

void MasterRun::send_home(Rank worker) {
  const int exit_code =
      refused_ ? refused_->exit_code : core::exit_code(driver_->finish()->outcome);
  const wire::Message leave{Session(0), wire::Shutdown{exit_code}};
  static_cast<void>(transport_.send(worker, wire::encode(job_.id, leave)));
}

Outcome MasterRun::outcome() {
  heartbeat_.reset();
  const bool spawn_hangs = !end_spawner();
  const bool store_hangs = !end_writer();
  if (refused_) {
    refused_->store_hangs = store_hangs;
    refused_->spawn_hangs = spawn_hangs;
    return *refused_;
  }
  const core::Finish& finish = *driver_->finish();
  const core::Progress progress = machine_->progress();
  Outcome outcome;
  outcome.store_hangs = store_hangs;
  outcome.spawn_hangs = spawn_hangs;
  outcome.exit_code = core::exit_code(finish.outcome);
  outcome.complete =
      finish.outcome == core::Outcome::complete || finish.outcome == core::Outcome::complete_failed;
  outcome.message = finish.reason;
  if (outcome.complete && life_sign_) driver::keep_to_the_end(std::move(life_sign_));
  if (store_hangs && !outcome.complete) outcome.message += "; it is '" + options_.store + "'";
  outcome.ranks = rank_count_;
  outcome.seconds = static_cast<double>(ended_at_.value_or(clock_.now()) - started_at_) * 1e-6;
  outcome.units_accepted = progress.counters.accepted;
  outcome.units_committed = store_ ? progress.committed : 0;
  outcome.units_restored = units_restored_;
  outcome.units_failed = progress.counters.failed;
  outcome.executions = progress.counters.executions;
  outcome.workers_lost = driver_->stats().workers_lost;
  outcome.workers_replaced = driver_->stats().workers_replaced;
  outcome.restarts = restarts();
  outcome.units_handed_in = progress.handed_in;
  outcome.took_over = is_inherited();
  outcome.fenced = finish.outcome == core::Outcome::fenced;
  outcome.generation = store_ ? store_->generation().value : 0;
  outcome.generations_published = driver_->stats().publishes;
  outcome.stall_ms_max = static_cast<double>(driver_->stats().publish_us_max) * 1e-3;
  if (machine_->shared()) {
    outcome.shared_value = machine_->shared()->value;
    outcome.shared_witness = machine_->shared()->witness;
  }
  outcome.failures = failures_;
  say_end(outcome);
  log_->progress(progress, {});
  log_->write("finish", {{"outcome", core::to_string(finish.outcome)},
                         {"exit_code", outcome.exit_code},
                         {"text", finish.reason}});
  warn_of_log();
  write_report(outcome);
  return outcome;
}

// The supervisor's word, or whatever else is in the environment.
std::uint64_t MasterRun::restarts() {
  const char* text = std::getenv("STEADFARM_RESTARTS");
  if (text == nullptr) return 0;
  std::uint64_t count = 0;
  const std::string all(text);
  const auto [end, error] = std::from_chars(all.data(), all.data() + all.size(), count);
  if (error == std::errc() && end == all.data() + all.size()) return count;
  progress_.end();
  say("warning: STEADFARM_RESTARTS is '" + checkpoint::one_line(all) +
      "', which is no number of restarts; it is ignored, unset it");
  return 0;
}

}  // namespace steadfarm::api
