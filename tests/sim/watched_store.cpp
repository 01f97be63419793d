#include "sim/watched_store.hpp"

namespace steadfarm::sim {

void FaultWatch::finish(const Error* error) {
  using checkpoint::Operation;
  const checkpoint::FaultCounts& now = world_.files.faults().counts();
  std::uint64_t syncs = 0;
  std::uint64_t others = 0;
  for (std::size_t i = 0; i < checkpoint::operation_count; ++i) {
    const std::uint64_t count = now.injected[i] - before_.injected[i];
    const auto operation = static_cast<Operation>(i);
    const bool sync = operation == Operation::sync || operation == Operation::sync_folder;
    (sync ? syncs : others) += count;
  }
  const auto count = [&](FaultClass fault, std::uint64_t injected) {
    for (std::uint64_t i = 0; i < injected; ++i) world_.tally.injected(fault);
    if (injected > 0 && error != nullptr) world_.tally.took_effect(fault);
  };
  count(FaultClass::failed_write, others);
  count(FaultClass::failed_sync, syncs);
  if (error != nullptr && syncs + others == 0 && error->code == ErrorCode::no_space) {
    world_.tally.took_effect(FaultClass::no_space);
  }
}

void StoreTap::changed(checkpoint::Operation operation, const std::string& folder,
                       const std::string& name, const std::string& to) {
  checker_.changed(operation, folder, name, to);
  world_.trace.event(world_.now, 0, kNobody, "  file", static_cast<std::uint64_t>(operation), [&] {
    return std::string(checkpoint::to_string(operation)) + " " + name +
           (to.empty() ? "" : " -> " + to);
  });
  // A folder is seen as it was at some moment: with a later manifest all earlier ones are in sight.
  if (operation == checkpoint::Operation::link && to.starts_with("manifest-")) {
    world_.files.unreadable().reveal("manifest-");
  }
  if (!publishing_) return;
  if (operation == checkpoint::Operation::write && writes_left_ > 0 && --writes_left_ == 0) {
    checkpoint::MemoryFaults& faults = world_.files.faults();
    faults.power_off_after(faults.operations());
  }
  if (!interruption_ || changes_left_-- > 0) return;
  std::exchange(interruption_, nullptr)();
}

void StoreTap::reported(Generation generation) { checker_.reported(kStorePath, generation); }

void StoreTap::check() {
  if (checker_.breaches().empty()) return;
  world_.verdict.fail(kExitWrong, "file operations in the wrong order: " + checker_.breaches()[0]);
}

Result<std::unique_ptr<checkpoint::Publication>> WatchedStore::prepare(
    std::shared_ptr<const core::GenerationDelta> delta) {
  STEADFARM_ASSERT(lineage_ != nullptr);
  if (fenced_) world_.verdict.fail(kExitWrong, "a fenced job went on publishing");
  number_ = record_.publishing(*lineage_, *delta, inner_->owner_epoch());
  return inner_->prepare(std::move(delta));
}

Result<Generation> WatchedStore::write(checkpoint::Publication& publication) {
  const bool power_goes = power_lost_ != nullptr && !world_.calm && !world_.fault_prng.chance(0.2);
  if (power_goes && power_after_ > 0) {
    checkpoint::MemoryFaults& faults = world_.files.faults();
    faults.power_off_after(faults.operations() + power_after_);
  } else if (power_goes) {
    tap_.arm_torn_write(1 + world_.fault_prng.below(2));
  }
  ++publishes_;
  const std::uint64_t accepted = publication.delta->counters.accepted;
  FaultWatch watch(world_);
  tap_.set_publishing(true);
  Result<Generation> result = inner_->write(publication);
  tap_.set_publishing(false);
  watch.finish(result ? nullptr : &result.error());
  world_.trace.event(world_.now, job_, kMaster, "  publish", result ? 1 : 0, [&] {
    return result ? "generation " + std::to_string(result.value().value) + " with " +
                        std::to_string(accepted) + " accepted units"
                  : "failed: " + result.error().message;
  });
  if (result) {
    tap_.reported(result.value());
    record_.published(job_, number_, result.value());
    record_.states_stored(*lineage_, *publication.delta);
    last_ = {result.value(), accepted};
    complete_ = publication.delta->complete;
    if (failed_before_) ++world_.recovery.publishes_repeated;
  }
  failed_before_ = !result;
  fenced_ = !result && result.error().code == ErrorCode::fenced;
  tap_.check();
  tap_.arm_torn_write(0);
  if (power_goes) std::exchange(power_lost_, nullptr)();
  return result;
}

void WatchedStore::maintain() {
  // What `write` left for here; a torn write needs a write, so it waits for the next one.
  const bool power_goes = power_lost_ != nullptr && !world_.calm && power_after_ > 0;
  if (power_goes) {
    checkpoint::MemoryFaults& faults = world_.files.faults();
    faults.power_off_after(faults.operations() + power_after_ % 8);
  }
  const auto before = world_.files.faults().counts().injected;
  const std::uint64_t unseen_before = world_.files.unreadable().hits();
  inner_->maintain();
  tap_.check();
  // What could not be removed, or was not in sight, is left to the next opening.
  const bool undisturbed = !power_goes && world_.files.faults().counts().injected == before &&
                           world_.files.unreadable().hits() == unseen_before;
  if (complete_ && undisturbed && record_.is_owner(job_)) record_.check_no_orphans(*lineage_);
  if (power_goes) std::exchange(power_lost_, nullptr)();
}

}  // namespace steadfarm::sim
