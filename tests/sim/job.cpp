#include "sim/job.hpp"

#include <algorithm>

namespace steadfarm::sim {

Job::Job(World& world, Record& record, Start start)
    : world_(world),
      record_(record),
      number_(start.number),
      job_id_(mix(world.options.seed, 1000 + start.number)),
      first_workers_(static_cast<std::int32_t>(start.workers)),
      network_(world, *this, number_, job_id_, static_cast<std::int32_t>(start.workers + 1)),
      spawner_(world, number_, first_workers_ + 1,
               [this](Rank rank, bool dies_at_once) { add_replacement(rank, dies_at_once); }),
      master_(world, record, network_.transport(kMaster),
              [&] {
                MasterProcess::Start first;
                first.job = number_;
                first.job_id = job_id_;
                first.owner = number_;
                for (std::uint32_t i = 1; i <= start.workers; ++i) {
                  first.workers.emplace_back(static_cast<std::int32_t>(i));
                }
                first.owner_epoch = start.owner_epoch;
                first.store = std::move(start.store);
                first.recovered = std::move(start.recovered);
                first.lineage = std::move(start.lineage);
                first.spawner = &spawner_;
                first.lost = [this](const core::Note& note) { on_lost(note); };
                first.returned = [this](Rank rank) { on_returned(rank); };
                return first;
              }()),
      take_store_(std::move(start.take_store)),
      frozen_at_(start.workers + 1, -1),
      struck_dead_(start.workers + 1),
      stillborn_(start.workers + 1) {
  for (std::uint32_t i = 1; i <= start.workers; ++i) add_worker(Rank(static_cast<std::int32_t>(i)));
}

void Job::add_worker(Rank rank) {
  workers_.push_back(std::make_unique<WorkerProcess>(world_, record_, network_.transport(rank),
                                                     number_, job_id_, rank));
  workers_.back()->has_ended = [this](const wire::Process& process) {
    return !exists(process.rank) || process != World::process_of(number_, process.rank);
  };
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

MasterProcess* Job::on_turn(Rank rank) {
  const auto at = static_cast<std::size_t>(rank.value);
  if (at > workers_.size()) return successor_turn(at - workers_.size() - 1);
  TimeUs& planned = turn_at_of(rank);
  if (planned != world_.now) return nullptr;  // an earlier turn took its place
  planned = kNever;
  if (rank == kMaster) return master_turn();
  worker_turn(rank);
  return nullptr;
}

MasterProcess* Job::master_turn() {
  if (master_.life == Life::waiting) {
    master_.start();
  } else if (master_.life == Life::running) {
    master_.turn();
  }
  if (master_.life != Life::running) return nullptr;
  if (!master_.finish()) {
    plan_turn(kMaster, master_.next_turn());
    return nullptr;
  }
  end(kMaster, Life::ended);
  return &master_;
}

void Job::plan_successor(std::size_t at, TimeUs when) {
  TimeUs& planned = successors_[at]->master->turn_at;
  if (planned <= when) return;
  planned = when;
  world_.queue.push(when, EventKind::turn, number_,
                    static_cast<std::uint32_t>(workers_.size() + 1 + at));
}

// The process ends once both the master and the worker beside it have ended.
MasterProcess* Job::successor_turn(std::size_t at) {
  Successor& successor = *successors_[at];
  MasterProcess& master = *successor.master;
  if (master.turn_at != world_.now) return nullptr;
  master.turn_at = kNever;
  if (life(successor.self) != Life::running || master.life == Life::ended) return nullptr;
  if (master.life == Life::waiting) {
    master.start();
  } else {
    master.turn();
  }
  if (life(successor.self) != Life::running) return nullptr;  // the power went in the midst of it
  if (!master.finish()) {
    plan_successor(at, master.next_turn());
    return nullptr;
  }
  master.life = Life::ended;
  return &master;
}

bool Job::still_has_master(Rank rank) {
  const MasterProcess* master = master_at(rank);
  return master != nullptr && master->life != Life::ended;
}

const MasterProcess* Job::master_at(Rank rank) const {
  if (rank == kMaster) return &master_;
  for (const auto& successor : successors_) {
    if (successor->self == rank) return successor->master.get();
  }
  return nullptr;
}

void Job::take_over(Rank rank) {
  const driver::Inheritance inherited = *worker(rank).inheritance();
  world_.trace.event(world_.now, number_, rank, "TAKES OVER", inherited.from.followers.size(),
                     [&] { return inherited.from.evidence; });
  std::optional<TakenStore> taken = take_store_(*this, inherited.shards_from);
  if (world_.verdict.failed()) return;
  if (!taken) {
    const wire::Message leave{Session(0), wire::Shutdown{75}};
    for (const Rank follower : inherited.from.followers) {
      static_cast<void>(network_.transport(rank).send(follower, wire::encode(job_id_, leave)));
    }
    end(rank, Life::ended);
    return;
  }
  auto successor = std::make_unique<Successor>(network_.transport(rank), rank);
  MasterProcess::Start start;
  start.job = number_;
  start.job_id = job_id_;
  start.self = rank;
  start.owner = taken->owner;
  const std::vector<Rank>& masters = inherited.from.masters;
  for (std::int32_t i = 0; i <= static_cast<std::int32_t>(workers_.size()); ++i) {
    if (std::find(masters.begin(), masters.end(), Rank(i)) == masters.end()) {
      start.workers.emplace_back(i);
    }
  }
  start.term = core::Term(
      static_cast<std::uint32_t>(taken->owner_epoch.value - inherited.first_epoch.value));
  start.awaited = inherited.from.followers;
  start.awaited.push_back(rank);
  std::sort(start.awaited.begin(), start.awaited.end());
  start.owner_epoch = taken->owner_epoch;
  const OwnerEpoch lost(inherited.first_epoch.value + inherited.from.after.value);
  start.shards_from = taken->previous_owner == lost ? inherited.shards_from : taken->owner_epoch;
  start.store = std::move(taken->store);
  start.recovered = std::move(taken->recovered);
  start.lineage = std::move(taken->lineage);
  start.lost = [this](const core::Note& note) { on_lost(note); };
  start.returned = [this](Rank back) { on_returned(back); };
  start.taken_in = [this, at = successors_.size()](Rank worker_rank) { taken_in(at, worker_rank); };
  start.work_goes_on = [this, lost = inherited.from.lost] {
    ++world_.recovery.take_overs;
    world_.progress_at = world_.now;
    if (struck_dead_[static_cast<std::size_t>(lost.value)]) {
      world_.tally.took_effect(FaultClass::master_death);
    }
  };
  successor->master =
      std::make_unique<MasterProcess>(world_, record_, successor->joined, std::move(start));
  worker(rank).serve(*successor->worker_end, Rank(0));
  successors_.push_back(std::move(successor));
  plan_successor(successors_.size() - 1, world_.now + 1);
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
  } else if (process.has_left() && !still_has_master(rank)) {
    end(rank, Life::ended);
  } else if (process.inheritance() != nullptr) {
    take_over(rank);
    if (process.life == Life::running) plan_turn(rank, process.next_turn());
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
      MasterProcess* master = master_at(rank);
      if (master != nullptr && master->life == Life::running) master->beat();
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
  if (world_.options.takeover != 0) tell_workers(rank);
}

void Job::add_replacement(Rank rank, bool dies_at_once) {
  network_.add_rank();
  add_worker(rank);
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
void Job::tell_workers(Rank dead) {
  if (world_.process_prng.below(100) >= world_.options.death_told) return;
  for (std::uint32_t i = 1; i <= worker_count(); ++i) {
    const Rank rank(static_cast<std::int32_t>(i));
    if (rank == dead || !exists(rank) || master_at(rank) != nullptr) continue;
    const TimeUs at = world_.now + world_.process_prng.between(0, world_.options.timeout_us / 4);
    world_.queue.call(at, [this, rank, dead] {
      network_.transport(rank).peer_died(dead);
      arrived(rank);
    });
  }
}

void Job::tell_master(Rank rank) {
  if (world_.process_prng.below(100) >= world_.options.death_told) return;
  const TimeUs told_at = world_.now + world_.process_prng.between(0, world_.options.timeout_us / 4);
  world_.queue.call(told_at, [this, rank] {
    if (rank == master_rank()) return;
    network_.transport(master_rank()).peer_died(rank);
    arrived(master_rank());
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
  if (note.loss->how == core::LossKind::neighbour) {
    ++world_.recovery.losses_by_neighbours;
    if (exists(note.rank)) {
      world_.verdict.fail(kExitWrong, "worker " + std::to_string(note.rank.value) +
                                          " exists and was called dead: " + note.text);
    }
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

void Job::say_falsely(Rank from, Rank of, std::uint64_t style) {
  wire::Process process = World::process_of(number_, of);
  if (style == 0) {
    --process.started;
  } else if (style == 1) {
    process = World::process_of(number_, from);
  } else if (world_.machine_of(of) == world_.machine_of(from)) {
    return;
  }
  // One that had taken over itself, and suspects its successor, sends it nothing.
  if (network_.transport(from).forgot(master_rank()) || !is_trusted(from, master_rank())) return;
  world_.tally.injected(FaultClass::false_word);
  const wire::Message word{Session(0), wire::Ended{process}};
  static_cast<void>(network_.transport(from).send(master_rank(), wire::encode(job_id_, word)));
}

void Job::told_of_end(Rank from, const wire::Process& process) {
  const bool is_there = exists(process.rank);
  world_.trace.event(world_.now, number_, from, "  told of an end",
                     static_cast<std::uint64_t>(process.rank.value));
  if (is_there) world_.tally.took_effect(FaultClass::false_word);
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
  if (MasterProcess* master = master_at(rank)) {
    if (master->finish() == std::nullopt) {
      master->woke(frozen_at_[static_cast<std::size_t>(rank.value)]);
    }
  }
  plan_turn(rank, world_.now + 1);
  for (std::size_t at = 0; at < successors_.size(); ++at) {
    if (successors_[at]->self == rank) plan_successor(at, world_.now + 1);
  }
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
  for (std::size_t at = 0; at < successors_.size(); ++at) {
    if (successors_[at]->self != rank) continue;
    plan_successor(at, world_.now + world_.process_prng.between(1, 100));
    return;
  }
  if (rank != kMaster && !worker(rank).listens()) return;
  plan_turn(rank, world_.now + world_.process_prng.between(1, 100));
}

void Job::given_back(Rank worker_rank, const wire::Returned& returned) {
  record_.given_back(number_, worker_rank, returned);
}

// What a live worker has kept is not executed again, from when the master has read it.
void Job::handed_in(Rank master, Rank worker_rank, const wire::HandIn& hand_in) {
  for (const auto& successor : successors_) {
    if (successor->self != master) continue;
    std::vector<UnitKey>& keys = successor->unread[worker_rank].emplace_back();
    // A rival between the two masters may have tidied a shard away, so that does not count.
    const OwnerEpoch shards_from = successor->master->shards_from();
    hand_in.answers->for_each([&](const wire::AnswerView& answer) {
      const bool counts = !answer.place || answer.place->shard.name.owner_epoch >= shards_from;
      if (answer.status == wire::AnswerStatus::done && counts) keys.push_back(answer.key);
    });
  }
}

void Job::taken_in(std::size_t successor, Rank worker_rank) {
  auto& unread = successors_[successor]->unread[worker_rank];
  if (unread.empty()) return;  // from the worker beside it
  successors_[successor]->handed_in.insert(unread.front().begin(), unread.front().end());
  unread.pop_front();
}

void Job::assigned(Rank master, Rank worker_rank, const wire::Assign& assign) {
  if (is_replacement(worker_rank)) {
    world_.recovery.units_to_replacements += assign.units.unit_count();
  }
  const Lineage& lineage = master_at(master)->lineage();
  const auto check_new = [&](const UnitKey& key) {
    for (const auto& successor : successors_) {
      const bool known = successor->self == master && successor->handed_in.contains(key);
      if (!known || world_.options.orphan_bytes_max < SimOptions().orphan_bytes_max) continue;
      world_.verdict.fail(kExitWrong,
                          "unit " + to_string(key) + " was handed in and is to be executed again");
    }
  };
  for (const auto& head : assign.units.heads) {
    record_.granted(number_, worker_rank, head.key);
    check_new(head.key);
  }
  std::size_t next = 0;
  for (std::uint32_t at = 0; at < assign.units.heads.size(); ++at) {
    const auto& saved = assign.units.saved;
    const bool has_state = next < saved.size() && saved[next].head == at;
    const std::uint64_t sequence = has_state ? saved[next++].sequence : 0;
    record_.check_granted_state(lineage, assign.units.heads[at].key, sequence);
  }
  for (const auto& run : assign.units.runs) {
    for (std::uint64_t i = 0; i < run.count; ++i) {
      record_.granted(number_, worker_rank, UnitKey::index(run.begin + i));
      check_new(UnitKey::index(run.begin + i));
      record_.check_granted_state(lineage, UnitKey::index(run.begin + i), 0);
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

bool Job::has_workers() const {
  const std::vector<Rank> running = workers_in(Life::running);
  return std::any_of(running.begin(), running.end(),
                     [this](Rank rank) { return !worker(rank).has_left(); });
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
  for (const auto& successor : successors_) {
    out += "; rank " + std::to_string(successor->self.value) + ": " + successor->master->text();
  }
  for (const auto& process : workers_) {
    if (process->life == Life::dead || process->life == Life::ended) continue;
    if (++shown > 8) return out + "; ...";
    out += "; worker " + process->text();
  }
  return out + "; " + std::to_string(network_.in_flight()) + " messages on their way";
}

}  // namespace steadfarm::sim
