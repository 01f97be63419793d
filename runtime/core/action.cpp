#include "core/action.hpp"

#include <algorithm>
#include <array>
#include <utility>

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
  constexpr std::array kNames = {
      std::pair(NoteKind::worker_joined, "worker_joined"),
      std::pair(NoteKind::worker_suspected, "worker_suspected"),
      std::pair(NoteKind::worker_trusted, "worker_trusted"),
      std::pair(NoteKind::work_went_on, "work_went_on"),
      std::pair(NoteKind::unit_overdue, "unit_overdue"),
      std::pair(NoteKind::worker_lost, "worker_lost"),
      std::pair(NoteKind::worker_returned, "worker_returned"),
      std::pair(NoteKind::worker_left, "worker_left"),
      std::pair(NoteKind::worker_refused, "worker_refused"),
      std::pair(NoteKind::unit_retried, "unit_retried"),
      std::pair(NoteKind::unit_failed, "unit_failed"),
      std::pair(NoteKind::unit_quarantined, "unit_quarantined"),
      std::pair(NoteKind::unit_resumed, "unit_resumed"),
      std::pair(NoteKind::partial_refused, "partial_refused"),
      std::pair(NoteKind::answer_duplicate, "answer_duplicate"),
      std::pair(NoteKind::answer_stray, "answer_stray"),
      std::pair(NoteKind::epoch_opened, "epoch_opened"),
      std::pair(NoteKind::generation_durable, "generation_durable"),
      std::pair(NoteKind::generation_failed, "generation_failed"),
      std::pair(NoteKind::shared_improved, "shared_improved"),
      std::pair(NoteKind::link_reset, "link_reset"),
      std::pair(NoteKind::units_reclaimed, "units_reclaimed"),
      std::pair(NoteKind::units_taken_back, "units_taken_back"),
      std::pair(NoteKind::unit_doubled, "unit_doubled"),
      std::pair(NoteKind::dispatch_throttled, "dispatch_throttled"),
      std::pair(NoteKind::shard_trouble, "shard_trouble"),
      std::pair(NoteKind::replacement_wanted, "replacement_wanted"),
      std::pair(NoteKind::replacement_started, "replacement_started"),
      std::pair(NoteKind::replacement_failed, "replacement_failed"),
      std::pair(NoteKind::stopping, "stopping"),
      std::pair(NoteKind::answers_handed_in, "answers_handed_in"),
      std::pair(NoteKind::orphan_refused, "orphan_refused"),
      std::pair(NoteKind::settled, "settled"),
  };
  const auto* found = std::find_if(kNames.begin(), kNames.end(),
                                   [kind](const auto& named) { return named.first == kind; });
  return found == kNames.end() ? "unknown" : found->second;
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
    case Outcome::refused:
      return "refused";
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
    case Outcome::refused:
      return 64;
    case Outcome::no_workers:
      return 70;
  }
  return 70;
}

}  // namespace steadfarm::core
