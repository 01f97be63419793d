#include "sim/master_process.hpp"

#include <algorithm>

#include "core/policy/names.hpp"

namespace steadfarm::sim {

MasterProcess::MasterProcess(World& world, Record& record, transport::Transport& transport,
                             Start start)
    : world_(world),
      record_(record),
      job_(start.job),
      self_(start.self),
      owner_(start.owner),
      term_(start.term),
      awaited_(std::move(start.awaited)),
      owner_epoch_(start.owner_epoch),
      shards_from_(start.shards_from == OwnerEpoch(0) ? start.owner_epoch : start.shards_from),
      transport_(transport),
      clock_(world, world.process_prng.between(0, 1'000'000'000'000)),
      store_(std::move(start.store)),
      recovered_(std::move(start.recovered)),
      lineage_(std::move(start.lineage)),
      lost_(std::move(start.lost)),
      returned_(std::move(start.returned)),
      taken_in_(std::move(start.taken_in)),
      work_goes_on_(std::move(start.work_goes_on)),
      workers_(std::move(start.workers)),
      beats_to_(static_cast<std::size_t>(transport.rank_count()), term_ == core::Term(0)),
      beat_(wire::encode(start.job_id, {Session(0), wire::Beat{}})) {
  for (const Rank rank : awaited_) beats_to_[static_cast<std::size_t>(rank.value)] = true;
  load_fold();
  core::IndexUnits units;
  units.count = world_.options.roots;
  units.priorities = world_.workload.index_priorities();
  if (world_.options.range == 0) units.payloads = &world_.workload;
  if (world_.options.hints != 0) units.hints = &world_.workload;
  machine_ = std::make_unique<core::Master>(options(clock_.now()), std::move(units), workers_,
                                            clock_.now(), recovered_);
  if (store_) {
    store_->set_lineage(&lineage_);
    writer_ = std::make_unique<SimWriter>(world_, *store_);
  }
  driver_ = std::make_unique<driver::MasterDriver>(*machine_, transport_, writer_.get(), clock_,
                                                   start.job_id, hooks());
  if (start.spawner != nullptr) driver_->use_spawner(*start.spawner);
}

core::MasterOptions MasterProcess::options(TimeUs start_at) const {
  const SimOptions& o = world_.options;
  core::MasterOptions m;
  m.job_seed = o.seed;
  m.machine = world_.machine_of(self_);
  m.build = kBuild;
  m.policy.kind = core::kPolicyNames[o.policy % core::kPolicyNames.size()].kind;
  for (std::uint32_t i = 0; i < o.speeds; ++i) m.policy.speeds.push_back(1.0 + i);
  m.policy.chunk = o.chunk;
  m.policy.prefetch_max = o.prefetch;
  m.tail.take_back = o.take_back != 0;
  m.tail.second_executions = o.twice != 0;
  m.respawn.tries_max = o.respawn;
  m.respawn.patience_us = 2 * o.timeout_us;
  m.respawn.pause_us = o.timeout_us / 10;
  m.respawn.settle_us = o.timeout_us / 20;
  m.tries_max = o.tries_max;
  m.deaths_max = o.deaths_max;
  m.keep_results = o.keep_results != 0;
  m.has_store = store_ != nullptr;
  if (store_ && o.shard_bytes > 0) {
    m.shards = {store_->owner_epoch(), checkpoint::fingerprint_of(simulated_job().job)};
    m.shards_from = shards_from_;
  }
  m.shard_collect_us = o.timeout_us / 2;
  m.lossless = o.lossless != 0;
  m.heartbeat_us = o.heartbeat_us();
  m.timeout_us = o.timeout_us;
  m.startup_timeout_us = 3 * o.timeout_us;
  m.interval_us = o.interval_us;
  m.epoch_collect_us = o.timeout_us / 20;
  m.resend_us = o.timeout_us / 5;
  m.stop_grace_us = o.timeout_us / 2;
  m.goodbye_us = o.timeout_us * 3 / 10;
  m.deadline_reserve_us = m.stop_grace_us + m.goodbye_us + m.epoch_collect_us;
  // One that comes after the last fault would be a fault itself.
  const bool limited = o.walltime_us > 0 && world_.now + o.walltime_us <= o.safety_us;
  if (limited) m.deadline_us = start_at + o.walltime_us;
  m.store_retry_us = o.timeout_us / 10;
  m.store_patience_us = 6 * o.timeout_us;
  m.store_stall_us = 3 * o.timeout_us;
  m.undurable_bytes_max = o.undurable_bytes_max;
  m.assign_bytes_max = o.assign_bytes_max;
  m.partial_bytes_max = o.partial_bytes_max;
  m.ordered = o.ordered != 0;
  m.hold_units_max = o.hold_units_max;
  m.hold_bytes_max = o.hold_bytes_max;
  m.takeover = o.takeover != 0;
  m.term = term_;
  m.awaited = awaited_;
  m.owner_epoch = owner_epoch_;
  m.settle_us = o.timeout_us / 2;
  m.orphan_bytes_max = o.orphan_bytes_max;
  return m;
}

void MasterProcess::load_fold() {
  if (!recovered_) return;
  if (const Status valid = core::Master::validate(*recovered_, world_.options.roots); !valid) {
    world_.verdict.fail(kExitWrong, "a recovered state is refused: " + valid.error().message);
  }
  const std::optional<Fold> fold = Fold::load(recovered_->fold_state);
  if (fold) {
    fold_ = *fold;
  } else {
    world_.verdict.fail(kExitWrong, "the recovered fold state has " +
                                        std::to_string(recovered_->fold_state.size()) + " bytes");
  }
}

driver::MasterHooks MasterProcess::hooks() {
  driver::MasterHooks h;
  const auto accept = [this](const UnitKey& key, ByteView result) {
    world_.trace.event(world_.now, job_, self_, "  accepts", key.lo,
                       [&] { return to_string(key); });
    fold_.apply(result);
    record_.accept(lineage_, key, result);
    if (world_.options.proposals != 0) record_.check_shared(job_, key, machine_->shared());
  };
  h.fold = accept;
  h.fold_reduced = [this, accept](const UnitKey& key, ByteView result, const ShardPlace& place) {
    // A newer owner tidies away what this one will never publish.
    if (record_.is_owner(owner_)) record_.check_shard(key, result, place);
    lineage_.shards.insert(place.shard.name);
    if (place.shard.name.owner_epoch < owner_epoch_) ++world_.recovery.results_in_older_shards;
    accept(key, result);
  };
  h.fold_in_order = [this](const UnitKey& key, ByteView result) {
    fold_.apply_in_order(key, result);
  };
  h.save_fold = [this] { return fold_.save(); };
  h.note = [this](const core::Note& note) { on_note(note); };
  h.committed = [this](const core::Committed& committed) { on_committed(committed); };
  h.peer_changed = [this](Rank rank, bool welcome) {
    const auto at = static_cast<std::size_t>(rank.value);
    if (at >= beats_to_.size()) beats_to_.resize(at + 1);
    beats_to_[at] = welcome;
  };
  h.stepped = [this] { machine_->check_invariants(); };
  return h;
}

void MasterProcess::on_note(const core::Note& note) {
  using core::NoteKind;
  world_.trace.event(world_.now, job_, self_, "  notes", note.count, [&] {
    return std::string(core::to_string(note.kind)) + " rank=" + std::to_string(note.rank.value) +
           " unit=" + to_string(note.unit) + " count=" + std::to_string(note.count) + " " +
           note.text;
  });
  switch (note.kind) {
    case NoteKind::worker_lost:
      record_.worker_lost(job_, note.rank);
      world_.recovery.leases_redone += note.count;
      world_.progress_at = world_.now;
      lost_(note);
      check_silence(note);
      break;
    case NoteKind::worker_trusted:
      if (world_.now < world_.load_until + world_.options.timeout_us) {
        world_.tally.took_effect(FaultClass::load);
      }
      break;
    case NoteKind::unit_retried:
      world_.tally.took_effect(FaultClass::unit_throw);
      record_.count_try(note);
      record_.retried(lineage_, note);
      break;
    case NoteKind::unit_failed:
      world_.tally.took_effect(FaultClass::unit_throw);
      record_.count_try(note);
      record_.give_up(lineage_, note);
      break;
    case NoteKind::unit_quarantined:
      record_.give_up(lineage_, note);
      break;
    case NoteKind::worker_returned:
      returned_(note.rank);
      break;
    case NoteKind::unit_doubled:
      record_.doubled(job_, note);
      [[fallthrough]];
    case NoteKind::units_taken_back:
      if (world_.slow.contains({job_, note.rank})) {
        world_.tally.took_effect(FaultClass::slow_worker);
      }
      break;
    case NoteKind::replacement_started:
      workers_.push_back(note.rank);
      break;
    case NoteKind::replacement_failed:
      world_.tally.took_effect(FaultClass::failed_spawn);
      break;
    case NoteKind::answers_handed_in:
      world_.recovery.units_handed_in += note.count;
      if (taken_in_) taken_in_(note.rank);
      world_.progress_at = world_.now;
      break;
    case NoteKind::settled:
      work_goes_on_();
      break;
    case NoteKind::link_reset:
      ++world_.recovery.links_reset;
      break;
    default:
      break;
  }
}

// Nobody is lost to a silence that is too short, or that the master was not there to hear.
void MasterProcess::check_silence(const core::Note& note) {
  const bool early = note.loss->how == core::LossKind::phi;
  if (!early && note.loss->how != core::LossKind::silence) return;
  const TimeUs least_us = early ? world_.options.timeout_us / 2 : world_.options.timeout_us;
  const std::string who = "worker " + std::to_string(note.rank.value);
  if (note.loss->silence_us < least_us) {
    world_.verdict.fail(kExitWrong, who + " was called lost too soon: " + note.text);
  }
  if (woke_at_ >= 0 && world_.now < woke_at_ + least_us) {
    world_.verdict.fail(
        kExitWrong, "a master that had been stopped called " + who + " lost before it could speak");
  }
}

void MasterProcess::on_committed(const core::Committed& committed) {
  const WatchedStore::Published& last = store_->last();
  if (committed.generation != last.generation || committed.accepted != last.accepted) {
    world_.verdict.fail(kExitWrong,
                        "generation " + std::to_string(committed.generation.value) + " with " +
                            std::to_string(committed.accepted) +
                            " units was called committed, but the newest durable one is " +
                            std::to_string(last.generation.value) + " with " +
                            std::to_string(last.accepted));
  }
}

void MasterProcess::start() {
  life = Life::running;
  driver_->start();
}

void MasterProcess::turn() {
  if (writer_) writer_->turn();
  if (life != Life::running) return;  // the power went in the midst of it
  busy_ = driver_->turn() > 0;
}

void MasterProcess::beat() {
  for (const Rank worker : workers_) {
    if (beats_to_[static_cast<std::size_t>(worker.value)]) transport_.send_urgent(worker, beat_);
  }
}

TimeUs MasterProcess::next_turn() const {
  return world_.now + (busy_ ? 10 : world_.options.poll_us);
}

void MasterProcess::woke(TimeUs frozen_at) {
  if (world_.now - frozen_at <= world_.options.timeout_us) return;
  woke_at_ = world_.now;
  const std::vector<core::WorkerProgress> workers = machine_->worker_progress();
  const bool any = std::any_of(workers.begin(), workers.end(),
                               [](const core::WorkerProgress& w) { return w.alive; });
  if (any) world_.tally.took_effect(FaultClass::master_freeze);
}

std::string MasterProcess::text() const {
  const core::Progress p = machine_->progress();
  return std::string("master ") + to_string(life) + ": " + std::to_string(p.pending) +
         " pending, " + std::to_string(p.leased) + " leased, " + std::to_string(p.workers_alive) +
         " workers alive, " + std::to_string(p.counters.accepted) + " accepted, generation " +
         std::to_string(p.generation.value);
}

}  // namespace steadfarm::sim
