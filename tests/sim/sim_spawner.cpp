#include "sim/sim_spawner.hpp"

#include <string>
#include <utility>

namespace steadfarm::sim {

void SimSpawner::start(Rank rank) {
  if (asked_) world_.verdict.fail(kExitWrong, "two replacements are being started at one time");
  if (rank != Rank(next_rank_)) {
    world_.verdict.fail(kExitWrong, "a replacement is to be rank " + std::to_string(rank.value) +
                                        ", but the next one is " + std::to_string(next_rank_));
  }
  if (made_ >= lost_) {
    world_.verdict.fail(kExitWrong, std::to_string(lost_) + " workers were lost, and replacement " +
                                        std::to_string(made_ + 1) + " is asked for");
  }
  const TimeUs timeout_us = world_.options.timeout_us;
  asked_ = rank;
  fate_ = Fate::good;
  done_at_ = world_.now + world_.process_prng.between(1, timeout_us / 2);
  if (world_.strikes(FaultClass::failed_spawn) && world_.fault_prng.chance(0.6)) {
    world_.tally.injected(FaultClass::failed_spawn);
    const std::uint64_t kind = world_.fault_prng.below(4);
    if (kind == 0) fate_ = Fate::fails;
    if (kind == 1) fate_ = Fate::dies;
    if (kind == 2) fate_ = Fate::hangs;
    // Beyond the master's patience, which is twice the time-out.
    if (kind == 3) done_at_ = world_.now + world_.fault_prng.between(timeout_us, 5 * timeout_us);
    if (fate_ == Fate::hangs) done_at_ = kNever;
  }
  world_.trace.event(world_.now, job_, rank, "SPAWNED", static_cast<std::uint64_t>(fate_));
}

std::optional<transport::Spawner::Done> SimSpawner::take_done() {
  if (!asked_ || world_.now < done_at_) return std::nullopt;
  const Rank rank = *std::exchange(asked_, std::nullopt);
  if (fate_ == Fate::fails) {
    return Done{rank, Error{ErrorCode::unsupported, "the launcher has no place for it"}};
  }
  ++made_;
  ++next_rank_;
  make_(rank, fate_ == Fate::dies);
  return Done{rank, {}};
}

void SimSpawner::master_gone() {
  if (!asked_ || fate_ == Fate::fails || fate_ == Fate::hangs) return;
  make_(*std::exchange(asked_, std::nullopt), fate_ == Fate::dies);
}

}  // namespace steadfarm::sim
