#include "sim/record.hpp"

#include <algorithm>

namespace steadfarm::sim {
namespace {

bool equal(ByteView a, ByteView b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin());
}

}  // namespace

Record::Record(World& world)
    : world_(world),
      throws_(world.workload.entries().size()),
      losses_(world.workload.entries().size()),
      saved_(world.workload.entries().size()) {}

Lineage Record::fresh_lineage() const {
  Lineage lineage;
  lineage.fates.assign(world_.workload.entries().size(), Fate::pending);
  lineage.stored_steps.assign(lineage.fates.size(), 0);
  lineage.least_steps.assign(lineage.fates.size(), 0);
  lineage.anew.assign(lineage.fates.size(), false);
  return lineage;
}

std::string Record::name(std::uint32_t unit) const {
  return "unit " + to_string(world_.workload.entries()[unit].key);
}

bool Record::born(const Lineage& lineage, std::uint32_t unit) const {
  const std::uint32_t parent = world_.workload.entries()[unit].parent;
  return parent == Workload::kNone || lineage.fates[parent] == Fate::accepted;
}

void Record::accept(Lineage& lineage, const UnitKey& key, ByteView result) {
  const std::optional<Node> node = Workload::parse(result);
  const std::uint32_t unit = node ? world_.workload.find(node->id) : Workload::kNone;
  if (unit == Workload::kNone) {
    wrong("unit " + to_string(key) + " was folded with a result that no unit gives");
    return;
  }
  const Workload::Entry& entry = world_.workload.entries()[unit];
  if (entry.key != key) {
    wrong("the result of " + name(unit) + " was folded for unit " + to_string(key));
  } else if (!equal(result, world_.workload.result(entry.node))) {
    wrong(name(unit) + " was folded with a result that is not its own");
  } else if (lineage.fates[unit] == Fate::accepted) {
    wrong(name(unit) + " was folded twice");
  } else if (lineage.fates[unit] == Fate::given_up) {
    wrong(name(unit) + " was folded after it was given up");
  } else if (!born(lineage, unit)) {
    wrong(name(unit) + " was folded before its parent");
  } else if (entry.kind == UnitKind::failing || entry.kind == UnitKind::poison) {
    wrong(name(unit) + " was folded, but it can give no result");
  }
  if (world_.verdict.failed()) return;
  lineage.fates[unit] = Fate::accepted;
  ++lineage.accepted;
  lineage.fold.apply(result);
  fold_in_order(lineage);
  world_.progress_at = world_.now;
}

// By index up to the first unit that is not done, without those that were given up.
void Record::fold_in_order(Lineage& lineage) const {
  if (world_.options.ordered == 0) return;
  const std::vector<Workload::Entry>& entries = world_.workload.entries();
  for (; lineage.next < world_.options.roots; ++lineage.next) {
    const Workload::Entry& entry = entries[lineage.next];
    if (lineage.fates[lineage.next] == Fate::pending) return;
    if (lineage.fates[lineage.next] == Fate::given_up) continue;
    lineage.fold.apply_in_order(entry.key, world_.workload.result(entry.node));
  }
}

void Record::pruned(std::uint32_t job, std::uint32_t unit,
                    const std::optional<SharedValue>& known) {
  const auto [at, is_new] = known_.try_emplace({job, unit}, known);
  if (is_new || !at->second) return;
  if (!known || is_better(*at->second, known)) at->second = known;
}

void Record::check_shared(std::uint32_t job, const UnitKey& key,
                          const std::optional<SharedValue>& shared) {
  const auto known = known_.find({job, world_.workload.find(key)});
  if (known == known_.end() || !known->second || !is_better(*known->second, shared)) return;
  wrong("unit " + to_string(key) + " was accepted, but not the value " +
        std::to_string(known->second->value) + " that it may have been pruned by");
}

void Record::give_up(Lineage& lineage, const core::Note& note) {
  const std::uint32_t unit = world_.workload.find(note.unit);
  if (unit == Workload::kNone || lineage.fates[unit] != Fate::pending || !born(lineage, unit)) {
    wrong("unit " + to_string(note.unit) + " was given up, but was not there to be done");
    return;
  }
  const Workload::Entry& entry = world_.workload.entries()[unit];
  const bool quarantined = note.kind == core::NoteKind::unit_quarantined;
  if (quarantined && losses_[unit] < world_.options.deaths_max) {
    wrong(name(unit) + " was quarantined, but only " + std::to_string(losses_[unit]) +
          " workers were lost with it");
  } else if (quarantined && note.count != world_.options.deaths_max) {
    wrong(name(unit) + " was quarantined after " + std::to_string(note.count) + " deaths");
  } else if (!quarantined && entry.kind != UnitKind::failing) {
    wrong(name(unit) + " was failed, but it does not fail that often");
  } else if (!quarantined && note.count != world_.options.tries_max) {
    wrong(name(unit) + " was failed after " + std::to_string(note.count) + " tries");
  }
  if (quarantined && entry.kind == UnitKind::poison) {
    world_.tally.took_effect(FaultClass::poison_unit);
  }
  lineage.fates[unit] = Fate::given_up;
  ++lineage.given_up;
  fold_in_order(lineage);
  world_.progress_at = world_.now;
}

