// Who falls silent, what is lost with a worker, and when its work goes on elsewhere.
#include <algorithm>
#include <cstdio>

#include "base/number_text.hpp"
#include "core/master.hpp"

namespace steadfarm::core {
namespace {

// A unit is overdue when it runs so many times as long as the longest seen, and for no less than
// a second: what is shorter than a few messages is not measured well.
constexpr TimeUs kFarBeyond = 5;

}  // namespace

void Master::hear_silence(Actions& out) {
  const Membership::Changes changes = members_.tick(now_);
  for (const Membership::Lost& lost : changes.lost) {
    Worker& worker = *find_worker(lost.rank);
    Loss loss = loss_of(worker, lost.early ? LossKind::phi : LossKind::silence);
    loss.phi = lost.phi;
    std::string evidence = "silent for longer than the time-out";
    if (lost.early) {
      evidence = "silent for " + seconds_text(lost.silence_us) +
                 ", which its heartbeats so far make unlikely (phi " + fixed_text(lost.phi, 1) +
                 ")";
    }
    lose(worker, loss, evidence, {kBlameAll}, out);
  }
  for (const Rank rank : changes.suspected) {
    out.emplace_back(Suspect{rank});
    note(out, NoteKind::worker_suspected, rank, {}, leases_of(*find_worker(rank)));
    epochs_.worker_gone(rank);
    neighbours_.changed(rank);
  }
  note_overdue(out);
}

// It speaks again. What was kept from it meanwhile is said now; the rest it asks for itself.
void Master::catch_up(Worker& worker, Actions& out) {
  out.emplace_back(Trust{worker.rank});
  note(out, NoteKind::worker_trusted, worker.rank, {}, leases_of(worker));
  say_how_things_are(worker, out);
}

// Silent, it is taken to have worked until its last word, at least.
Loss Master::loss_of(const Worker& worker, LossKind how) const {
  Loss loss{how, now_ - members_.heard_at(worker.rank)};
  if (leases_of(worker) == 0) return loss;
  const bool by_silence = how == LossKind::silence || how == LossKind::phi;
  const TimeUs end = by_silence ? members_.heard_at(worker.rank) : now_;
  loss.redo_us = std::max<TimeUs>(0, end - std::max(worker.progress_at, worker.saved_at));
  return loss;
}

void Master::open_loss(const Worker& worker) {
  std::erase_if(open_losses_, [&](const OpenLoss& open) { return open.rank == worker.rank; });
  if (leases_of(worker) > 0) open_losses_.push_back({worker.rank, now_, {}});
}

// Somebody has this unit, which somebody else had before.
void Master::work_goes_on(const LiveUnit& unit) {
  for (OpenLoss& open : open_losses_) {
    const bool was_its = std::any_of(unit.past->begin(), unit.past->end(),
                                     [&](const PastLease& past) { return past.rank == open.rank; });
    if (was_its && !open.went_on) open.went_on = unit.key;
  }
}

void Master::note_work_went_on(Actions& out) {
  if (open_losses_.empty()) return;
  std::erase_if(open_losses_, [&](const OpenLoss& open) {
    if (!open.went_on) return false;
    note(out, NoteKind::work_went_on, open.rank, *open.went_on,
         static_cast<std::uint64_t>(now_ - open.lost_at));
    return true;
  });
}

// Once for each unit. It may be the fault of the unit, or of its worker.
void Master::note_overdue(Actions& out) {
  if (longest_us_ == 0 || phase_ != Phase::running) return;
  for (Worker& worker : workers_) {
    if (worker.leases.count == 0 || worker.overdue_of == worker.progress_at) continue;
    const LiveUnit& unit = table_.at(worker.leases.head);
    const auto declared_us = static_cast<TimeUs>(unit.hints.expected_us);
    const TimeUs longest_us = std::max(longest_us_, declared_us);
    const TimeUs runs_us = now_ - worker.progress_at;
    if (runs_us <= std::max(kFarBeyond * longest_us, kSecondUs)) continue;
    if (members_.is_quiet(worker.rank, now_)) continue;
    worker.overdue_of = worker.progress_at;
    note(out, NoteKind::unit_overdue, worker.rank, unit.key, static_cast<std::uint64_t>(runs_us),
         "the longest so far took " + seconds_text(longest_us));
  }
}

// It ends itself, because this unit ran for too long and did not end. Nothing else that it had
// is to blame.
void Master::on_message(Worker& worker, const wire::Overdue& m, const MessageFrom& /*event*/,
                        Actions& out) {
  const MemberState before = members_.state(worker.rank);
  const Slot slot = table_.find(m.key);
  const bool has_it = slot != kNoSlot && table_.was_given(slot, m.attempt, worker.rank);
  members_.set_dead(worker.rank);
  if (before == MemberState::lost) return;
  const Blame blame = has_it ? Blame{0, slot} : Blame{};
  lose(worker, loss_of(worker, LossKind::overdue),
       "unit " + to_string(m.key) + " ran longer than the unit time limit of " +
           seconds_text(options_.unit_timeout_us),
       blame, out);
  // What it was charged with should be known to whoever starts the job again.
  if (options_.has_store && phase_ == Phase::running) epochs_.request();
}

// On other hosts workers see for us whose process ends.
void Master::tell_neighbours(Actions& out) {
  if (phase_ == Phase::closing) return;
  const auto part_of = [this](Rank rank) {
    using Part = Neighbours::Part;
    const MemberState state = members_.state(rank);
    if (state == MemberState::alive && !members_.suspected(rank)) return Part::watches;
    const bool may_live = state == MemberState::alive || state == MemberState::lost;
    return may_live && !members_.is_dead(rank) ? Part::is_watched : Part::none;
  };
  for (Neighbours::Order& order : neighbours_.take_orders(part_of)) {
    send(*find_worker(order.to), std::move(order.list), out);
  }
}

// Whatever else is said of a process that is not this one's, nor on its machine, says nothing.
void Master::on_message(Worker& worker, const wire::Ended& m, const MessageFrom& /*event*/,
                        Actions& out) {
  if (!neighbours_.can_see(worker.rank, m.process)) return;
  const std::string evidence =
      "its process has ended, as rank " + std::to_string(worker.rank.value) + " on its host saw";
  on(PeerLost{m.process.rank, evidence, 0, LossKind::neighbour}, out);
}

std::string Master::quarantine_text(const LiveUnit& unit, const Blame& blame) const {
  const std::string count = std::to_string(unit.deaths);
  if (blame.culprit == kNoSlot) {
    return "quarantined: " + count + " workers died while they had it";
  }
  return "quarantined: it ran longer than the unit time limit of " +
         seconds_text(options_.unit_timeout_us) + " and could not be ended; " + count +
         " workers ended for it";
}

}  // namespace steadfarm::core
