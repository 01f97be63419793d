// The port between the worker's driver and what does the work: a function, a process, or the
// simulator's clock.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/shared_value.hpp"
#include "core/worker.hpp"
#include "wire/messages.hpp"

namespace steadfarm::worker {

/// A child with its payload owned.
struct OwnedChild {
  std::int32_t priority = 0;
  Bytes payload;
  UnitHints hints{};
};

/// What came of one execution.
struct UnitOutcome {
  wire::AnswerStatus status = wire::AnswerStatus::done;
  Bytes payload;  // the result, or the message if it failed
  std::vector<OwnedChild> children;
  std::optional<SharedValue> proposal;
  std::optional<Bytes> reduced;  // what folds take of a result that is to stay with the worker
  bool left = false;             // it saved its state and ended early; nothing above counts
};

/// One unit at a time. Not thread-safe.
class Executor {
 public:
  virtual ~Executor() = default;
  /// Begins a unit. May run it to its end.
  virtual void start(const core::Execute& unit) = 0;
  /// The outcome if the unit has ended; valid until the next start. Null while it runs.
  [[nodiscard]] virtual const UnitOutcome* finished() = 0;
  /// A better shared value has become known.
  virtual void shared_changed(const SharedValue& shared) = 0;
};

}  // namespace steadfarm::worker
