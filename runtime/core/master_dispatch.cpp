// Who gets what, and when.
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "core/master.hpp"

namespace steadfarm::core {
namespace {
// What does not fit into the message is put back, so a run is taken in small steps.
constexpr std::uint64_t kRunStep = 64;
}  // namespace

bool Master::may_dispatch(const Worker& worker) const {
  return phase_ == Phase::running && members_.state(worker.rank) == MemberState::alive &&
         worker.session != Session(0) && !worker.solo;
}

bool Master::throttled() const {
  return options_.has_store && delta_.undurable_bytes() > options_.undurable_bytes_max;
}

void Master::feed(Worker& worker, Actions& out) {
  if (!may_dispatch(worker)) return;
  if (throttled()) {
    if (!throttle_noted_) {
      note(out, NoteKind::dispatch_throttled, worker.rank, {}, delta_.undurable_bytes());
      throttle_noted_ = true;
    }
    mark_hungry(worker);
    return;
  }
  if (ready_.suspect_count() == 0) {
    clearing_.reset();
  } else if (worker.leases.count == 0) {
    feed_suspect(worker, out);
    return;
  } else {
    if (!clearing_) clearing_ = worker.rank;
    if (clearing_ == worker.rank) return;
  }
  const std::uint64_t count = units_to_assign(
      options_.policy, times_, {ready_.count(), worker.leases.count, members_.alive_count()});
  if (count == 0) {
    if (ready_.count() == 0) mark_hungry(worker);
    return;
  }
  wire::UnitBatch batch;
  fill(worker, count, batch);
  send_batch(worker, std::move(batch), out);
}

void Master::feed_suspect(Worker& worker, Actions& out) {
  const auto slot = ready_.pop_suspect();
  STEADFARM_ASSERT(slot.has_value());
  wire::UnitBatch batch;
  lease(worker, *slot, batch);
  worker.solo = true;
  if (clearing_ == worker.rank) clearing_.reset();
  send_batch(worker, std::move(batch), out);
}

void Master::lease(Worker& worker, Slot slot, wire::UnitBatch& batch) {
  table_.lease(slot, worker.rank, worker.leases);
  table_.at(slot).assign_seq = worker.assign_seq + 1;
  ++leased_;
  const LiveUnit& unit = table_.at(slot);
  if (unit.key.is_spawned()) {
    batch.add(unit.key, unit.attempt, unit.payload);
  } else if (index_units_.payloads != nullptr) {
    batch.add(unit.key, unit.attempt, index_units_.payloads->payload(unit.key.lo));
  } else if (!batch.runs.empty() && batch.runs.back().attempt == unit.attempt &&
             batch.runs.back().begin + batch.runs.back().count == unit.key.lo) {
    ++batch.runs.back().count;
  } else {
    batch.add_run(unit.key.lo, 1, unit.attempt);
  }
}

void Master::fill(Worker& worker, std::uint64_t count, wire::UnitBatch& batch) {
  std::uint64_t left = count;
  while (left > 0 && batch.bytes.size() < options_.assign_bytes_max) {
    const auto next = ready_.pop(std::min(left, kRunStep));
    if (!next) break;
    if (const Slot* slot = std::get_if<Slot>(&*next)) {
      lease(worker, *slot, batch);
      --left;
      continue;
    }
    const FreshRun& run = std::get<FreshRun>(*next);
    std::uint64_t i = run.indices.begin;
    for (; i < run.indices.end && batch.bytes.size() < options_.assign_bytes_max; ++i, --left) {
      lease(worker, table_.add(UnitKey::index(i), {}, run.priority), batch);
    }
    ready_.add_fresh({i, run.indices.end}, run.priority);  // what no longer fits
  }
}

void Master::send_batch(Worker& worker, wire::UnitBatch batch, Actions& out) {
  STEADFARM_ASSERT(batch.unit_count() > 0);
  ++worker.assign_seq;
  worker.assigned_at = now_;
  send(worker, wire::Assign{worker.assign_seq, std::move(batch)}, out);
}

void Master::mark_hungry(Worker& worker) {
  if (worker.hungry) return;
  worker.hungry = true;
  hungry_.push_back(worker.rank);
}

void Master::feed_hungry(Actions& out) {
  if (phase_ != Phase::running || throttled()) return;
  for (std::size_t left = hungry_.size(); left > 0; --left) {
    if (ready_.count() == 0 && ready_.suspect_count() == 0) return;
    Worker* worker = find_worker(hungry_.front());
    hungry_.pop_front();
    worker->hungry = false;
    // One that has fallen silent may be dead. If not, its next report asks again.
    if (now_ - members_.heard_at(worker->rank) > 3 * options_.heartbeat_us) continue;
    feed(*worker, out);
  }
}

}  // namespace steadfarm::core
