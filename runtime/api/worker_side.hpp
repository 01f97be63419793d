// The worker's end of a run: machine, executor and driver, wired to each other.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "api/job.hpp"
#include "api/terminate_watch.hpp"
#include "driver/heartbeat.hpp"
#include "driver/process_watch.hpp"
#include "driver/shard_keeper.hpp"
#include "driver/unit_guard.hpp"
#include "driver/worker_driver.hpp"
#include "worker/function_executor.hpp"

namespace steadfarm::api {

[[nodiscard]] std::string host_name();
[[nodiscard]] core::WorkerOptions worker_options(const Job& job, bool concurrent);

/// A unit that ignores its time limit takes its worker's process along. `say_word` sends a message,
/// which may be dropped, to the master; from the heartbeat's thread.
void end_deaf_units(Rank name, const Job& job, driver::Heartbeat& heartbeat,
                    const std::shared_ptr<driver::UnitGuard>& units,
                    const std::function<void(ByteView)>& say_word);

/// Says what there is to say.
[[nodiscard]] Outcome worker_outcome(Rank name, const core::Exit& exit);

class WorkerSide {
 public:
  struct Shared {
    /// Held by whoever calls the driver; let go while a unit runs. Null: there is one thread.
    std::mutex* mutex = nullptr;
    bool takeover = false;
  };
  /// `guard` may be null: nobody asked that a unit be cut off when the run is over.
  /// `with_shards`: this thread is the only one of the process that makes HDF5 calls for the run.
  WorkerSide(const Job& job, transport::Transport& transport, bool concurrent, bool with_shards,
             driver::Heartbeat* guard, std::function<void()> at_save_point = {});
  WorkerSide(const Job& job, transport::Transport& transport, bool concurrent, bool with_shards,
             driver::Heartbeat* guard, std::function<void()> at_save_point, Shared shared);
  [[nodiscard]] driver::WorkerDriver& driver() { return driver_; }
  [[nodiscard]] const std::optional<core::Exit>& exit() const { return driver_.exit(); }
  [[nodiscard]] driver::Clock& clock() { return clock_; }
  /// Null if units may run as long as they like.
  [[nodiscard]] const std::shared_ptr<driver::UnitGuard>& units() const { return units_; }
  /// False: a call to the store did not return, and its thread is left behind.
  [[nodiscard]] bool end_shards() { return shards_ == nullptr || shards_->end(); }
  /// Under the mutex.
  [[nodiscard]] bool in_unit() const { return in_unit_; }
  /// Under the mutex, while a unit runs: what its safe points would do.
  std::size_t look_from_beside();

 private:
  void run_unit(UnitCall& call);
  void run_limited(UnitCall& call);
  [[nodiscard]] std::optional<std::string> over_time();
  [[nodiscard]] worker::FunctionExecutor::Hooks executor_hooks();
  [[nodiscard]] bool stopping();
  [[nodiscard]] bool stopping_beside();
  void cannot_end(const std::optional<std::string>& failure);
  [[noreturn]] void serve_without_unit();
  void warn_of_other_thread(const UnitKey& unit);
  void guard_unit();
  void safe_point();
  [[nodiscard]] core::SafePoint save_point();
  [[nodiscard]] std::unique_lock<std::mutex> hold() const;
  [[nodiscard]] driver::ProcessHooks process_hooks();

  driver::SteadyClock clock_;
  std::shared_ptr<driver::UnitGuard> units_;
  core::WorkerMachine machine_;
  std::function<void(UnitCall&)> work_;
  worker::FunctionExecutor executor_;
  std::unique_ptr<driver::ThreadedShards> shards_;  // null: all results go to the master
  driver::WorkerDriver driver_;
  driver::Heartbeat* guard_;
  std::function<void()> at_save_point_;
  std::mutex* mutex_;
  bool in_unit_ = false;
  UnitKey running_;
  std::optional<TerminateWatch> unit_ends_;  // from when the running unit was told to end
  std::atomic<bool> warned_of_thread_{false};
  std::optional<driver::ProcessWatch> neighbours_;
};

}  // namespace steadfarm::api
