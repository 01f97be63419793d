// Runs units by calling a function of the application, on the calling thread.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>

#include "steadfarm/unit_call.hpp"
#include "worker/executor.hpp"
#include "worker/verdict.hpp"

namespace steadfarm::worker {

/// Ends an execution that counts as a failed try, at a safe point.
class EndUnit final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class FunctionExecutor final : public Executor {
 public:
  /// What units want to know and say on their way. All but those that say otherwise are called on
  /// the thread that runs the unit. Those that are left out: nobody listens.
  struct Hooks {
    /// Called from inside units, whenever the application looks at the outside: it may lead to
    /// shared_changed().
    std::function<void()> safe_point;
    /// Tells the others of a better shared value at once.
    std::function<void(const SharedValue&)> propose;
    /// A unit can save its state here. Without this hook nobody ever wants it.
    std::function<core::SafePoint()> save_point{};
    /// It does, with so many safe points behind it.
    std::function<void(std::uint64_t sequence, Bytes state)> save{};
    /// Asks, at a safe point, whether the unit has run for longer than it may: in words. From any
    /// thread.
    std::function<std::optional<std::string>()> over_time{};
    /// Would a unit that saves here be told to leave? Looks outside as safe_point() does.
    std::function<bool()> stopping{};
    /// The same from a thread of the unit's own, as far as it is known without a look outside.
    std::function<bool()> stopping_beside{};
    /// The running unit is told to end, by an exception that follows or by `save` returning false.
    std::function<void()> ends{};
    /// `save` was called on a thread of the unit's own. From such a thread.
    std::function<void(const UnitKey&)> saved_beside{};
  };

  explicit FunctionExecutor(std::function<void(UnitCall&)> function);
  void set_hooks(Hooks hooks) { hooks_ = std::move(hooks); }
  /// Results of at least so many bytes may stay with the worker. `reduce` says what the folds take
  /// of one; if it throws, the unit has failed.
  void set_reduction(std::uint64_t bytes_min, std::function<Bytes(ByteView result)> reduce) {
    reduce_bytes_min_ = bytes_min;
    reduce_ = std::move(reduce);
  }

  /// An execution with more bytes of result and children has failed.
  void set_answer_bytes_max(std::uint64_t bytes) { answer_bytes_max_ = bytes; }

  void start(const core::Execute& unit) override;
  [[nodiscard]] const UnitOutcome* finished() override { return done_ ? &outcome_ : nullptr; }
  void shared_changed(const SharedValue& shared) override;

 private:
  class Call;
  [[nodiscard]] std::uint64_t answer_bytes() const;

  std::function<void(UnitCall&)> function_;
  Hooks hooks_;
  std::uint64_t answer_bytes_max_ = answer_bytes_max;
  std::uint64_t reduce_bytes_min_ = 0;
  std::function<Bytes(ByteView)> reduce_;
  UnitOutcome outcome_;
  Verdict verdict_;  // on the running execution
  std::optional<SharedValue> shared_;
  bool done_ = false;
};

}  // namespace steadfarm::worker
