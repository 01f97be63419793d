// Replacements of lost workers: asked for, taken in, given up.
#include "core/master.hpp"

namespace steadfarm::core {

// Nothing waits for a replacement: what the lost one had is ready for the others.
void Master::drive_respawns(Actions& out) {
  if (!respawns_.enabled()) return;
  if (const auto stuck = respawns_.give_up(now_)) {
    const std::string seconds = std::to_string(options_.respawn.patience_us / kSecondUs);
    note(out, NoteKind::replacement_failed, *stuck, {}, 0,
         "starting it has not returned for " + seconds + " s; no other one is started");
  }
  if (phase_ != Phase::running || all_done()) return;
  const auto rank = respawns_.due(now_, members_.alive_count() + members_.joining_count());
  if (!rank) return;
  respawns_.started(now_);
  note(out, NoteKind::replacement_wanted, *rank, {}, 0);
  out.emplace_back(Spawn{*rank});
}

// From here on it is a worker like any other: it joins with its first word, or is lost in silence.
void Master::on(const ReplacementStarted& event, Actions& out) {
  if (!respawns_.arrived(event.rank)) return;
  members_.add(event.rank, now_);
  ready_.announce(event.rank);
  Worker worker;
  worker.rank = event.rank;
  worker.replacement = true;
  workers_.push_back(worker);
  speeds_.add_worker(event.rank);
  out.emplace_back(Readmit{event.rank});
  note(out, NoteKind::replacement_started, event.rank, {}, 0);
  // It comes when all is over, and finds that said as its first word.
  if (phase_ == Phase::closing) {
    send(workers_.back(), wire::Shutdown{exit_code(outcome_)}, out);
  }
}

void Master::on(const ReplacementFailed& event, Actions& out) {
  if (!respawns_.failed(event.rank, now_)) return;
  note(out, NoteKind::replacement_failed, event.rank, {}, 0, event.error.message);
}

}  // namespace steadfarm::core
