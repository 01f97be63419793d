// Whether a lost worker is to be replaced, and as which rank. Counts only; the master acts.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "core/options.hpp"

namespace steadfarm::core {

/// One replacement is started at a time, `settle_us` after the last loss. There are never more than
/// workers were lost, and tries never more than `tries_max`. A try that brings nothing (it fails,
/// or its process dies before one of its answers was accepted) makes the next one wait, twice as
/// long each time. A try that does not come back within its patience is the last one: whoever
/// starts processes is stuck in it.
class Respawns {
 public:
  /// `workers` at the start; `first` is the rank of the first replacement, the next ones follow.
  Respawns(const RespawnOptions& options, std::uint32_t workers, Rank first)
      : options_(options), wanted_(workers), next_(first) {}

  [[nodiscard]] bool enabled() const { return options_.tries_max > 0; }

  /// The rank as which a replacement is to be started now. `present`: workers that are alive or
  /// have not spoken yet.
  [[nodiscard]] std::optional<Rank> due(TimeUs now, std::uint32_t present) const;
  /// It is being started.
  void started(TimeUs now);
  /// It is there. False if nobody asked for this rank.
  [[nodiscard]] bool arrived(Rank rank);
  /// It could not be started. False if nobody asked for this rank.
  [[nodiscard]] bool failed(Rank rank, TimeUs now);
  /// Whom nobody waits for any longer: said once, when the patience is at its end.
  [[nodiscard]] std::optional<Rank> give_up(TimeUs now);
  /// Somebody is being waited for.
  [[nodiscard]] bool under_way() const { return asked_ && !stuck_; }

  /// A worker went by itself: it needs no replacement.
  void left() { wanted_ -= wanted_ > 0 ? 1 : 0; }
  void lost(Rank worker, TimeUs now);
  /// An answer of this worker was accepted.
  void worked(Rank worker);

 private:
  void brought_nothing(TimeUs now);

  RespawnOptions options_;
  std::uint32_t wanted_;  // workers
  Rank next_;             // the rank that is being started, or the next one to be
  std::uint32_t tries_ = 0;
  bool asked_ = false;
  bool stuck_ = false;  // the try has not come back in time
  TimeUs asked_at_ = 0;
  TimeUs not_before_ = 0;
  std::uint32_t in_vain_ = 0;  // tries in a row that brought nothing
  std::set<Rank> unproven_;    // replacements of which no answer was accepted yet
};

}  // namespace steadfarm::core
