// What the policies need to know of the workers, and what they say of an asking one.
#include <algorithm>

#include "core/master.hpp"

namespace steadfarm::core {

bool Master::measures_workers() const {
  return options_.policy.kind == PolicyKind::weighted ||
         options_.policy.kind == PolicyKind::least_loaded;
}

void Master::learn_times(const Worker& worker, const wire::Report& report) {
  longest_us_ = std::max(
      longest_us_, static_cast<TimeUs>(std::min(report.longest_us, std::uint64_t{kExpectedMaxUs})));
  times_.add(report.executed, report.busy_us, report.busy_us_squared);
  if (measures_workers()) {
    speeds_.add(worker.rank, report.executed, report.busy_us, report.busy_us_squared);
  }
}

void Master::note_load(const Worker& worker) {
  ready_.note_load(worker.rank, to_run(worker));
  if (options_.policy.kind != PolicyKind::least_loaded) return;
  const double mean_us = speeds_.times(worker.rank, times_).mean_us();
  loads_.set(worker.rank, static_cast<TimeUs>(mean_us * to_run(worker)));
}

void Master::worker_gone(const Worker& worker) {
  ready_.remove(worker.rank);
  loads_.erase(worker.rank);
}

// How many units make this worker as busy as the least busy of the others, and a message more.
std::uint64_t Master::level_units(const Worker& worker, const UnitTimes& times) const {
  const auto least_us = loads_.least_but(worker.rank);
  if (!least_us || !times.known()) return UINT64_MAX;
  const double mean_us = std::max(times.mean_us(), 0.01);
  const double message_us = std::max(mean_us, static_cast<double>(options_.policy.message_us));
  const double units = (static_cast<double>(*least_us) + message_us) / mean_us;
  return static_cast<std::uint64_t>(std::min(units, 1e15));
}

std::uint64_t Master::units_for(const Worker& worker, std::uint64_t ready) {
  const PolicyKind kind = options_.policy.kind;
  PolicyInput input;
  input.ready = ready;
  input.outstanding = to_run(worker);
  input.workers = members_.alive_count();
  input.declared_us = worker.leases.declared_us;
  if (worker.kept > 0 && worker.leases.count > 0) {
    input.declared_us = worker.leases.declared_us / worker.leases.count * to_run(worker);
  }
  input.next_us = cost_floor_us(ready_.next_cost(worker.rank));
  if (kind == PolicyKind::least_loaded) {
    const UnitTimes& times = speeds_.times(worker.rank, times_);
    input.level = level_units(worker, times);
    return units_to_assign(options_.policy, times, input);
  }
  // A share of everything: those who have not spoken yet want theirs, too.
  const std::uint32_t sharers = members_.alive_count() + members_.joining_count();
  if (kind != PolicyKind::weighted) {
    input.chunk = rule_.next(ready, sharers, 1);
  } else if (speeds_.known(worker.rank)) {
    input.chunk = rule_.next(ready, sharers, speeds_.weight(worker.rank, times_));
  } else {
    input.chunk = 1;  // a first unit, to measure
  }
  if (input.chunk > 0) input.workers = sharers;
  return units_to_assign(options_.policy, times_, input);
}

void Master::note_given(const Worker& worker, std::uint64_t count) {
  note_load(worker);
  const bool measuring =
      options_.policy.kind == PolicyKind::weighted && !speeds_.known(worker.rank);
  if (!measuring) rule_.gave(count);
}

}  // namespace steadfarm::core
