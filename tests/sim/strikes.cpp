// The faults that strike processes, links and the disk. The network draws its own per message.
#include <algorithm>
#include <cerrno>
#include <iterator>

#include "sim/simulation.hpp"

namespace steadfarm::sim {

void Simulation::plan_strikes() {
  for (const FaultClass fault :
       {FaultClass::worker_death, FaultClass::worker_freeze, FaultClass::master_freeze,
        FaultClass::job_kill, FaultClass::partition, FaultClass::torn_write,
        FaultClass::failed_write, FaultClass::failed_sync, FaultClass::unsynced_loss,
        FaultClass::no_space, FaultClass::second_master, FaultClass::slow_worker, FaultClass::load,
        FaultClass::master_death, FaultClass::false_word, FaultClass::unreadable_file}) {
    if (world_.options.has(fault)) plan_strike(fault);
  }
  if (world_.options.stops != 0) plan_stop();
}

// Gaps of any length around the mean, so that faults also come close together.
void Simulation::plan_strike(FaultClass fault) {
  const TimeUs mean_us = world_.options.safety_us / (world_.options.rounds + 1);
  const TimeUs gap_us = world_.fault_prng.chance(0.2) ? some_time(1, mean_us / 10)
                                                      : some_time(mean_us / 4, mean_us * 2);
  world_.queue.call(world_.now + gap_us, [this, fault] {
    if (world_.calm) return;
    strike(fault);
    plan_strike(fault);
  });
}

void Simulation::plan_stop() {
  world_.queue.call(world_.now + some_time(1, world_.options.safety_us), [this] {
    if (world_.calm) return;
    if (!jobs_.empty() && current().life(current().master_rank()) == Life::running &&
        current().master().life == Life::running) {
      world_.trace.event(world_.now, current().number(), current().master_rank(), "STOP ASKED");
      driver::MasterDriver& driver = current().master().driver();
      if (world_.fault_prng.chance(0.5)) driver.request_checkpoint();
      driver.request_stop("the simulation asks for it");
    }
    plan_stop();
  });
}

void Simulation::strike(FaultClass fault) {
  if (jobs_.empty()) return;
  Job& job = current();
  switch (fault) {
    case FaultClass::worker_death:
    case FaultClass::worker_freeze:
      strike_workers(fault);
      break;
    case FaultClass::master_freeze:
      if (job.life(job.master_rank()) != Life::running) return;
      world_.tally.injected(fault);
      job.freeze(job.master_rank(), world_.now + some_time(world_.options.timeout_us / 10,
                                                           3 * world_.options.timeout_us));
      break;
    case FaultClass::master_death:
      if (job.life(job.master_rank()) != Life::running) return;
      world_.tally.injected(fault);
      job.strike_dead(job.master_rank());
      break;
    case FaultClass::false_word:
      strike_words();
      break;
    case FaultClass::job_kill:
      strike_job();
      break;
    case FaultClass::unsynced_loss:
      kill_everything(true, fault);
      break;
    case FaultClass::partition:
      strike_network();
      break;
    case FaultClass::second_master:
      strike_store_owner();
      break;
    case FaultClass::slow_worker:
      strike_speed();
      break;
    case FaultClass::unreadable_file:
      strike_file();
      break;
    case FaultClass::load:
      world_.tally.injected(fault);
      world_.trace.event(world_.now, job.number(), kNobody, "LOADED");
      world_.load_until =
          world_.now + some_time(world_.options.timeout_us, 6 * world_.options.timeout_us);
      break;
    default:
      strike_disk(fault);
      break;
  }
}

void Simulation::strike_workers(FaultClass fault) {
  Job& job = current();
  std::vector<Rank> there = job.workers_in(Life::running);
  if (there.empty()) return;
  // One, or all of a node.
  std::size_t count = 1;
  if (world_.fault_prng.chance(0.2)) count = 1 + world_.fault_prng.below(there.size());
  for (; count > 0 && !there.empty(); --count) {
    const std::size_t at = world_.fault_prng.below(there.size());
    const Rank rank = there[at];
    there.erase(there.begin() + static_cast<std::ptrdiff_t>(at));
    world_.tally.injected(fault);
    if (fault == FaultClass::worker_death) {
      job.strike_dead(rank);
    } else {
      job.freeze(rank, world_.fault_prng.chance(0.1)
                           ? kNever
                           : world_.now + some_time(world_.options.timeout_us / 10,
                                                    4 * world_.options.timeout_us));
    }
  }
}

void Simulation::strike_words() {
  Job& job = current();
  const std::vector<Rank> there = job.workers_in(Life::running);
  if (there.empty()) return;
  const auto somebody = [&] { return there[world_.fault_prng.below(there.size())]; };
  const Rank from = somebody();
  const Rank of = somebody();
  job.say_falsely(from, of, world_.fault_prng.below(3));
}

// From its next unit on, for a while; all of a node now and then.
void Simulation::strike_speed() {
  Job& job = current();
  const std::vector<Rank> there = job.workers_in(Life::running);
  if (there.empty()) return;
  const std::size_t count = world_.fault_prng.chance(0.2) ? 1 + there.size() / 4 : 1;
  for (std::size_t i = 0; i < count; ++i) {
    const Rank rank = there[world_.fault_prng.below(there.size())];
    const TimeUs factor = world_.fault_prng.between(3, 60);
    world_.tally.injected(FaultClass::slow_worker);
    world_.trace.event(world_.now, job.number(), rank, "SLOW", static_cast<std::uint64_t>(factor));
    world_.slow[{job.number(), rank}] = {
        factor, world_.now + some_time(world_.options.timeout_us, 6 * world_.options.timeout_us)};
  }
}

// Anywhere, or in the midst of a publish: then what was written so far is there, synced or not.
void Simulation::strike_job() {
  Job& job = current();
  if (job.over()) return;
  WatchedStore* store = job.master().store();
  if (store != nullptr && world_.fault_prng.chance(0.4)) {
    store->arm_power_loss(1 + world_.fault_prng.below(30),
                          [this] { kill_everything(false, FaultClass::job_kill); });
  } else {
    kill_everything(false, FaultClass::job_kill);
  }
}

void Simulation::strike_network() {
  Job& job = current();
  const std::uint64_t style = world_.fault_prng.below(3);
  const std::uint64_t direction = world_.fault_prng.below(4);
  const bool to_worker = direction != 1;
  const bool from_worker = direction != 0;
  std::vector<Rank> cut;
  for (std::uint32_t i = 1; i <= job.worker_count(); ++i) {
    const Rank rank(static_cast<std::int32_t>(i));
    if (style == 0 || (style == 1 && world_.fault_prng.chance(0.5))) cut.push_back(rank);
  }
  if (cut.empty()) cut.emplace_back(some_time(1, job.worker_count()));
  world_.tally.injected(FaultClass::partition);
  world_.trace.event(world_.now, job.number(), kNobody, "CUT", cut.size(), [&] {
    std::string text = "links";
    if (to_worker) text += " to";
    if (from_worker) text += " from";
    for (const Rank rank : cut) text += " " + std::to_string(rank.value);
    return text;
  });
  // From the master; now and then from everybody else as well.
  std::vector<Rank> hubs{job.master_rank()};
  if (world_.options.takeover != 0 && world_.fault_prng.chance(0.3)) {
    for (std::uint32_t i = 0; i <= job.worker_count(); ++i) {
      const Rank hub(static_cast<std::int32_t>(i));
      if (hub != hubs[0] && std::find(cut.begin(), cut.end(), hub) == cut.end()) {
        hubs.push_back(hub);
      }
    }
  }
  const auto for_each_link = [&job, cut, hubs](const auto& change) {
    for (const Rank hub : hubs) {
      for (const Rank rank : cut) {
        if (rank != hub) change(job.network(), hub, rank);
      }
    }
  };
  for_each_link([&](Network& network, Rank hub, Rank rank) {
    network.cut(hub, rank, to_worker, from_worker);
  });
  auto healed = std::make_shared<bool>(false);
  auto heal = [this, &job, for_each_link, cut, to_worker, from_worker, healed] {
    if (std::exchange(*healed, true)) return;
    world_.trace.event(world_.now, job.number(), kNobody, "HEALED", cut.size());
    for_each_link([&](Network& network, Rank hub, Rank rank) {
      network.open(hub, rank, to_worker, from_worker);
    });
  };
  heals_.emplace_back(heal);
  const TimeUs timeout_us = world_.options.timeout_us;
  world_.queue.call(world_.now + some_time(timeout_us / 10, 3 * timeout_us), heal);
}

// One, or several at a time as a file server that restarts would show.
void Simulation::strike_file() {
  constexpr int kErrors[] = {EIO, ESTALE, EMFILE, ENOENT};
  std::vector<std::string> names;
  for (const auto& [name, file] : world_.files.disk(kStorePath).visible()) {
    const bool is_temp = name.find("temp-") != std::string::npos;
    if (!is_temp) names.push_back(name);
  }
  if (names.empty()) return;
  std::string newest;
  for (const std::string& name : names) {
    if (name.starts_with("manifest-")) newest = std::max(newest, name);
  }
  const std::uint64_t count = world_.fault_prng.chance(0.3) ? 1 + names.size() / 2 : 1;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string& name = names[world_.fault_prng.below(names.size())];
    int error_number = kErrors[world_.fault_prng.below(std::size(kErrors))];
    // What comes into sight late is new: of manifests the newest one.
    if (error_number == ENOENT && name.starts_with("manifest-") && name != newest) {
      error_number = EIO;
    }
    const TimeUs until = world_.now + some_time(1, 3 * world_.options.timeout_us);
    world_.tally.injected(FaultClass::unreadable_file);
    world_.trace.event(world_.now, 0, kNobody, "UNREADABLE", static_cast<std::uint64_t>(until),
                       [&] { return name + ": errno " + std::to_string(error_number); });
    world_.files.unreadable().add(name, error_number, until / 1000);
  }
}