void Record::count_try(const core::Note& note) {
  const std::uint32_t unit = world_.workload.find(note.unit);
  if (unit != Workload::kNone && note.count <= throws_[unit]) return;
  wrong("unit " + to_string(note.unit) + " is said to have failed " + std::to_string(note.count) +
        " times, which is more than it did");
}

void Record::granted(std::uint32_t job, Rank worker, const UnitKey& key) {
  const std::uint32_t unit = world_.workload.find(key);
  if (unit == Workload::kNone) {
    wrong("unit " + to_string(key) + " was handed out, but is no unit of this job");
    return;
  }
  grants_[{job, worker}].push_back(unit);
}

void Record::worker_lost(std::uint32_t job, Rank worker) {
  std::vector<std::uint32_t>& units = grants_[{job, worker}];
  std::sort(units.begin(), units.end());
  units.erase(std::unique(units.begin(), units.end()), units.end());
  for (const std::uint32_t unit : units) ++losses_[unit];
  units.clear();
}

void Record::started(std::uint32_t job, Rank worker, const UnitKey& key, Attempt attempt) {
  started_.insert({job, worker, key, attempt});
  if (!given_back_.contains({job, worker, key, attempt})) return;
  wrong("worker " + std::to_string(worker.value) + " starts unit " + to_string(key) + "#" +
        std::to_string(attempt.value) + ", which it has given back");
}

void Record::given_back(std::uint32_t job, Rank worker, const wire::Returned& returned) {
  for (const wire::Returned::Unit& unit : returned.units) {
    given_back_.insert({job, worker, unit.key, unit.attempt});
    if (!started_.contains({job, worker, unit.key, unit.attempt})) continue;
    wrong("worker " + std::to_string(worker.value) + " gives back unit " + to_string(unit.key) +
          "#" + std::to_string(unit.attempt.value) + ", which it has started");
  }
}

void Record::doubled(std::uint32_t job, const core::Note& note) {
  static_cast<void>(job);
  const std::uint32_t unit = world_.workload.find(note.unit);
  if (unit == Workload::kNone) {
    wrong("unit " + to_string(note.unit) + " was doubled, but is no unit of this job");
  } else if (!world_.workload.hints(world_.workload.entries()[unit].node).repeatable) {
    wrong(name(unit) + " was executed a second time, which it must not be");
  }
}

std::vector<std::uint64_t> Record::given_up_ids(const Lineage& lineage) const {
  std::vector<std::uint64_t> ids;
  for (std::uint32_t unit = 0; unit < lineage.fates.size(); ++unit) {
    if (lineage.fates[unit] != Fate::given_up) continue;
    ids.push_back(world_.workload.entries()[unit].node.id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

void Record::check_end(const Lineage& lineage, const Fold& fold,
                       const std::optional<SharedValue>& shared) {
  const std::vector<Workload::Entry>& entries = world_.workload.entries();
  bool proposer_given_up = false;
  for (std::uint32_t unit = 0; unit < lineage.fates.size(); ++unit) {
    if (lineage.fates[unit] == Fate::pending && born(lineage, unit)) {
      wrong("the job ended as complete without " + name(unit));
      return;
    }
    if (lineage.fates[unit] == Fate::given_up && world_.workload.proposal(entries[unit].node)) {
      proposer_given_up = true;
    }
  }
  const Expected expected = run_serially(world_.workload, world_.options.roots,
                                         given_up_ids(lineage), world_.options.ordered != 0);
  if (expected.units != lineage.accepted || !(expected.fold == fold)) {
    wrong("the fold of " + std::to_string(fold.count) +
          " units is not that of the serial run over " + std::to_string(expected.units));
  }
  // What a unit proposes on the way counts even if the unit is given up later.
  if (!proposer_given_up && shared != expected.best) {
    wrong("the shared value " + (shared ? std::to_string(shared->value) : "(none)") +
          " is not the best one, " +
          (expected.best ? std::to_string(expected.best->value) : "(none)"));
  }
}

}  // namespace steadfarm::sim
