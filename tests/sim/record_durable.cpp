// The record of what was made durable, and what a start may therefore find.
#include <algorithm>

#include "checkpoint/names.hpp"
#include "checkpoint/segment.hpp"
#include "sim/record.hpp"

namespace steadfarm::sim {

void Record::check_pending_indices(const Lineage& lineage,
                                   const std::vector<core::Interval>& runs) {
  std::uint64_t next = 0;
  for (const core::Interval& run : runs) {
    if (run.begin < next || run.end <= run.begin || run.end > world_.options.roots) {
      wrong("the pending indices of a generation are not sorted intervals");
      return;
    }
    for (; next < run.begin; ++next) {
      if (lineage.fates[next] == Fate::pending) wrong(name(next) + " is missing in a generation");
    }
    for (; next < run.end; ++next) {
      if (lineage.fates[next] != Fate::pending) wrong(name(next) + " is done and still pending");
    }
  }
  for (; next < world_.options.roots; ++next) {
    if (lineage.fates[next] == Fate::pending) wrong(name(next) + " is missing in a generation");
  }
}

std::uint64_t Record::publishing(const Lineage& lineage, const core::GenerationDelta& delta,
                                 OwnerEpoch owner) {
  check_pending_indices(lineage, delta.pending_indices);
  if (delta.counters.accepted != lineage.accepted || delta.counters.failed != lineage.given_up) {
    wrong("a generation counts " + std::to_string(delta.counters.accepted) + " accepted and " +
          std::to_string(delta.counters.failed) + " failed units, but they are " +
          std::to_string(lineage.accepted) + " and " + std::to_string(lineage.given_up));
  }
  if (delta.fold_state != lineage.fold.save()) {
    wrong("a generation goes to the store with the fold state of another moment");
  }
  snapshots_.push_back({++numbers_, owner, false, lineage});
  store_states(snapshots_.back().lineage, delta);
  return numbers_;
}

void Record::make_durable(std::size_t at) {
  const Lineage& now = snapshots_[at].lineage;
  if (has_durable_) {
    const Lineage& before = snapshots_.front().lineage;
    for (std::uint32_t unit = 0; unit < now.fates.size(); ++unit) {
      if (before.fates[unit] != Fate::pending && now.fates[unit] != before.fates[unit]) {
        wrong(name(unit) + " was committed and is not any more");
      }
    }
  }
  snapshots_[at].durable = true;
  has_durable_ = true;
  snapshots_.erase(snapshots_.begin(), snapshots_.begin() + static_cast<std::ptrdiff_t>(at));
}

void Record::published(std::uint32_t job, std::uint64_t number, Generation generation) {
  if (job != owner_) {
    // Its manifest may have been in place before the other's, who must then have found it.
    if (generation >= owner_generation_ || number > owner_snapshot_) {
      wrong("generation " + std::to_string(generation.value) + " was published by job " +
            std::to_string(job) + ", but job " + std::to_string(owner_) + " owns the store");
    }
    return;
  }
  if (generation <= generation_) {
    wrong("generation " + std::to_string(generation.value) + " came after generation " +
          std::to_string(generation_.value));
  }
  generation_ = generation;
  for (std::size_t at = 0; at < snapshots_.size(); ++at) {
    if (snapshots_[at].number != number) continue;
    make_durable(at);
    return;
  }
  wrong("a generation was published that is older than a durable one");
}

void Record::check_recovered(const Lineage& lineage, const core::RecoveredState& state) {
  const std::vector<Workload::Entry>& entries = world_.workload.entries();
  check_pending_indices(lineage, state.pending_indices);
  std::uint64_t spawned_pending = 0;
  for (std::uint32_t unit = world_.options.roots; unit < entries.size(); ++unit) {
    if (lineage.fates[unit] == Fate::pending && born(lineage, unit)) ++spawned_pending;
  }
  for (const core::UnitRecord& record : state.units) {
    const std::uint32_t unit = world_.workload.find(record.key);
    if (unit == Workload::kNone || lineage.fates[unit] != Fate::pending || !born(lineage, unit)) {
      wrong("the store gave back unit " + to_string(record.key) + ", which is not pending");
      return;
    }
    if (record.payload != world_.workload.spawn_payload(entries[unit].node) ||
        record.priority != world_.workload.priority(entries[unit].node) ||
        record.hints != world_.workload.hints(entries[unit].node)) {
      wrong("the store gave back " + name(unit) + " with another payload, priority or hints");
    }
    if (record.tries > throws_[unit] || record.deaths > losses_[unit]) {
      wrong("the store gave back " + name(unit) + " with more tries or deaths than it had");
    }
  }
  if (state.units.size() != spawned_pending) {
    wrong("the store gave back " + std::to_string(state.units.size()) +
          " spawned units, but pending are " + std::to_string(spawned_pending));
  }
  for (const core::RetriedIndex& retried : state.retried) {
    if (retried.tries > throws_[retried.index] || retried.deaths > losses_[retried.index]) {
      wrong("the store gave back unit " + std::to_string(retried.index) +
            " with more tries or deaths than it had");
    }
  }
  for (const core::FailedUnit& failed : state.failed) {
    const std::uint32_t unit = world_.workload.find(failed.key);
    if (unit == Workload::kNone || lineage.fates[unit] != Fate::given_up) {
      wrong("the store calls unit " + to_string(failed.key) + " failed, which it is not");
    }
  }
  if (state.failed.size() != lineage.given_up) {
    wrong("the store gave back " + std::to_string(state.failed.size()) +
          " failed units, but there are " + std::to_string(lineage.given_up));
  }
}

// Two owners may have come to the same state, with their results in shards of their own. Whose it
// is says the owner epoch; that of a take-over, which adds nothing, is nobody's here.
std::optional<std::size_t> Record::find_snapshot(const core::RecoveredState& state) const {
  const auto fits = [&](const Lineage& lineage) {
    return state.fold_state == lineage.fold.save() && state.counters.accepted == lineage.accepted &&
           state.counters.failed == lineage.given_up && holds_states(lineage, state);
  };
  std::optional<std::size_t> durable;
  std::optional<std::size_t> any;
  for (std::size_t at = snapshots_.size(); at-- > 0;) {
    const Snapshot& snapshot = snapshots_[at];
    if (!fits(snapshot.lineage)) continue;
    if (snapshot.owner == state.owner_epoch) return at;
    if (snapshot.durable && !durable) durable = at;
    if (!any) any = at;
  }
  return durable ? durable : any;
}

Lineage Record::opened(std::uint32_t job, const checkpoint::OpenReport& report) {
  if (report.generation <= generation_) wrong("opening the store did not raise the generation");
  if (report.owner_epoch <= owner_epoch_) wrong("opening the store did not raise the owner epoch");
  owner_ = job;
  owner_epoch_ = report.owner_epoch;
  generation_ = report.generation;
  owner_generation_ = report.generation;
  owner_snapshot_ = 0;
  if (!report.recovered) {
    if (has_durable_) wrong("the store was opened as a new one, but it held committed units");
    snapshots_.clear();
    return fresh_lineage();
  }
  const core::RecoveredState& state = *report.recovered;
  if (const std::optional<std::size_t> at = find_snapshot(state)) {
    check_recovered(snapshots_[*at].lineage, state);
    owner_snapshot_ = snapshots_[*at].number;
    make_durable(*at);
    Lineage found = snapshots_.front().lineage;
    found.least_steps = found.stored_steps;
    found.anew.assign(found.anew.size(), false);
    return found;
  }
  wrong("the store gave back generation " + std::to_string(state.generation.value) + " with " +
        std::to_string(state.counters.accepted) +
        " accepted units, which is no state since the last committed one");
  return fresh_lineage();
}

void Record::check_shard(const UnitKey& key, ByteView result, const ShardPlace& place) {
  const std::string name = checkpoint::shard_name(place.shard.name);
  const std::string about = "unit " + to_string(key) + " was accepted, but " + name;
  const auto file = world_.files.disk("/store").find(name);
  if (!file || !world_.files.is_durable("/store", name)) {
    wrong(about + " is not durable");
    return;
  }
  const Bytes& content = file->content;
  if (content.size() != place.shard.bytes || digest(ByteView(content)) != place.shard.digest) {
    wrong(about + " is not what was said of it");
    return;
  }
  const Result<checkpoint::Segment> shard = checkpoint::hdf5_codec().decode(content);
  const bool there = shard && place.row < shard.value().delta.results.size() &&
                     shard.value().delta.results.keys[place.row] == key &&
                     std::ranges::equal(shard.value().delta.results.payload(place.row), result);
  if (!there) wrong(about + " does not hold its result at row " + std::to_string(place.row));
  ++world_.recovery.results_in_shards;
}

void Record::check_no_orphans(const Lineage& lineage) {
  for (const auto& [name, file] : world_.files.disk("/store").visible()) {
    const std::optional<ShardName> shard = checkpoint::parse_shard_name(name);
    if (shard && !lineage.shards.contains(*shard)) {
      wrong(name + " holds no accepted result and is still there");
    }
  }
}

}  // namespace steadfarm::sim
