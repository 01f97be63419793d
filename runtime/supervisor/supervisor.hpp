// `steadfarm run`: starts a command, and starts it again until its store is complete.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "driver/clock.hpp"
#include "driver/event_log.hpp"
#include "supervisor/decision.hpp"
#include "supervisor/host_watch.hpp"
#include "supervisor/keeper.hpp"
#include "supervisor/patience.hpp"
#include "supervisor/signal_queue.hpp"

namespace steadfarm::supervisor {

struct SupervisorOptions {
  std::vector<std::string> words;  // the command, an argument vector
  std::string store;               // the folder that the command uses, too
  Limits limits;
  PatienceLimits patience;              // what a start may show nothing for, until a restart
  std::int64_t stop_grace_ms = 25'000;  // from a stop signal until what is left is ended
  std::optional<std::int64_t> deadline_unix_ms;  // when the allocation ends
  std::string log;                               // JSON lines; empty: none
  HostOptions hosts;
};

class Supervisor {
 public:
  explicit Supervisor(SupervisorOptions options) : options_(std::move(options)) {}

  /// Returns the exit code: 0 or 3 when the store is complete, 64, 65 or 70 when a restart would
  /// change nothing, 74 or 75 after a stop, 76 when it gave up. Nothing of the command is left
  /// then.
  [[nodiscard]] int run();

 private:
  [[nodiscard]] std::optional<int> one_start();
  [[nodiscard]] Result<HostWatch::Start> next_start();
  [[nodiscard]] Result<CommandEnd> keep_to_the_end(HostWatch::Start& start);
  [[nodiscard]] StoreView view_store();
  [[nodiscard]] std::optional<std::int64_t> left_ms() const;
  [[nodiscard]] std::optional<int> pause(std::int64_t delay_ms);
  void on_signal(int signal, Keeper* keeper);
  [[nodiscard]] bool is_watching() const;
  void look_for_life(Keeper& keeper);
  [[nodiscard]] std::int64_t next_wake_ms();
  void log_end(const CommandEnd& end, const StoreView& after, const Kept& kept);
  [[nodiscard]] std::optional<int> carry_out(const Decision& decision, const std::string& what);
  [[nodiscard]] int finish(int exit_code, const std::string& text);
  void log(const char* kind, const nlohmann::json& fields);

  SupervisorOptions options_;
  driver::SteadyClock clock_;
  std::unique_ptr<driver::EventLog> log_;
  SignalQueue signals_;
  std::unique_ptr<HostWatch> hosts_;
  Tally tally_;
  Asked asked_ = Asked::nothing;
  TimeUs ask_deadline_ = -1;  // when the stop has to be over; -1: no stop, or already enforced
  std::uint64_t first_generation_ = 0;  // the newest one when the command was started
  std::optional<Patience> patience_;    // with this start
  Patience::Verdict verdict_ = Patience::Verdict::wait;  // other: so the command was killed
  Kept kept_;
};

}  // namespace steadfarm::supervisor
