// Runs units by calling a function of the application, on the calling thread.
#pragma once

#include <cstdint>
#include <functional>

#include "steadfarm/unit_call.hpp"
#include "worker/executor.hpp"

namespace steadfarm::worker {

class FunctionExecutor final : public Executor {
 public:
  /// `safe_point` is called from inside units, whenever the application looks at the outside: it
  /// may lead to shared_changed(). `propose` tells the others of a better shared value at once.
  struct Hooks {
    std::function<void()> safe_point;
    std::function<void(const SharedValue&)> propose;
    /// A unit can save its state here. Without this hook nobody ever wants it.
    std::function<core::SafePoint()> save_point{};
    /// It does, with so many safe points behind it.
    std::function<void(std::uint64_t sequence, Bytes state)> save{};
  };

  explicit FunctionExecutor(std::function<void(UnitCall&)> function);
  void set_hooks(Hooks hooks) { hooks_ = std::move(hooks); }
  /// Results of at least so many bytes may stay with the worker. `reduce` says what the folds take
  /// of one; if it throws, the unit has failed.
  void set_reduction(std::uint64_t bytes_min, std::function<Bytes(ByteView result)> reduce) {
    reduce_bytes_min_ = bytes_min;
    reduce_ = std::move(reduce);
  }

  void start(const core::Execute& unit) override;
  [[nodiscard]] const UnitOutcome* finished() override { return done_ ? &outcome_ : nullptr; }
  void shared_changed(const SharedValue& shared) override;

 private:
  class Call;

  std::function<void(UnitCall&)> function_;
  Hooks hooks_;
  std::uint64_t reduce_bytes_min_ = 0;
  std::function<Bytes(ByteView)> reduce_;
  UnitOutcome outcome_;
  std::optional<SharedValue> shared_;
  bool done_ = false;
};

}  // namespace steadfarm::worker
