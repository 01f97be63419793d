// The record of what units have saved on their way, and what they may therefore be resumed from.
#include <algorithm>

#include "sim/record.hpp"

namespace steadfarm::sim {

void Record::resumed(const UnitKey& key, std::uint64_t steps, ByteView state) {
  const std::uint32_t unit = world_.workload.find(key);
  const Bytes own = world_.workload.state(world_.workload.entries()[unit].node, steps);
  if (!saved_[unit].contains(steps)) {
    wrong(name(unit) + " was resumed at step " + std::to_string(steps) +
          ", where it has never saved");
  } else if (!std::ranges::equal(state, own)) {
    wrong(name(unit) + " was resumed from a state that is not its own");
  }
}

void Record::check_granted_state(const Lineage& lineage, const UnitKey& key, std::uint64_t steps) {
  const std::uint32_t unit = world_.workload.find(key);
  if (unit == Workload::kNone || steps >= lineage.least_steps[unit]) return;
  wrong(name(unit) + " was handed out with " + std::to_string(steps) + " steps done, but " +
        std::to_string(lineage.least_steps[unit]) + " are durable");
}

void Record::retried(Lineage& lineage, const core::Note& note) const {
  const std::uint32_t unit = world_.workload.find(note.unit);
  if (unit == Workload::kNone || note.count + 1 != world_.options.tries_max) return;
  lineage.least_steps[unit] = 0;
  lineage.anew[unit] = true;
}

void Record::store_states(Lineage& lineage, const core::GenerationDelta& delta) const {
  for (const core::PartialState& partial : delta.partials) {
    const std::uint32_t unit = world_.workload.find(partial.key);
    if (unit == Workload::kNone) continue;
    lineage.stored_steps[unit] = static_cast<std::uint32_t>(partial.sequence);
  }
}

void Record::states_stored(Lineage& lineage, const core::GenerationDelta& delta) {
  for (const core::PartialState& partial : delta.partials) {
    const std::uint32_t unit = world_.workload.find(partial.key);
    if (unit == Workload::kNone) {
      wrong("a state of unit " + to_string(partial.key) + " was stored, which is no unit");
    } else if (partial.sequence > 0 && !saved_[unit].contains(partial.sequence)) {
      wrong("a state of " + name(unit) + " after step " + std::to_string(partial.sequence) +
            " was stored that it never saved");
    } else if (!lineage.anew[unit]) {
      lineage.least_steps[unit] = static_cast<std::uint32_t>(partial.sequence);
    }
  }
  store_states(lineage, delta);
}

// The states of exactly the pending units that have one, as far as they were stored.
bool Record::holds_states(const Lineage& lineage, const core::RecoveredState& state) const {
  const std::vector<Workload::Entry>& entries = world_.workload.entries();
  std::vector<std::uint64_t> found(entries.size(), 0);
  for (const core::PartialState& partial : state.partials) {
    const std::uint32_t unit = world_.workload.find(partial.key);
    if (unit == Workload::kNone) return false;
    const Bytes own = world_.workload.state(entries[unit].node, partial.sequence);
    if (!std::ranges::equal(partial.view(), own)) return false;
    found[unit] = partial.sequence;
  }
  for (std::uint32_t unit = 0; unit < entries.size(); ++unit) {
    const bool pending = lineage.fates[unit] == Fate::pending && born(lineage, unit);
    if (found[unit] != (pending ? lineage.stored_steps[unit] : 0)) return false;
  }
  return true;
}

}  // namespace steadfarm::sim
