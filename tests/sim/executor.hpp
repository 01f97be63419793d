// Units that take simulated time.
#pragma once

#include <functional>
#include <optional>

#include "sim/record.hpp"
#include "worker/executor.hpp"
#include "worker/verdict.hpp"

namespace steadfarm::sim {

inline constexpr TimeUs kNever = INT64_MAX;

/// What a unit does at a safe point: asks, and hands its state over.
struct SavePort {
  std::function<core::SafePoint()> ask;
  std::function<void(std::uint64_t sequence, Bytes state)> save;
};

class SimExecutor final : public worker::Executor {
 public:
  /// `propose` is called outside of the driver's steps, as FunctionExecutor does.
  SimExecutor(World& world, Record& record, std::uint32_t job, Rank rank,
              std::function<void(const SharedValue&)> propose, SavePort save_port);

  void start(const core::Execute& unit) override;
  [[nodiscard]] const worker::UnitOutcome* finished() override;
  void shared_changed(const SharedValue& shared) override;

  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] TimeUs end_at() const { return end_at_; }
  /// When the running unit next looks outside, or kNever.
  [[nodiscard]] TimeUs look_at() const { return look_at_; }
  /// The running unit looks outside, and may propose a value there.
  void look();
  /// When the running unit has done a step and may save, or kNever.
  [[nodiscard]] TimeUs step_at() const { return step_at_; }
  /// It does so.
  void step();
  /// When the running unit ends its process, or kNever.
  [[nodiscard]] TimeUs deadly_at() const { return deadly_at_; }

 private:
  void decide(const Workload::Entry& entry, std::uint32_t unit);
  [[nodiscard]] bool swallows() const;
  void begin_steps(const core::Execute& unit);
  [[nodiscard]] TimeUs slowed(TimeUs duration_us) const;

  World& world_;
  Record& record_;
  std::uint32_t job_;
  Rank rank_;
  std::function<void(const SharedValue&)> propose_;
  SavePort save_port_;
  worker::UnitOutcome outcome_;
  worker::Verdict verdict_;
  std::optional<SharedValue> shared_;
  Node node_;
  bool running_ = false;
  TimeUs end_at_ = 0;
  TimeUs look_at_ = kNever;
  TimeUs step_at_ = kNever;
  TimeUs step_us_ = 0;
  std::uint64_t steps_done_ = 0;  // those of earlier executions too
  TimeUs deadly_at_ = kNever;
};

}  // namespace steadfarm::sim