void Simulation::set_disk_rates() {
  using checkpoint::Operation;
  checkpoint::FaultRates rates;
  const auto set = [&](Operation operation, double chance) {
    rates.fail[static_cast<std::size_t>(operation)] = chance;
  };
  if (writes_fail_) {
    for (const Operation operation : {Operation::write, Operation::create, Operation::link,
                                      Operation::rename, Operation::close, Operation::list}) {
      set(operation, 0.08);
    }
    set(Operation::read, 0.02);
    set(Operation::unlink, 0.1);
  }
  if (syncs_fail_) {
    set(Operation::sync, 0.2);
    set(Operation::sync_folder, 0.2);
  }
  rates.whole_effect = 0.3;
  world_.files.faults().set_rates(rates);
}

void Simulation::strike_disk(FaultClass fault) {
  const TimeUs timeout_us = world_.options.timeout_us;
  const TimeUs until = world_.now + some_time(timeout_us / 5, 3 * timeout_us);
  world_.trace.event(world_.now, 0, kNobody, "DISK FAULT", static_cast<std::uint64_t>(fault),
                     [&] { return to_string(fault); });
  if (fault == FaultClass::no_space) {
    world_.tally.injected(fault);
    const std::uint64_t used = world_.files.disk(kStorePath).used_bytes();
    world_.files.set_capacity_bytes(used + world_.fault_prng.below(150'000));
    world_.queue.call(until, [this] { world_.files.set_capacity_bytes(UINT64_MAX); });
    return;
  }
  if (fault == FaultClass::torn_write) {
    WatchedStore* store = current().master().store();
    if (store == nullptr || current().life(current().master_rank()) != Life::running) return;
    const bool aimed = world_.fault_prng.chance(0.7);
    store->arm_power_loss(aimed ? 0 : 1 + world_.fault_prng.below(30),
                          [this] { kill_everything(true, FaultClass::torn_write); });
    return;
  }
  bool& flag = fault == FaultClass::failed_write ? writes_fail_ : syncs_fail_;
  flag = true;
  set_disk_rates();
  world_.queue.call(until, [this, &flag] {
    flag = false;
    if (!world_.calm) set_disk_rates();
  });
}

void Simulation::kill_everything(bool machine, FaultClass cause) {
  world_.trace.event(world_.now, 0, kNobody, machine ? "POWER LOSS" : "JOB KILLED");
  if (cause == FaultClass::job_kill) {
    current().kill_all();
    killed_by_strike_ = true;
  } else {
    for (const auto& each : jobs_) each->kill_all();
  }
  if (machine) {
    lose_power(cause);
  } else {
    world_.tally.injected(cause);
    world_.files.faults().clear();  // the power is back
    set_disk_rates();
  }
  restart_later();
}

void Simulation::lose_power(FaultClass cause) {
  world_.tally.injected(cause);
  const checkpoint::FaultCounts before = world_.files.faults().counts();
  world_.files.crash();
  const checkpoint::FaultCounts& after = world_.files.faults().counts();
  const bool torn = after.crash_torn_files > before.crash_torn_files;
  const bool lost = after.crash_lost_bytes > before.crash_lost_bytes ||
                    after.crash_lost_names > before.crash_lost_names;
  if (cause == FaultClass::torn_write ? torn : lost) world_.tally.took_effect(cause);
  set_disk_rates();
}

// Somebody starts the job a second time while the first is stopped, or merely slow, or in the
// midst of a publish.
void Simulation::strike_store_owner() {
  Job& first = current();
  if (first.life(first.master_rank()) != Life::running || restart_planned_ || jobs_.size() >= 12)
    return;
  world_.tally.injected(FaultClass::second_master);
  world_.trace.event(world_.now, first.number(), kMaster, "RIVAL COMES");
  const std::uint64_t style = world_.fault_prng.below(3);
  if (style == 0) {
    tap_.arm(world_.fault_prng.below(12), [this] {
      if (!world_.calm && !restart_planned_ && !done_) start_job();
    });
    return;
  }
  const TimeUs timeout_us = world_.options.timeout_us;
  if (style == 1) {
    const TimeUs wake_at =
        world_.fault_prng.chance(0.2) ? kNever : world_.now + some_time(1, 6 * timeout_us);
    if (world_.fault_prng.chance(0.5)) {
      first.freeze_all(wake_at);
    } else {
      first.freeze(first.master_rank(), wake_at);
    }
  }
  restart_later();
}

}  // namespace steadfarm::sim
