// steadfarm run [options] -- COMMAND...: starts a command, and again until its store is complete.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "driver/paths.hpp"
#include "supervisor/command.hpp"
#include "supervisor/launch_line.hpp"
#include "supervisor/supervisor.hpp"

namespace steadfarm::cli {
namespace {

struct Arguments {
  std::vector<std::string> words;
  std::optional<std::string> store;
  std::string log;
  supervisor::Limits limits;
  double backoff_s = 1;
  double stall_s = 0;
  double launch_s = 300;
  double silence_s = 600;
  double stop_grace_s = 25;
  std::int64_t deadline_unix_s = 0;  // 0: none
  double walltime_s = 0;             // 0: any time
  supervisor::HostOptions hosts;
};

constexpr std::int64_t kSecondsMax = std::int64_t{1} << 40U;

std::int64_t to_ms(double seconds) { return std::llround(seconds * 1e3); }

// A flag of ours, a word of the command, the environment: in this order.
Result<std::string> store_of(const Arguments& arguments) {
  const auto in_words = supervisor::store_in_words(arguments.words);
  const auto usage = [](std::string text) { return Error{ErrorCode::usage, std::move(text)}; };
  // CLI11 takes the next word, be it the `--` before the command.
  if (arguments.store && (arguments.store->empty() || arguments.store->starts_with("--"))) {
    return usage("--store has no value");
  }
  if (arguments.store && in_words && *in_words != *arguments.store) {
    return usage("--store '" + *arguments.store + "' here, but '" + *in_words +
                 "' in the command; leave one of them out");
  }
  if (arguments.store) return *arguments.store;
  if (in_words && !in_words->empty()) return *in_words;
  const char* variable = std::getenv("STEADFARM_STORE");
  if (variable != nullptr && *variable != '\0') return std::string(variable);
  return usage(
      "no --store, neither before `--` nor in the command, and no STEADFARM_STORE; without a "
      "store every restart would begin anew");
}

// The same from the root. A store that the command names is looked for by its ranks, in the folder
// that the launcher starts them in; any other they are told as it is here.
Result<std::string> absolute_store(const Arguments& arguments, const std::string& store) {
  if (driver::is_absolute(store)) return store;
  const auto here = driver::current_folder();
  if (!here) {
    return Error{ErrorCode::usage, here.error().message + ", so the store '" + store +
                                       "' names no place; give a path that begins with /"};
  }
  std::string folder = here.value();
  const auto ranks_folder = supervisor::read_launch_line(arguments.words).folder;
  if (ranks_folder && supervisor::store_in_words(arguments.words)) {
    folder = driver::path_in(folder, *ranks_folder);
  }
  return driver::path_in(folder, store);
}

// For the supervisor and, through it, for the command, whichever is sooner. Slurm's word counts if
// nothing else is said and it is not that of a job which is over.
std::optional<std::int64_t> deadline_of(const Arguments& arguments) {
  using std::chrono::duration_cast;
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t now_ms = duration_cast<std::chrono::milliseconds>(since_1970).count();
  std::optional<std::int64_t> deadline_ms;
  if (arguments.deadline_unix_s > 0) deadline_ms = arguments.deadline_unix_s * 1000;
  if (arguments.walltime_s > 0) {
    const std::int64_t until_ms = now_ms + to_ms(arguments.walltime_s);
    deadline_ms = std::min(deadline_ms.value_or(until_ms), until_ms);
  }
  const char* slurm = std::getenv("SLURM_JOB_END_TIME");
  if (!deadline_ms && slurm != nullptr) {
    const std::int64_t seconds = std::strtoll(slurm, nullptr, 10);
    if (seconds > now_ms / 1000 && seconds < kSecondsMax) deadline_ms = seconds * 1000;
  }
  return deadline_ms;
}

int run(const Arguments& arguments) {
  Result<std::string> store = store_of(arguments);
  if (store) store = absolute_store(arguments, store.value());
  if (!store) {
    say_error(store.error().message + "; see steadfarm run --help");
    return 64;
  }
  supervisor::SupervisorOptions options;
  options.words = arguments.words;
  options.store = std::move(store).value();
  options.limits = arguments.limits;
  options.limits.backoff_ms = to_ms(arguments.backoff_s);
  options.patience = {.launch_ms = to_ms(arguments.launch_s),
                      .stall_ms = to_ms(arguments.stall_s),
                      .silence_ms = to_ms(arguments.silence_s)};
  options.stop_grace_ms = to_ms(arguments.stop_grace_s);
  options.deadline_unix_ms = deadline_of(arguments);
  options.log = arguments.log;
  options.hosts = arguments.hosts;
  return supervisor::Supervisor(std::move(options)).run();
}

void add_options(CLI::App& command, Arguments& arguments) {
  command.add_option("--store", arguments.store,
                     "the store that the command uses; by default what the command says");
  command.add_option("--log", arguments.log, "file for what happens, JSON lines");
  command.add_option("--max-restarts", arguments.limits.restarts_max, "restarts before giving up")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  command
      .add_option("--max-idle-restarts", arguments.limits.idle_restarts_max,
                  "restarts in a row that make nothing durable, before giving up")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  command
      .add_option("--backoff", arguments.backoff_s,
                  "seconds before a restart; doubles, up to 60, while they make nothing durable")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  command
      .add_option("--stall", arguments.stall_s,
                  "seconds without a new generation until the command is killed and started again; "
                  "take more than its longest unit and its --interval. Default: never")
      ->check(CLI::Range(0.1, 1e9));
  command
      .add_option("--launch", arguments.launch_s,
                  "seconds from a start until the program has opened its store, else it is killed "
                  "and started again; 0: any time")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  command
      .add_option("--silence", arguments.silence_s,
                  "seconds without a sign of life of the farm's master (one every ten "
                  "heartbeats or minute), from then on, else the same; 0: any time")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  command
      .add_option("--stop-grace", arguments.stop_grace_s,
                  "seconds from a stop signal until what is left is ended")
      ->check(CLI::Range(0.1, 1e6))
      ->capture_default_str();
  command
      .add_option("--deadline", arguments.deadline_unix_s,
                  "when the allocation ends, in seconds since 1970; by default SLURM_JOB_END_TIME")
      ->envname("STEADFARM_DEADLINE")
      ->check(CLI::Range(std::int64_t{0}, kSecondsMax));
  command
      .add_option("--walltime", arguments.walltime_s,
                  "seconds until all of it, with every restart, has to be over")
      ->check(CLI::Range(0.1, 1e9));
  command.add_option("--spares", arguments.hosts.spares,
                     "hosts that stand in for lost ones, as for mpirun's --host: a:4,b:4");
  command.add_flag("--probe", arguments.hosts.probe,
                   "ask every host through ssh before a restart whether it answers");
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand(
      "run",
      "Start a command, and start it again until its store is complete.\n"
      "SIGINT (Ctrl-C), SIGTERM, SIGHUP and SIGUSR2 ask it to checkpoint and stop (exit 75), a\n"
      "second SIGINT stops it now, SIGUSR1 asks for a checkpoint. Exit 0 or 3: complete; 64, 65,\n"
      "70: the command's own, a restart would not change it; 74, 75: stopped; 76: gave up.");
  add_options(*command, *arguments);
  command->add_option("COMMAND", arguments->words, "after --: the command and its arguments")
      ->required();
  command->callback([arguments, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace steadfarm::cli
