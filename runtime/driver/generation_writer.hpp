// Makes generations durable while the master's loop goes on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "checkpoint/publication.hpp"
#include "checkpoint/store.hpp"
#include "driver/clock.hpp"

namespace steadfarm::driver {

/// One generation at a time: after `start` nothing is started before `take_done` gave its outcome.
/// Both are called by the loop's thread, which is also the one that makes HDF5 calls.
class GenerationWriter {
 public:
  virtual ~GenerationWriter() = default;
  /// Takes the time of a few HDF5 calls. `delta` must not change any more.
  virtual void start(std::shared_ptr<const core::GenerationDelta> delta) = 0;
  /// The outcome, once.
  [[nodiscard]] virtual std::optional<Result<Generation>> take_done() = 0;
  /// Changes whenever the store has come a step further.
  [[nodiscard]] virtual std::uint64_t steps() const = 0;
  /// The run is about to stop, and time is short: nothing but what it needs is written from now on.
  virtual void hurry() {}
};

/// Writes in `start`, while its caller waits. For tests that want every step at its place.
class WaitingWriter final : public GenerationWriter {
 public:
  /// `store` must outlive it.
  explicit WaitingWriter(checkpoint::Store& store) : store_(store) {}
  void start(std::shared_ptr<const core::GenerationDelta> delta) override {
    done_ = store_.publish(*delta);
  }
  [[nodiscard]] std::optional<Result<Generation>> take_done() override {
    return std::exchange(done_, std::nullopt);
  }
  [[nodiscard]] std::uint64_t steps() const override { return store_.steps(); }
  void hurry() override { store_.hurry(); }

 private:
  checkpoint::Store& store_;
  std::optional<Result<Generation>> done_;
};

/// Writes on a thread of its own, in which all signals are blocked. What a thread throws would end
/// the process, so memory that runs out there is an error of the store.
class ThreadedWriter final : public GenerationWriter {
 public:
  static constexpr TimeUs kStepUs = 30'000'000;  // that one step of the store may take

  /// Throws std::system_error if there is no thread to be had.
  explicit ThreadedWriter(std::shared_ptr<checkpoint::Store> store);
  ~ThreadedWriter() override;  // ends it
  ThreadedWriter(const ThreadedWriter&) = delete;
  ThreadedWriter& operator=(const ThreadedWriter&) = delete;

  void start(std::shared_ptr<const core::GenerationDelta> delta) override;
  [[nodiscard]] std::optional<Result<Generation>> take_done() override;
  [[nodiscard]] std::uint64_t steps() const override;
  void hurry() override;

  /// Ends the thread, after the generation that it is writing. Waits as long as the store comes a
  /// step further within `step_us`, and no longer than `most_us` in all. False: the call that it is
  /// in did not return. Then the thread is left behind with the store, which it shares, and the
  /// process should end by _exit. Nothing may be started afterwards.
  [[nodiscard]] bool end(TimeUs step_us = kStepUs, TimeUs most_us = INT64_MAX);

 private:
  struct Shared;

  std::shared_ptr<Shared> shared_;
  std::thread thread_;
  bool left_behind_ = false;
};

}  // namespace steadfarm::driver
