#include "sim/job.hpp"

#include <algorithm>

namespace steadfarm::sim {

Job::Job(World& world, Record& record, std::uint32_t number, std::uint32_t workers,
         std::unique_ptr<WatchedStore> store, std::optional<core::RecoveredState> recovered,
         Lineage lineage)
    : world_(world),
      record_(record),
      number_(number),
      job_id_(mix(world.options.seed, 1000 + number)),
      first_workers_(static_cast<std::int32_t>(workers)),
      network_(world, *this, number, job_id_, static_cast<std::int32_t>(workers + 1)),
      spawner_(world, number, first_workers_ + 1,
               [this](Rank rank, bool dies_at_once) { add_replacement(rank, dies_at_once); }),
      master_(world, record, network_.transport(kMaster),
              {number, job_id_, workers, std::move(store), std::move(recovered), std::move(lineage),
               &spawner_, [this](const core::Note& note) { on_lost(note); },
               [this](Rank rank) { on_returned(rank); }}),
      frozen_at_(workers + 1, -1),
      struck_dead_(workers + 1),
      stillborn_(workers + 1) {
  for (std::uint32_t i = 1; i <= workers; ++i) {
    const Rank rank(static_cast<std::int32_t>(i));
    workers_.push_back(std::make_unique<WorkerProcess>(world, record, network_.transport(rank),
                                                       number, job_id_, rank));
  }
}

void Job::begin() {
  const TimeUs spread_us = world_.options.timeout_us / 5;
  for (std::uint32_t i = 0; i <= worker_count(); ++i) {
    const TimeUs at = world_.now + world_.process_prng.between(0, spread_us);
    plan_turn(Rank(static_cast<std::int32_t>(i)), at);
    if (world_.options.concurrent != 0) {
      world_.queue.push(at, EventKind::heartbeat, number_, i);
    }
  }
}

void Job::plan_turn(Rank rank, TimeUs at) {
  TimeUs& planned = turn_at_of(rank);
  if (planned <= at) return;
  planned = at;
  world_.queue.push(at, EventKind::turn, number_, static_cast<std::uint32_t>(rank.value));
}

bool Job::on_turn(Rank rank) {
  TimeUs& planned = turn_at_of(rank);
  if (planned != world_.now) return false;  // an earlier turn took its place
  planned = kNever;
  if (rank == kMaster) return master_turn();
  worker_turn(rank);
  return false;
}

bool Job::master_turn() {
  if (master_.life == Life::waiting) {
    master_.start();
  } else if (master_.life == Life::running) {
    master_.turn();
  }
  if (master_.life != Life::running) return false;
  if (!master_.finish()) {
    plan_turn(kMaster, master_.next_turn());
    return false;
  }
  end(kMaster, Life::ended);
  return true;
}

void Job::worker_turn(Rank rank) {
  WorkerProcess& process = worker(rank);
  if (process.life == Life::waiting) {
    process.start();
  } else if (process.life == Life::running) {
    process.turn();
  }
  if (process.life == Life::running) after_worker_turn(process, rank);
}

void Job::after_worker_turn(WorkerProcess& process, Rank rank) {
  if (process.wants_to_die()) {
    kill(rank);
  } else if (process.has_left()) {
    end(rank, Life::ended);
  } else {
    plan_turn(rank, process.next_turn());
  }
}

void Job::on_heartbeat(Rank rank) {
  const Life state = life_of(rank);
  if (state == Life::dead || state == Life::ended) return;
  if (state == Life::running) {
    if (rank == kMaster) {
      master_.beat();
    } else {
      worker(rank).beat();
    }
  }
  TimeUs next = world_.now + world_.options.heartbeat_us();
  if (world_.strikes(FaultClass::load) && world_.now < world_.load_until) {
    next += world_.process_prng.between(0, world_.options.timeout_us / 4);
  }
  world_.queue.push(next, EventKind::heartbeat, number_, static_cast<std::uint32_t>(rank.value));
}

void Job::end(Rank rank, Life how) {
  life_of(rank) = how;
  network_.transport(rank).unplug();
  world_.trace.event(world_.now, number_, rank, to_string(how), 0, [&] {
    return rank == kMaster && master_.finish()
               ? std::string(core::to_string(master_.finish()->outcome)) + " " +
                     master_.finish()->reason
               : std::string();
  });
  if (rank != kMaster) {
    tell_master(rank);
  } else {
    spawner_.master_gone();
  }
}

void Job::add_replacement(Rank rank, bool dies_at_once) {
  network_.add_rank();
  workers_.push_back(std::make_unique<WorkerProcess>(world_, record_, network_.transport(rank),
                                                     number_, job_id_, rank));
  frozen_at_.push_back(-1);
  struck_dead_.push_back(false);
  stillborn_.push_back(dies_at_once);
  world_.trace.event(world_.now, number_, rank, "COMES", static_cast<std::uint64_t>(dies_at_once));
  if (dies_at_once) {
    end(rank, Life::dead);
    return;
  }
  const TimeUs at = world_.now + world_.process_prng.between(1, world_.options.timeout_us / 50);
  plan_turn(rank, at);
  if (world_.options.concurrent != 0) {
    world_.queue.push(at, EventKind::heartbeat, number_, static_cast<std::uint32_t>(rank.value));
  }
}

void Job::kill(Rank rank) {
  const Life before = life_of(rank);
  if (before == Life::dead || before == Life::ended) return;
  const bool unheard = rank != kMaster && worker(rank).has_unheard_shard();
  if (unheard) ++world_.recovery.shards_unheard;
  end(rank, Life::dead);
}

// What the transport itself notices of a process that is gone.
void Job::tell_master(Rank rank) {
  if (world_.process_prng.below(100) >= world_.options.death_told) return;
  const TimeUs told_at = world_.now + world_.process_prng.between(0, world_.options.timeout_us / 4);
  world_.queue.call(told_at, [this, rank] {
    network_.transport(kMaster).peer_died(rank);
    arrived(kMaster);
  });
}

void Job::strike_dead(Rank rank) {
  struck_dead_[static_cast<std::size_t>(rank.value)] = true;
  kill(rank);
}

void Job::on_lost(const core::Note& note) {
  spawner_.worker_lost();
  if (stillborn_[static_cast<std::size_t>(note.rank.value)]) {
    world_.tally.took_effect(FaultClass::failed_spawn);
  }
  if (struck_dead_[static_cast<std::size_t>(note.rank.value)] && note.count > 0) {
    world_.tally.took_effect(FaultClass::worker_death);
  }
  // A loaded machine is no reason to call anybody lost.
  const bool by_silence =
      note.loss->how == core::LossKind::silence || note.loss->how == core::LossKind::phi;
  if (by_silence && life_of(note.rank) == Life::running && !world_.words_may_be_late()) {
    world_.verdict.fail(kExitWrong, "worker " + std::to_string(note.rank.value) +
                                        " lives and was called lost: " + note.text);
  }
}

void Job::on_returned(Rank rank) {
  if (frozen_at_[static_cast<std::size_t>(rank.value)] >= 0) {
    world_.tally.took_effect(FaultClass::worker_freeze);
  }
}

void Job::kill_all() {
  for (std::uint32_t i = 0; i <= worker_count(); ++i) kill(Rank(static_cast<std::int32_t>(i)));
}

void Job::freeze(Rank rank, TimeUs wake_at) {
  if (life_of(rank) != Life::running) return;
  life_of(rank) = Life::frozen;
  frozen_at_[static_cast<std::size_t>(rank.value)] = world_.now;
  world_.trace.event(world_.now, number_, rank, "FREEZES", static_cast<std::uint64_t>(wake_at));
  if (wake_at != kNever) world_.queue.call(wake_at, [this, rank] { wake(rank); });
}

void Job::wake(Rank rank) {
  if (life_of(rank) != Life::frozen) return;
  life_of(rank) = Life::running;
  world_.trace.event(world_.now, number_, rank, "WAKES");
  if (rank == kMaster) master_.woke(frozen_at_[0]);
  plan_turn(rank, world_.now + 1);
}

void Job::freeze_all(TimeUs wake_at) {
  for (std::uint32_t i = 0; i <= worker_count(); ++i) {
    freeze(Rank(static_cast<std::int32_t>(i)), wake_at);
  }
}

void Job::wake_all() {
  for (std::uint32_t i = 0; i <= worker_count(); ++i) wake(Rank(static_cast<std::int32_t>(i)));
}

bool Job::exists(Rank rank) const {
  const Life state = life(rank);
  return state != Life::dead && state != Life::ended;
}

void Job::arrived(Rank rank) {
  if (life_of(rank) != Life::running) return;
  if (rank != kMaster && !worker(rank).listens()) return;
  plan_turn(rank, world_.now + world_.process_prng.between(1, 100));
}

void Job::given_back(Rank worker_rank, const wire::Returned& returned) {
  record_.given_back(number_, worker_rank, returned);
}

void Job::assigned(Rank worker_rank, const wire::Assign& assign) {
  if (is_replacement(worker_rank)) {
    world_.recovery.units_to_replacements += assign.units.unit_count();
  }
  for (const auto& head : assign.units.heads) record_.granted(number_, worker_rank, head.key);
  std::size_t next = 0;
  for (std::uint32_t at = 0; at < assign.units.heads.size(); ++at) {
    const auto& saved = assign.units.saved;
    const bool has_state = next < saved.size() && saved[next].head == at;
    const std::uint64_t sequence = has_state ? saved[next++].sequence : 0;
    record_.check_granted_state(master_.lineage(), assign.units.heads[at].key, sequence);
  }
  for (const auto& run : assign.units.runs) {
    for (std::uint64_t i = 0; i < run.count; ++i) {
      record_.granted(number_, worker_rank, UnitKey::index(run.begin + i));
      record_.check_granted_state(master_.lineage(), UnitKey::index(run.begin + i), 0);
    }
  }
}

Life Job::life(Rank rank) const { return rank == kMaster ? master_.life : worker(rank).life; }
Life& Job::life_of(Rank rank) { return rank == kMaster ? master_.life : worker(rank).life; }
TimeUs& Job::turn_at_of(Rank rank) {
  return rank == kMaster ? master_.turn_at : worker(rank).turn_at;
}

std::vector<Rank> Job::workers_in(Life wanted) const {
  std::vector<Rank> out;
  for (std::uint32_t i = 1; i <= worker_count(); ++i) {
    const Rank rank(static_cast<std::int32_t>(i));
    if (life(rank) == wanted) out.push_back(rank);
  }
  return out;
}

bool Job::over() const {
  for (std::uint32_t i = 0; i <= worker_count(); ++i) {
    if (exists(Rank(static_cast<std::int32_t>(i)))) return false;
  }
  return true;
}

std::string Job::text() const {
  std::string out = "job " + std::to_string(number_) + ": " + master_.text();
  std::size_t shown = 0;
  for (const auto& process : workers_) {
    if (process->life == Life::dead || process->life == Life::ended) continue;
    if (++shown > 8) return out + "; ...";
    out += "; worker " + process->text();
  }
  return out + "; " + std::to_string(network_.in_flight()) + " messages on their way";
}

}  // namespace steadfarm::sim
