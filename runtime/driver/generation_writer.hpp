// Makes generations durable while the master's loop goes on.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "checkpoint/publication.hpp"
#include "checkpoint/store.hpp"

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

 private:
  checkpoint::Store& store_;
  std::optional<Result<Generation>> done_;
};

/// Writes on a thread of its own. Its end waits for the generation that is being written.
class ThreadedWriter final : public GenerationWriter {
 public:
  /// `store` must outlive it. Signals are blocked in its thread.
  explicit ThreadedWriter(checkpoint::Store& store);
  ~ThreadedWriter() override;
  ThreadedWriter(const ThreadedWriter&) = delete;
  ThreadedWriter& operator=(const ThreadedWriter&) = delete;

  void start(std::shared_ptr<const core::GenerationDelta> delta) override;
  [[nodiscard]] std::optional<Result<Generation>> take_done() override;

 private:
  void run();

  checkpoint::Store& store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<checkpoint::Publication> waiting_;  // laid out, to be written
  std::optional<Result<Generation>> done_;
  bool ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace steadfarm::driver
