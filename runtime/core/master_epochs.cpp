// Coordinated checkpoints: open, collect, persist, and what durability changes.
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "core/master.hpp"

namespace steadfarm::core {

void Master::drive_epochs(Actions& out) {
  if (!options_.has_store) return;
  if (phase_ == Phase::running) {
    const bool kept = anything_kept();
    if (epochs_.due(now_, kept || !delta_.empty(), pressed())) {
      std::vector<Rank> asked;
      for (Worker& worker : workers_) {
        const bool speaks =
            members_.state(worker.rank) == MemberState::alive && !members_.suspected(worker.rank);
        if (speaks) asked.push_back(worker.rank);
      }
      epochs_.open(now_, asked, kept ? options_.shard_collect_us : options_.epoch_collect_us);
      note(out, NoteKind::epoch_opened, Rank(0), {}, epochs_.epoch().value);
      for (const Rank rank : asked) {
        send(*find_worker(rank), wire::EpochOpen{epochs_.epoch()}, out);
      }
    }
    if (epochs_.collected(now_)) emit_persist(false, out);
  } else if (phase_ == Phase::persisting_end && delta_.in_flight()) {
    // A slow disk gets the time that it needs, as long as it moves.
    if (now_ < end_deadline_ || !store_stands_still(end_stall_us_)) return;
    const std::string seconds = std::to_string((now_ - store_moved_at_) / kSecondUs);
    give_up_end("a call to the store has not returned for " + seconds +
                    " s; see whether its disk or file server hangs",
                out);
  } else if (phase_ == Phase::persisting_end) {
    if (now_ >= end_deadline_) {
      give_up_end(store_failure_, out);
    } else if (epochs_.may_try(now_)) {
      emit_persist(all_done(), out);
    }
  }
}

// Work goes on meanwhile, so that there is time for the disks of those who have shards to write.
bool Master::anything_kept() const {
  return std::any_of(workers_.begin(), workers_.end(), [&](const Worker& worker) {
    return worker.kept > 0 && members_.state(worker.rank) == MemberState::alive;
  });
}

void Master::give_up_end(const std::string& why, Actions& out) {
  outcome_ = Outcome::not_durable;
  reason_ = "the end state could not be made durable (" + why + "); " + std::to_string(committed_) +
            " of " + std::to_string(counters_.accepted) +
            " accepted units are, run the same command again for the rest";
  begin_close(out);
}

bool Master::store_stands_still(TimeUs patience_us) const {
  return delta_.in_flight() && now_ - store_moved_at_ >= patience_us;
}

void Master::emit_persist(bool complete, Actions& out) {
  epochs_.persist(now_);
  ++deltas_taken_;
  store_moved_at_ = now_;
  const std::shared_ptr<GenerationDelta> delta = delta_.take(table_);
  delta->epoch = epochs_.epoch();
  delta->complete = complete;
  IntervalSet pending = ready_.fresh();
  table_.for_each([&](Slot /*slot*/, const LiveUnit& unit) {
    if (unit.key.is_spawned()) return;
    pending.insert(unit.key.lo, unit.key.lo + 1);
    if (unit.tries > 0 || unit.deaths > 0) {
      delta->retried.push_back({unit.key.lo, unit.tries, unit.deaths});
    }
  });
  std::sort(delta->retried.begin(), delta->retried.end(),
            [](const RetriedIndex& a, const RetriedIndex& b) { return a.index < b.index; });
  delta->pending_indices = pending.runs();
  delta->shared = shared_;
  if (options_.ordered) delta->held = hold_.held();
  delta->counters = counters_;
  end_emitted_ = phase_ == Phase::persisting_end;
  end_complete_ = complete;
  out.emplace_back(Persist{delta});
}

void Master::on(const GenerationDurable& event, Actions& out) {
  if (epochs_.state() != Epochs::State::persisting || event.epoch != epochs_.epoch()) return;
  committed_ = delta_.in_flight_accepted();
  delta_.durable();
  epochs_.durable(now_);
  generation_ = event.generation;
  throttle_noted_ = false;
  out.emplace_back(Committed{generation_, committed_});
  note(out, NoteKind::generation_durable, Rank(0), {}, generation_.value);
  deltas_durable_ = deltas_taken_;
  if (options_.takeover) {
    for (Worker& worker : workers_) {
      if (members_.state(worker.rank) == MemberState::alive) send_beat(worker, out);
    }
  }
  if (phase_ != Phase::persisting_end) return;
  // Results that no worker could make durable are not in what is durable now.
  const bool is_durable = outcome_ == Outcome::not_durable && shard_trouble_.empty();
  // A worker that came back may have answered meanwhile for all that was still to do.
  const bool one_more = is_durable && all_done() && !end_complete_;
  if (!end_emitted_ || one_more) {  // the last one comes now, and has all of the time
    end_deadline_ = now_ + end_patience_us_;
    return;
  }
  if (is_durable) outcome_ = all_done() ? done_outcome() : Outcome::stopped;
  if (is_durable && all_done()) reason_.clear();
  begin_close(out);
}

void Master::on(const StoreMoved& /*event*/, Actions& /*out*/) { store_moved_at_ = now_; }

void Master::on(const GenerationFailed& event, Actions& out) {
  if (epochs_.state() != Epochs::State::persisting || event.epoch != epochs_.epoch()) return;
  delta_.not_durable(table_);
  epochs_.failed(now_);
  store_failure_ = event.error.message;
  note(out, NoteKind::generation_failed, Rank(0), {}, event.epoch.value, event.error.message);
  if (event.error.code != ErrorCode::fenced) return;
  outcome_ = Outcome::fenced;
  reason_ = event.error.message;
  begin_close(out);
}

}  // namespace steadfarm::core
