// One run of the master: store, machine, driver, log and progress, from the start to the outcome.
#pragma once

#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <vector>

#include "api/job.hpp"
#include "api/loss_report.hpp"
#include "checkpoint/store.hpp"
#include "driver/event_log.hpp"
#include "driver/heartbeat.hpp"
#include "driver/life_sign.hpp"
#include "driver/master_driver.hpp"
#include "driver/process_watch.hpp"
#include "driver/progress_line.hpp"
#include "driver/worker_driver.hpp"

namespace steadfarm::api {

class MasterRun {
 public:
  /// `inherited`: this rank was a worker, and takes over.
  MasterRun(const Job& job, transport::Transport& transport, std::int32_t rank_count,
            std::optional<driver::Inheritance> inherited = {});
  ~MasterRun();

  /// Opens log and store and starts the driver. After an error the workers have been told to leave
  /// and `outcome()` says why.
  [[nodiscard]] bool start();
  /// One turn; returns how much was done.
  std::size_t turn();
  [[nodiscard]] bool finished() const;
  /// The end: closes the log, writes the report.
  [[nodiscard]] Outcome outcome();
  /// Something threw, most likely the application's fold: nothing can be trusted any more.
  void abandon(const std::string& what);
  /// Memory ran out, in the application's fold or here.
  void out_of_memory();

 private:
  [[nodiscard]] bool start_all();
  [[nodiscard]] Status open_store();
  void cannot_open(const Error& error);
  [[nodiscard]] Status load_fold(const core::RecoveredState& recovered);
  [[nodiscard]] core::MasterOptions machine_options();
  [[nodiscard]] Status open_spawner();
  void start_heartbeat();
  void make_driver();
  [[nodiscard]] driver::MasterHooks hooks();
  void on_note(const core::Note& note);
  void announce(const core::Note& note);
  void on_hello(Rank rank, const wire::Hello& hello);
  void refuse(int exit_code, const std::string& message);
  void warn_of_store(const std::string& warning);
  void say_start();
  void say_taken_over();
  void say_work_goes_on(const core::Note& note);
  [[nodiscard]] bool is_inherited() const { return inherited_.has_value(); }
  [[nodiscard]] OwnerEpoch shards_from() const;
  [[nodiscard]] OwnerEpoch lost_epoch() const;
  [[nodiscard]] Status set_term();
  void cannot_take_over(const Error& error);
  [[nodiscard]] std::string take_over_text() const;
  [[nodiscard]] bool was_master(Rank rank) const;
  [[nodiscard]] std::vector<Rank> awaited() const;
  void say_end(const Outcome& outcome);
  [[nodiscard]] bool end_writer();
  [[nodiscard]] bool end_spawner();
  void send_home(Rank worker);
  void warn_of_log();
  [[nodiscard]] std::uint64_t restarts();
  void write_report(const Outcome& outcome);

  const Job& job_;
  const Options& options_;
  transport::Transport& transport_;
  std::int32_t rank_count_;
  std::optional<driver::Inheritance> inherited_;
  bool takeover_;  // a worker could take over from us
  core::Term term_;
  driver::SteadyClock clock_;
  TimeUs started_at_;
  std::optional<TimeUs> ended_at_;  // the last workers' farewell is no part of the run
  std::vector<Rank> workers_;
  std::unique_ptr<driver::EventLog> log_;
  std::shared_ptr<checkpoint::Store> store_;     // shared with the writer's thread
  std::unique_ptr<driver::LifeSign> life_sign_;  // for `steadfarm run`
  std::unique_ptr<driver::ThreadedWriter> writer_;
  std::unique_ptr<transport::Spawner> spawner_;  // null: lost workers are not replaced
  checkpoint::OpenReport opened_;                // its state until the machine has it
  std::uint64_t units_restored_ = 0;
  JobHints hints_;
  std::unique_ptr<core::Master> machine_;
  std::unique_ptr<driver::Heartbeat> heartbeat_;
  std::unique_ptr<driver::MasterDriver> driver_;
  driver::ProgressLine progress_;
  TimeUs next_log_progress_ = 0;
  bool stop_forwarded_ = false;
  bool in_fold_ = false;  // in the application's code
  std::optional<Outcome> refused_;
  std::vector<FailedUnitReport> failures_;
  LossReport losses_;
  std::optional<TakeOverReport> take_over_;
  driver::ProcessWatch processes_;
};

/// Calls `run` and hands whatever it throws, in words, to the master.
template <class Run>
void guarded(MasterRun& master, Run&& run) {
  try {
    run();
  } catch (const std::bad_alloc&) {
    master.out_of_memory();
  } catch (const std::exception& e) {
    master.abandon(e.what());
  } catch (...) {
    master.abandon("something was thrown that is not a std::exception");
  }
}

}  // namespace steadfarm::api
