#include "sim/worker_process.hpp"

#include <algorithm>

namespace steadfarm::sim {
namespace {

core::WorkerOptions options_for(const World& world, std::uint32_t job, Rank rank) {
  const SimOptions& o = world.options;
  core::WorkerOptions w;
  w.host = "host" + std::to_string(rank.value / 8);
  w.machine = world.machine_of(rank);
  w.build = kBuild;
  const wire::Process own = World::process_of(job, rank);
  w.pid = own.pid;
  w.started = own.started;
  w.concurrent = o.concurrent != 0;
  w.lossless = o.lossless != 0;
  w.hello_us = o.timeout_us / 10;
  w.heartbeat_us = o.heartbeat_us();
  w.master_timeout_us = 3 * o.timeout_us;
  w.startup_timeout_us = 8 * o.timeout_us;
  w.idle_report_us = o.timeout_us / 10;
  w.resend_us = o.timeout_us / 5;
  w.retain_bytes = o.retain_bytes;
  w.partial_us = o.partial_us;
  w.partial_step_bytes = 1000;
  w.shard_bytes_min = o.shard_bytes;
  w.shard_bytes_max = o.shard_bytes_max;
  w.shard_rest_us = o.timeout_us / 20;
  w.shard_long_us = o.timeout_us;
  w.shard_retry_us = o.timeout_us / 10;
  w.shard_patience_us = 6 * o.timeout_us;
  w.shard_stall_us = 3 * o.timeout_us;
  w.takeover = o.takeover != 0;
  w.hand_in_bytes_max = o.hand_in_bytes_max;
  w.hand_in_wait_us = o.timeout_us / 4;
  return w;
}

core::SuccessionOptions succession_for(const SimOptions& o, Rank rank, std::int32_t ranks) {
  core::SuccessionOptions s;
  s.self = rank;
  s.master = kMaster;
  s.rank_count = ranks;
  s.silence_us = o.timeout_us;
  s.turn_us = o.timeout_us / 10;
  s.claim_us = o.timeout_us / 30;
  s.consent_us = o.timeout_us / 5;
  return s;
}

}  // namespace

const char* to_string(Life life) {
  switch (life) {
    case Life::waiting:
      return "waiting";
    case Life::running:
      return "running";
    case Life::frozen:
      return "frozen";
    case Life::ended:
      return "ended";
    case Life::dead:
      return "dead";
  }
  return "unknown";
}

WorkerProcess::WorkerProcess(World& world, Record& record, SimTransport& transport,
                             std::uint32_t job, wire::JobId job_id, Rank rank)
    : world_(world),
      job_(job),
      rank_(rank),
      transport_(transport),
      clock_(world, world.process_prng.between(0, 1'000'000'000'000)),
      executor_(world, record, job, rank,
                [this](const SharedValue& shared) { driver_.propose(shared); },
                {[this] { return driver_.save_point(); },
                 [this](std::uint64_t sequence, Bytes state) {
                   driver_.save(sequence, std::move(state));
                 }}),
      shards_(world),
      machine_(options_for(world, job, rank), clock_.now()),
      driver_(machine_, transport, executor_, clock_, job_id, kMaster,
              world.options.shard_bytes > 0 ? &shards_ : nullptr),
      succession_(succession_for(world.options, rank, transport.rank_count()), clock_.now()),
      has_companion_(world.options.takeover != 0),
      beats_through_(&transport),
      heartbeat_(wire::encode(job_id, {Session(0), wire::Heartbeat{1}})) {
  driver::ProcessHooks processes;
  processes.watch = [this](const std::vector<wire::Process>& watched) { watched_ = watched; };
  processes.ended = [this] { return take_ended(); };
  driver_.set_process_hooks(std::move(processes));
  if (world.options.takeover == 0) return;
  driver::SuccessionHooks hooks;
  hooks.may_claim = [](const wire::Welcome& welcome) {
    return welcome.owner_epoch != OwnerEpoch(0);
  };
  hooks.follows = [this](Rank master) {
    beats_to_ = master;
    beats_ = true;
  };
  hooks.peer_changed = [this](Rank peer, bool welcome) {
    if (peer == beats_to_) beats_ = welcome;
  };
  driver_.set_succession(succession_, std::move(hooks));
}

std::vector<Rank> WorkerProcess::take_ended() {
  std::vector<Rank> ended;
  std::erase_if(watched_, [&](const wire::Process& process) {
    if (!has_ended(process)) return false;
    ended.push_back(process.rank);
    return true;
  });
  return ended;
}

const driver::Inheritance* WorkerProcess::inheritance() const {
  return driver_.inheritance() && !serving_ ? &*driver_.inheritance() : nullptr;
}

void WorkerProcess::serve(transport::Transport& inside, Rank master) {
  serving_ = true;
  beats_through_ = &inside;
  beats_to_ = master;
  beats_ = true;
  driver_.serve(inside, master);
}

void WorkerProcess::start() {
  life = Life::running;
  driver_.start();
}

bool WorkerProcess::inside_unit() const {
  return world_.options.blocking != 0 && executor_.running() && world_.now < executor_.end_at();
}

void WorkerProcess::turn() {
  shards_.turn();
  if (!inside_unit()) {
    busy_ = driver_.turn() > 0;
  } else {
    if (has_companion_) static_cast<void>(driver_.background_turn());
    if (world_.now >= executor_.look_at()) look_outside();
  }
  if (executor_.running() && world_.now >= executor_.step_at()) executor_.step();
}

// What a unit does that asks for the shared value or proposes a better one.
void WorkerProcess::look_outside() {
  driver_.safe_point();
  executor_.look();
}

void WorkerProcess::beat() {
  if (beats_) beats_through_->send_urgent(beats_to_, heartbeat_);
}

bool WorkerProcess::wants_to_die() const {
  return executor_.running() && world_.now >= executor_.deadly_at();
}

bool WorkerProcess::has_left() const { return driver_.exit().has_value() && !inside_unit(); }

TimeUs WorkerProcess::next_turn() const {
  // It has left, and lives on for the master beside it: nobody takes what its unit ends with.
  if (has_left()) return world_.now + world_.options.poll_us;
  TimeUs next = world_.now + (busy_ ? 10 : world_.options.poll_us);
  const TimeUs shard_at = std::max(world_.now + 1, shards_.next_at());
  next = std::min(next, shard_at);
  if (executor_.running()) {
    const TimeUs unit = std::min(executor_.end_at(), executor_.deadly_at());
    const TimeUs within = std::min(executor_.look_at(), executor_.step_at());
    if (inside_unit()) {
      // Its thread writes meanwhile; what it has to say is heard when the unit lets it.
      TimeUs look = std::max(world_.now + 1, std::min(unit, within));
      if (has_companion_) look = std::min(look, world_.now + world_.options.poll_us);
      return shards_.waits() ? std::min(look, shard_at) : look;
    }
    next = std::min(next, std::max(executor_.step_at(), world_.now + 1));
    next = std::min(next, std::max(unit, world_.now + 1));
  }
  return next;
}

std::string WorkerProcess::text() const {
  std::string out = std::to_string(rank_.value) + " " + to_string(life) + ", session " +
                    std::to_string(machine_.session().value) + ", " +
                    std::to_string(machine_.queued_count()) + " queued";
  if (executor_.running()) out += ", in a unit";
  return out;
}

}  // namespace steadfarm::sim
