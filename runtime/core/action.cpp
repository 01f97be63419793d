#include "core/action.hpp"

namespace steadfarm::core {

const char* to_string(LossKind kind) {
  switch (kind) {
    case LossKind::silence:
      return "silence";
    case LossKind::phi:
      return "phi";
    case LossKind::transport:
      return "transport";
    case LossKind::process:
      return "process";
    case LossKind::overdue:
      return "overdue";
    case LossKind::neighbour:
      return "neighbour";
  }
  return "unknown";
}

const char* to_string(NoteKind kind) {
  switch (kind) {
    case NoteKind::worker_joined:
      return "worker_joined";
    case NoteKind::worker_suspected:
      return "worker_suspected";
    case NoteKind::worker_trusted:
      return "worker_trusted";
    case NoteKind::work_went_on:
      return "work_went_on";
    case NoteKind::unit_overdue:
      return "unit_overdue";
    case NoteKind::worker_lost:
      return "worker_lost";
    case NoteKind::worker_returned:
      return "worker_returned";
    case NoteKind::worker_left:
      return "worker_left";
    case NoteKind::unit_retried:
      return "unit_retried";
    case NoteKind::unit_failed:
      return "unit_failed";
    case NoteKind::unit_quarantined:
      return "unit_quarantined";
    case NoteKind::unit_resumed:
      return "unit_resumed";
    case NoteKind::partial_refused:
      return "partial_refused";
    case NoteKind::answer_duplicate:
      return "answer_duplicate";
    case NoteKind::answer_stray:
      return "answer_stray";
    case NoteKind::epoch_opened:
      return "epoch_opened";
    case NoteKind::generation_durable:
      return "generation_durable";
    case NoteKind::generation_failed:
      return "generation_failed";
    case NoteKind::shared_improved:
      return "shared_improved";
    case NoteKind::link_reset:
      return "link_reset";
    case NoteKind::units_reclaimed:
      return "units_reclaimed";
    case NoteKind::units_taken_back:
      return "units_taken_back";
    case NoteKind::unit_doubled:
      return "unit_doubled";
    case NoteKind::dispatch_throttled:
      return "dispatch_throttled";
    case NoteKind::shard_trouble:
      return "shard_trouble";
    case NoteKind::replacement_wanted:
      return "replacement_wanted";
    case NoteKind::replacement_started:
      return "replacement_started";
    case NoteKind::replacement_failed:
      return "replacement_failed";
    case NoteKind::stopping:
      return "stopping";
    case NoteKind::answers_handed_in:
      return "answers_handed_in";
    case NoteKind::orphan_refused:
      return "orphan_refused";
    case NoteKind::settled:
      return "settled";
  }
  return "unknown";
}

const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::complete:
      return "complete";
    case Outcome::complete_failed:
      return "complete_failed";
    case Outcome::stopped:
      return "stopped";
    case Outcome::not_durable:
      return "not_durable";
    case Outcome::fenced:
      return "fenced";
    case Outcome::no_workers:
      return "no_workers";
  }
  return "unknown";
}

int exit_code(Outcome outcome) {
  switch (outcome) {
    case Outcome::complete:
      return 0;
    case Outcome::complete_failed:
      return 3;
    case Outcome::stopped:
      return 75;
    case Outcome::not_durable:
      return 74;
    case Outcome::fenced:
      return 65;
    case Outcome::no_workers:
      return 70;
  }
  return 70;
}

}  // namespace steadfarm::core
