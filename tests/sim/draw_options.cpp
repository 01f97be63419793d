// Swarm testing: a seed switches a random part of the fault classes on, so that rare combinations
// are as likely as all at once.
#include <algorithm>

#include "base/prng.hpp"
#include "core/policy/names.hpp"
#include "sim/options.hpp"
#include "sim/workload.hpp"

namespace steadfarm::sim {
namespace {

std::uint32_t between(Prng& prng, std::int64_t lo, std::int64_t hi) {
  return static_cast<std::uint32_t>(prng.between(lo, std::max(lo, hi)));
}

void draw_sizes(SimOptions& o, Prng& prng) {
  const std::uint64_t size = prng.below(1000);
  if (size < 3) {
    o.workers = between(prng, 1000, 2000);
    o.units = between(prng, 1000, 4000);
  } else if (size < 400) {
    o.workers = between(prng, 1, 4);
    o.units = between(prng, 1, 30);
  } else if (size < 860) {
    o.workers = between(prng, 2, 12);
    o.units = between(prng, 10, 250);
  } else if (size < 980) {
    o.workers = between(prng, 4, 32);
    o.units = between(prng, 100, 900);
  } else {
    o.workers = between(prng, 16, 64);
    o.units = between(prng, 500, 2000);
  }
  const std::uint64_t shape = prng.below(3);
  o.roots = shape == 0 ? o.units : between(prng, 1, shape == 1 ? o.units : o.units / 10);
  o.range = prng.chance(0.4) ? 1 : 0;
  o.priorities = prng.chance(0.3) ? 1 : 0;
}

void draw_times(SimOptions& o, Prng& prng) {
  constexpr TimeUs kTimeouts[] = {300'000, 1'000'000, 1'000'000, 3'000'000, 10'000'000};
  const bool huge = o.workers > 500;
  o.timeout_us = huge ? 10'000'000 : kTimeouts[prng.below(5)];
  o.interval_us = o.timeout_us * prng.between(4, 40) / 10;
  o.safety_us = o.timeout_us * (huge ? prng.between(2, 4) : prng.between(3, 16));
  o.latency_us = prng.between(1, 200);
  o.jitter_us = prng.chance(0.2) ? prng.between(1000, 20'000) : prng.between(0, 300);
  o.poll_us = huge ? 500'000 : std::max<TimeUs>(o.timeout_us / prng.between(20, 60), 10'000);
  // The work takes between a tenth and most of the time in which faults strike.
  const TimeUs span_us = o.safety_us * prng.between(10, 120) / 100;
  o.unit_us = prng.chance(0.08) ? 0 : span_us * o.workers / std::max<TimeUs>(o.units, o.workers);
}

void draw_runtime(SimOptions& o, Prng& prng) {
  o.store = prng.chance(0.85) ? 1 : 0;
  o.keep_results = o.store != 0 && prng.chance(0.5) ? 1 : 0;
  o.result_bytes = prng.chance(0.1) ? 5000 : between(prng, 0, 64);
  o.payload_bytes = prng.chance(0.1) ? 2000 : between(prng, 0, 64);
  o.proposals = prng.chance(0.4) ? 1 : 0;
  o.lossless = prng.chance(0.6) ? 1 : 0;
  o.concurrent = prng.chance(0.85) ? 1 : 0;
  o.blocking = prng.chance(0.7) ? 1 : 0;
  // Without heartbeats of their own, only the transport's word can tell that a worker is dead.
  o.death_told = o.concurrent == 0 ? 100 : prng.chance(0.5) ? 0 : between(prng, 10, 100);
  o.policy = static_cast<std::uint32_t>(prng.chance(0.3) ? core::PolicyKind::fixed
                                                         : core::PolicyKind::dynamic);
  o.chunk = between(prng, 1, 8);
  o.prefetch = prng.chance(0.3) ? between(prng, 1, 4) : 0;
  o.tries_max = prng.chance(0.5) ? 3 : between(prng, 1, 5);
  o.deaths_max = 3;
  if (prng.chance(0.15)) o.undurable_bytes_max = static_cast<std::uint64_t>(between(prng, 0, 4000));
  if (prng.chance(0.2)) o.assign_bytes_max = static_cast<std::uint64_t>(between(prng, 1, 1000));
  if (prng.chance(0.15)) o.retain_bytes = static_cast<std::uint64_t>(between(prng, 0, 2000));
}

void draw_partial_states(SimOptions& o, Prng& prng) {
  if (o.unit_us < 2 || prng.chance(0.4)) return;
  o.steps_max = between(prng, 2, 12);
  o.state_bytes = prng.chance(0.1) ? 3000 : between(prng, 0, 64);
  o.partial_us = prng.between(1, 2 * o.unit_us);
  if (prng.chance(0.15)) o.partial_bytes_max = static_cast<std::uint64_t>(between(prng, 0, 1000));
}

// From a source of its own, so that the seeds that are known to bite draw the rest as before.
void draw_order(SimOptions& o) {
  Prng prng(mix(o.seed, 5));
  if (!prng.chance(0.2)) return;
  o.ordered = 1;
  o.roots = o.units;
  if (prng.chance(0.7)) o.hold_units_max = between(prng, 1, 40);
  if (prng.chance(0.3)) o.hold_bytes_max = static_cast<std::uint64_t>(between(prng, 0, 1000));
  // A narrow hold lets few work at a time: long units would make that a job of hours.
  constexpr TimeUs kLongUs = 600'000'000;
  const TimeUs work_us = TimeUs{o.units} * o.unit_us;
  const bool huge = o.workers > 500;
  if (work_us < kLongUs && !huge) return;
  o.hold_units_max = std::max(o.hold_units_max, static_cast<std::uint64_t>(work_us / kLongUs) + 1);
  // The rest of a thousand workers ask for work every second while they wait: tens of millions of
  // events in which nothing is new.
  if (huge) o.hold_units_max = std::max<std::uint64_t>(o.hold_units_max, o.units / 2);
  o.hold_bytes_max = SimOptions{}.hold_bytes_max;
}

// The same.
void draw_hints(SimOptions& o) {
  Prng prng(mix(o.seed, 6));
  o.hints = prng.chance(0.4) ? 1 : 0;
}

// The same.
void draw_policy(SimOptions& o) {
  Prng prng(mix(o.seed, 7));
  if (!prng.chance(0.6)) return;
  o.policy = between(prng, 0, std::int64_t{core::kPolicyNames.size()} - 1);
  if (prng.chance(0.3)) o.speeds = between(prng, 1, 4);
}

// The same.
void draw_tail(SimOptions& o) {
  Prng prng(mix(o.seed, 8));
  o.take_back = prng.chance(0.85) ? 1 : 0;
  o.twice = prng.chance(0.85) ? 1 : 0;
  if (prng.chance(0.35)) o.faults |= 1U << static_cast<std::uint32_t>(FaultClass::slow_worker);
}

// The same.
void draw_load(SimOptions& o) {
  Prng prng(mix(o.seed, 9));
  if (prng.chance(0.3)) o.faults |= 1U << static_cast<std::uint32_t>(FaultClass::load);
}

// The same. No shards for an ordered fold.
void draw_shards(SimOptions& o) {
  Prng prng(mix(o.seed, 15));
  if (o.store == 0 || o.ordered != 0 || !prng.chance(0.5)) return;
  o.keep_results = 1;
  o.shard_bytes = between(prng, 1, 60);  // some results are smaller
  if (prng.chance(0.5)) o.shard_bytes_max = between(prng, 1, 400);
}

// The same.
void draw_respawn(SimOptions& o) {
  Prng prng(mix(o.seed, 10));
  if (!prng.chance(0.4)) return;
  o.respawn = between(prng, 1, std::min<std::int64_t>(2 * std::int64_t{o.workers}, 40));
  if (prng.chance(0.4)) o.faults |= 1U << static_cast<std::uint32_t>(FaultClass::failed_spawn);
}

// The same.
void draw_takeover(SimOptions& o) {
  Prng prng(mix(o.seed, 11));
  if (o.store == 0 || o.concurrent == 0 || o.workers > 500 || !prng.chance(0.6)) return;
  if (o.respawn > 0) return;  // not possible
  o.takeover = 1;
  if (prng.chance(0.7)) o.faults |= 1U << static_cast<std::uint32_t>(FaultClass::master_death);
  if (prng.chance(0.2)) o.hand_in_bytes_max = static_cast<std::uint64_t>(between(prng, 0, 3000));
  if (prng.chance(0.2)) o.orphan_bytes_max = static_cast<std::uint64_t>(between(prng, 0, 2000));
}

// The same.
void draw_neighbours(SimOptions& o) {
  Prng prng(mix(o.seed, 16));
  if (!prng.chance(0.5)) return;
  o.neighbours = 1;
  if (prng.chance(0.5)) o.faults |= 1U << static_cast<std::uint32_t>(FaultClass::false_word);
}

// The same.
void draw_unreadable(SimOptions& o) {
  Prng prng(mix(o.seed, 17));
  if (o.store == 0 || !prng.chance(0.4)) return;
  o.faults |= 1U << static_cast<std::uint32_t>(FaultClass::unreadable_file);
}

void draw_faults(SimOptions& o, Prng& prng) {
  if (prng.chance(0.03)) return;  // a calm run, so that calm runs are tested as well
  const double share = prng.chance(0.5) ? 0.2 : 0.5;
  // slow_worker and those after it are drawn apart.
  for (std::size_t i = 0; i < static_cast<std::size_t>(FaultClass::slow_worker); ++i) {
    if (prng.chance(share)) o.faults |= 1U << i;
  }
  const auto off = [&](FaultClass fault) {
    o.faults &= ~(1U << static_cast<std::uint32_t>(fault));
  };
  if (o.lossless != 0) off(FaultClass::drop);
  if (o.store == 0) {
    for (const FaultClass fault :
         {FaultClass::torn_write, FaultClass::failed_write, FaultClass::failed_sync,
          FaultClass::unsynced_loss, FaultClass::no_space, FaultClass::second_master}) {
      off(fault);
    }
  }
  o.rounds = prng.chance(0.3) ? between(prng, 5, 15) : between(prng, 1, 4);
  const auto rate = [&](FaultClass fault, std::int64_t most) {
    return o.has(fault) ? between(prng, 1, prng.chance(0.5) ? most : most / 10) : 0;
  };
  o.drop_permille = rate(FaultClass::drop, 300);
  o.duplicate_permille = rate(FaultClass::duplicate, 300);
  o.reorder_permille = rate(FaultClass::reorder, 500);
  o.delay_permille = rate(FaultClass::delay, 100);
  if (o.has(FaultClass::unit_throw)) {
    o.flaky_permille = between(prng, 0, 600);
    o.failing_permille = prng.chance(0.5) ? between(prng, 1, 100) : 0;
  }
  if (o.has(FaultClass::poison_unit)) o.poison_permille = between(prng, 5, 100);
  o.stops = prng.chance(0.15) ? 1 : 0;
}

// A thousand workers that wait for room ask for work every second, and each word of one makes the
// master look at all of them: millions of events, slow ones, in which a few units are done.
void bound_waiting(SimOptions& o) {
  if (o.workers <= 500) return;
  constexpr std::uint64_t kAnswerBytes = 64;
  constexpr std::uint64_t kGenerations = 4;
  const std::uint64_t unit_bytes = o.result_bytes + o.payload_bytes + kAnswerBytes;
  o.undurable_bytes_max = std::max(o.undurable_bytes_max, o.units * unit_bytes / kGenerations);
}

// Short enough to strike a few times before the faults end, long enough for a start to do
// something.
void draw_wall_time(SimOptions& o, Prng& prng) {
  if (!prng.chance(0.2)) return;
  const TimeUs least_us = 3 * o.timeout_us;
  o.walltime_us = prng.between(least_us, std::max(least_us, o.safety_us / 2));
}

}  // namespace

SimOptions options_from_seed(std::uint64_t seed) {
  SimOptions options;
  options.seed = seed;
  Prng prng(seed ^ 0x0F0E0D0C0B0A0908ULL);
  draw_sizes(options, prng);
  draw_times(options, prng);
  draw_runtime(options, prng);
  draw_order(options);
  draw_hints(options);
  draw_policy(options);
  draw_shards(options);
  draw_faults(options, prng);
  draw_tail(options);
  draw_load(options);
  draw_respawn(options);
  draw_takeover(options);
  draw_neighbours(options);
  draw_unreadable(options);
  draw_partial_states(options, prng);
  draw_wall_time(options, prng);
  bound_waiting(options);
  return options;
}

}  // namespace steadfarm::sim
