// Workers come, fall silent, are lost and return; what their messages mean.
#include <utility>

#include "base/assert.hpp"
#include "base/build.hpp"
#include "core/master.hpp"

namespace steadfarm::core {
void Master::on(const MessageFrom& event, Actions& out) {
  Worker* worker = find_worker(event.from);
  if (worker == nullptr) return;
  const bool goodbye = std::holds_alternative<wire::Goodbye>(event.message.body);
  const MemberState before = members_.state(event.from);
  if (before == MemberState::left) return;
  if (is_other_build(event)) {
    const auto& hello = std::get<wire::Hello>(event.message.body);
    send(*worker, wire::Shutdown{exit_code(Outcome::refused)}, out);
    refuse_rank(*worker, hello.host,
                "runs build " + short_build(hello.build) + " of the program and the master build " +
                    short_build(options_.build),
                out);
    return;
  }
  const bool suspected = members_.suspected(event.from);
  const bool beat = std::holds_alternative<wire::Heartbeat>(event.message.body);
  if (!goodbye || before != MemberState::lost) members_.heard(event.from, now_, beat);
  if (suspected) catch_up(*worker, out);
  if (before == MemberState::lost && members_.state(event.from) == MemberState::alive) {
    readmit(*worker, out);
  }
  if (before == MemberState::joining && !goodbye) {
    note(out, NoteKind::worker_joined, worker->rank, {}, 0);
    ready_.add(worker->rank);
    new_session(*worker, out);
  }
  std::visit([&](const auto& body) { on_message(*worker, body, event, out); }, event.message.body);
}

bool Master::is_other_build(const MessageFrom& event) const {
  const auto* hello = std::get_if<wire::Hello>(&event.message.body);
  return hello != nullptr && !hello->build.empty() && !options_.build.empty() &&
         hello->build != options_.build;
}

void Master::on(const StrangerHeard& event, Actions& out) {
  Worker* worker = find_worker(event.from);
  if (worker == nullptr || members_.state(event.from) == MemberState::left) return;
  const std::string build = event.build.empty() ? "" : ", build " + short_build(event.build);
  refuse_rank(*worker, event.host,
              "speaks version " + std::to_string(event.version) + " of the protocol" + build +
                  ", and the master version " + std::to_string(wire::kVersion) + ", build " +
                  short_build(options_.build),
              out);
}

// It gets no unit, and none of its answers counts. What others have done is made durable; but a run
// that was started from two programs is not what anybody meant, so it ends. A program that was
// replaced meanwhile, and is started as a replacement, is no reason to end what goes on.
void Master::refuse_rank(Worker& worker, const std::string& host, const std::string& what,
                         Actions& out) {
  const std::string text = "rank " + std::to_string(worker.rank.value) + " on " + host + " " + what;
  members_.set_left(worker.rank);
  neighbours_.changed(worker.rank);
  respawns_.left();
  epochs_.worker_gone(worker.rank);
  worker_gone(worker);
  if (clearing_ == worker.rank) clearing_.reset();
  const bool ends = !worker.replacement && phase_ == Phase::running;
  note(out, NoteKind::worker_refused, worker.rank, {}, ends ? 1 : 0, text);
  take_leases(worker, {}, out);
  no_longer_awaited(worker.rank, out);
  if (phase_ == Phase::running) tell_roster(out);
  if (ends) begin_stop(Outcome::refused, text + "; start all ranks from one build", out);
}

// Its Hello may be lost: a worker is welcomed at its first word, whatever that is.
void Master::on_message(Worker& worker, const wire::Heartbeat& m, const MessageFrom& /*event*/,
                        Actions& /*out*/) {
  if (m.at_safe_points) members_.excuse_silence(worker.rank);
}

template <class Other>
void Master::on_message(Worker& /*worker*/, const Other& /*m*/, const MessageFrom& /*event*/,
                        Actions& /*out*/) {
  // What only masters send is nobody's here.
}

void Master::on_message(Worker& worker, const wire::Hello& m, const MessageFrom& event,
                        Actions& out) {
  if (!m.concurrent) members_.excuse_silence(worker.rank);
  neighbours_.introduce(worker.rank, m);
  if (worker.welcomed_at >= now_) return;
  // It had turned to somebody else, who is not the master after all. What was said to it meanwhile
  // it has not heard. In an older session its Welcome may still be under way.
  const bool returns = options_.takeover && event.message.session != Session(0);
  const bool waited = now_ - worker.welcomed_at > options_.resend_us;
  if (returns && (waited || event.message.session == worker.session)) {
    note(out, NoteKind::link_reset, worker.rank, {}, leases_of(worker));
    take_leases(worker, {}, out);
    new_session(worker, out);
    return;
  }
  // A repeated Hello means that the Welcome has not arrived yet, whatever session an Assign that
  // did arrive has told the worker.
  if (!options_.lossless || returns) welcome(worker, out);
}

void Master::on_message(Worker& worker, const wire::Report& m, const MessageFrom& event,
                        Actions& out) {
  m.answers->for_each([&](const wire::AnswerView& view) { answer(worker, view, out); });
  if (m.report_seq != 0) send(worker, wire::Ack{m.report_seq, next_delta()}, out);
  learn_times(worker, m);
  if (phase_ == Phase::closing) {
    send(worker, wire::Shutdown{exit_code(outcome_)}, out);
    return;
  }
  if (event.message.session != worker.session) {
    // It may still live in an older session because the Welcome to this one was lost.
    const bool waited = now_ - worker.welcomed_at > options_.resend_us;
    if (!options_.lossless && waited) welcome(worker, out);
    return;
  }
  if (!options_.lossless && shared_ && m.shared_version < shared_version_ &&
      now_ - worker.shared_sent_at > options_.resend_us) {
    worker.shared_sent_at = now_;
    send(worker, wire::Shared{shared_version_, *shared_}, out);
  }
  worker.kept = m.kept;
  if (m.idle || m.executed > 0 || !m.answers->empty()) {
    worker.progress_at = now_;
    worker.gave_back = false;
  }
  if (m.idle) check_idle(worker, m, out);
  feed(worker, out);
}

void Master::check_idle(Worker& worker, const wire::Report& report, Actions& out) {
  const bool all_seen = report.assigns_seen == worker.assign_seq;
  if (phase_ == Phase::stopping) {
    if (all_seen) worker.idle_reported = true;
    return;
  }
  if (all_seen) worker.stale.clear();
  if (leases_of(worker) == 0 && worker.stale.empty()) return;
  const std::uint32_t this_report = report.report_seq != 0 ? 1 : 0;
  if (all_seen && report.unacked <= this_report) {
    // Everything it was given was answered, and the answers were refused or lost for good.
    note(out, NoteKind::units_reclaimed, worker.rank, {}, leases_of(worker));
    take_leases(worker, {}, out);
  } else if (!all_seen && !options_.lossless && now_ - worker.assigned_at > options_.resend_us) {
    note(out, NoteKind::link_reset, worker.rank, {}, leases_of(worker));
    take_leases(worker, {}, out);
    new_session(worker, out);
  }
}

void Master::on_message(Worker& worker, const wire::EpochAck& m, const MessageFrom& /*event*/,
                        Actions& /*out*/) {
  epochs_.acknowledged(worker.rank, m.epoch);
}

void Master::on_message(Worker& worker, const wire::Propose& m, const MessageFrom& /*event*/,
                        Actions& out) {
  consider_shared(m.shared, worker.rank, out);
}

// Judged by unit, attempt and rank alone, as an answer is: a worker that was given up may still be
// the one that is furthest on.
void Master::on_message(Worker& worker, const wire::Partial& m, const MessageFrom& /*event*/,
                        Actions& out) {
  const Slot slot = table_.find(m.key);
  if (slot == kNoSlot || !table_.was_given(slot, m.attempt, worker.rank)) return;
  LiveUnit& unit = table_.at(slot);
  switch (saved_.keep(unit.saved, m.attempt, m.sequence, m.state)) {
    case SavedStates::Kept::newer:
      worker.saved_at = now_;
      delta_.saved(unit);
      break;
    case SavedStates::Kept::no_room:
      if (!std::exchange(partial_refusal_noted_, true)) {
        note(out, NoteKind::partial_refused, worker.rank, m.key, saved_.bytes());
      }
      break;
    case SavedStates::Kept::old:
      break;
  }
}

void Master::on_message(Worker& worker, const wire::Trouble& m, const MessageFrom& /*event*/,
                        Actions& out) {
  shard_trouble_ = m.text;
  note(out, NoteKind::shard_trouble, worker.rank, {}, leases_of(worker), m.text);
}

void Master::on_message(Worker& worker, const wire::Goodbye& /*m*/, const MessageFrom& /*event*/,
                        Actions& out) {
  members_.set_left(worker.rank);
  neighbours_.changed(worker.rank);
  respawns_.left();
  epochs_.worker_gone(worker.rank);
  worker_gone(worker);
  if (clearing_ == worker.rank) clearing_.reset();
  note(out, NoteKind::worker_left, worker.rank, {}, leases_of(worker));
  take_leases(worker, {}, out);
  no_longer_awaited(worker.rank, out);
  if (phase_ == Phase::running) tell_roster(out);
}

void Master::new_session(Worker& worker, Actions& out) {
  worker.session = worker.session.next();
  worker.assign_seq = 0;
  worker.recall_seq = 0;
  worker.solo = false;
  welcome(worker, out);
  feed(worker, out);
}

void Master::welcome(Worker& worker, Actions& out) {
  worker.welcomed_at = now_;
  wire::Welcome welcome{options_.job_seed, options_.shards};
  if (options_.takeover) {
    welcome.owner_epoch = options_.owner_epoch;
    welcome.job_digest = options_.job_digest;
    welcome.shards_from = options_.shards_from;
  }
  send(worker, welcome, out);
  say_how_things_are(worker, out);
}

void Master::say_how_things_are(Worker& worker, Actions& out) {
  neighbours_.tell_again(worker.rank);
  if (shared_) {
    worker.shared_sent_at = now_;
    send(worker, wire::Shared{shared_version_, *shared_}, out);
  }
  if (phase_ == Phase::stopping) send(worker, wire::Stop{}, out);
  if (phase_ == Phase::closing) send(worker, wire::Shutdown{exit_code(outcome_)}, out);
}

// It was silent, not dead. What it had was given to others; whatever it still answers counts if it
// is the first. The units it was blamed for get their blame back.
void Master::readmit(Worker& worker, Actions& out) {
  note(out, NoteKind::worker_returned, worker.rank, {}, 0);
  table_.for_each([&](Slot /*slot*/, LiveUnit& unit) {
    if (!unit.past) return;
    for (PastLease& lease : *unit.past) {
      if (lease.rank != worker.rank || !lease.blamed) continue;
      lease.blamed = false;
      STEADFARM_ASSERT(unit.deaths > 0);
      --unit.deaths;
      delta_.touched(unit);
    }
  });
  out.emplace_back(Readmit{worker.rank});
  ready_.add(worker.rank);
  new_session(worker, out);
  tell_roster(out);
}

void Master::lose(Worker& worker, const Loss& loss, const std::string& evidence, Blame blame,
                  Actions& out) {
  out.emplace_back(Forget{worker.rank});
  out.emplace_back(Note{NoteKind::worker_lost, worker.rank, {}, leases_of(worker), evidence, loss});
  epochs_.worker_gone(worker.rank);
  worker_gone(worker);
  neighbours_.changed(worker.rank);
  respawns_.lost(worker.rank, now_);
  if (clearing_ == worker.rank) clearing_.reset();
  // When the run is being ended, the launcher may be ending the workers as well.
  open_loss(worker);
  take_leases(worker, phase_ == Phase::running ? blame : Blame(), out);
  note_work_went_on(out);
  no_longer_awaited(worker.rank, out);
  tell_roster(out);
}

// Everything the worker holds becomes ready again. Each unit that the blame falls on may be what
// killed the worker: alone, it certainly is counted; in company it is counted once and handed out
// alone from then on, so that only the culprit can reach the limit.
void Master::take_leases(Worker& worker, Blame blame, Actions& out) {
  std::uint32_t held = 0;
  for (Slot slot = worker.leases.head; slot != kNoSlot; slot = table_.at(slot).next) {
    if (blame.falls_on(slot, table_.at(slot).assign_seq)) ++held;
  }
  const bool alone = held == 1;
  if (worker.second != kNoSlot) lose_second(worker, blame, out);
  while (worker.leases.head != kNoSlot) {
    const Slot slot = worker.leases.head;
    LiveUnit& unit = table_.at(slot);
    const bool counted = blame.falls_on(slot, unit.assign_seq) && (alone || unit.deaths == 0);
    if (counted) {
      ++unit.deaths;
      delta_.touched(unit);
    }
    if (unit.second && unit.deaths < options_.deaths_max) {
      promote(slot, true, counted);  // the other execution goes on
      work_goes_on(unit);
      continue;
    }
    if (unit.second) stale_second(slot);
    free_lease(slot, true, counted);
    if (unit.deaths >= options_.deaths_max) {
      give_up(slot, NoteKind::unit_quarantined, quarantine_text(unit, blame), out);
    } else if (unit.deaths > 0) {
      ready_.push_suspect(slot);
    } else {
      ready_.push(slot);
    }
  }
  worker.solo = false;
  forget_tail(worker);
}

}  // namespace steadfarm::core
