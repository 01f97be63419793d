#include "steadfarm/command_line.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <clocale>
#include <cstdlib>
#include <iostream>
#include <locale>
#include <thread>
#include <utility>

#include "core/policy/names.hpp"
#include "core/policy/speeds.hpp"
#include "core/term.hpp"
#include "transport/mpi/replacement.hpp"

namespace steadfarm {
namespace {

// Before MPI runs, the launcher's environment tells which copy should speak.
bool speaks() {
  if (std::getenv(transport::kReplacementVariable) != nullptr) return false;
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return std::string_view(value) == "0";
  }
  return true;
}

// CLI11 takes -1 for the largest number there is, and cuts what is larger.
std::string whole_number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return {};
  return "'" + text + "' is not a whole number from 0 to 18446744073709551615";
}

// An empty one is most often a shell's variable that is not set. Taken for "none" it would leave a
// run without its store.
std::string not_empty(const std::string& text) { return text.empty() ? "it is empty" : ""; }

// An interval of 0 stands for "auto".
CLI::Validator seconds_or_auto() {
  const auto check = [](std::string& text) -> std::string {
    if (text != "auto") return CLI::Range(1e-3, 1e9)(text);
    text = "0";
    return {};
  };
  return {check, "SECONDS|auto", "interval"};
}

// A size of 0 stands for "off".
CLI::Validator bytes_or_off() {
  const auto check = [](std::string& text) -> std::string {
    if (text == "off") text = "0";
    return whole_number(text);
  };
  return {check, "BYTES|off", "bytes"};
}

void add_work_options(CLI::App& app, Options& options, const std::string& group) {
  const auto positive = CLI::Range(1e-3, 1e9);
  app.add_option("--store", options.store, "folder for checkpoints; without it nothing is durable")
      ->envname("STEADFARM_STORE")
      ->check(not_empty)
      ->group(group);
  app.add_flag("--fresh", options.fresh, "discard what the store holds")
      ->envname("STEADFARM_FRESH")
      ->group(group);
  app.add_option("--mode", options.mode, "who may read the store: private, or group as well")
      ->envname("STEADFARM_MODE")
      ->check(CLI::IsMember({"private", "group"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--interval", options.interval_s,
                 "seconds between checkpoints, or auto: by --mtbf and what they cost")
      ->envname("STEADFARM_INTERVAL")
      ->transform(seconds_or_auto())
      ->capture_default_str()
      ->group(group);
  app.add_option("--mtbf", options.mtbf_s, "mean seconds between failures, for --interval auto")
      ->envname("STEADFARM_MTBF")
      ->check(positive)
      ->group(group);
  app.add_option("--buffer", options.buffer_bytes,
                 "bytes in memory and not yet on disk, above which nothing is handed out")
      ->envname("STEADFARM_BUFFER")
      ->check(whole_number)
      ->capture_default_str()
      ->group(group);
  app.add_option("--shard", options.shard_bytes,
                 "stored results of so many bytes are written by the workers; off: by the master")
      ->envname("STEADFARM_SHARD")
      ->transform(bytes_or_off())
      ->capture_default_str()
      ->group(group);
  app.add_option("--read-patience", options.read_patience_s,
                 "seconds to try again what cannot be read when the store is opened")
      ->envname("STEADFARM_READ_PATIENCE")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str()
      ->group(group);
  app.add_option("--identity", options.identity,
                 "what job this is; a store of another identity is refused")
      ->envname("STEADFARM_IDENTITY")
      ->check(not_empty)
      ->group(group);
  app.add_option("--same-program", options.same_program,
                 "what to do if another build of the program wrote the store")
      ->envname("STEADFARM_SAME_PROGRAM")
      ->check(CLI::IsMember({"warn", "refuse", "ignore"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--keep", options.keep, "generations that stay in the store")
      ->envname("STEADFARM_KEEP")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str()
      ->group(group);
}

std::vector<std::string> policy_names() {
  std::vector<std::string> names;
  names.reserve(core::kPolicyNames.size());
  for (const core::PolicyName& known : core::kPolicyNames) names.emplace_back(known.name);
  return names;
}

void add_policy_options(CLI::App& app, Options& options, const std::string& group) {
  app.add_option("--policy", options.policy, "how many units a worker gets, and which")
      ->envname("STEADFARM_POLICY")
      ->check(CLI::IsMember(policy_names()))
      ->capture_default_str()
      ->group(group);
  app.add_option("--chunk", options.chunk,
                 "units a message for --policy fixed, the least one for guided, factoring, "
                 "trapezoid and weighted, units dealt at a time for round-robin")
      ->envname("STEADFARM_CHUNK")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--speeds", options.speeds,
                 "relative speeds of the workers by rank, 1,2,...; repeated if too few; for "
                 "--policy weighted, which else measures them")
      ->envname("STEADFARM_SPEEDS")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::Range(core::kSpeedMin, core::kSpeedMax))
      ->group(group);
  app.add_option("--prefetch", options.prefetch,
                 "units that may wait at a worker; 0: by their times")
      ->envname("STEADFARM_PREFETCH")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str()
      ->group(group);
}

void add_tail_options(CLI::App& app, Options& options, const std::string& group) {
  app.add_option("--stragglers", options.stragglers,
                 "a unit that takes far too long is executed twice, or waited for")
      ->envname("STEADFARM_STRAGGLERS")
      ->check(CLI::IsMember({"twice", "wait"}))
      ->capture_default_str()
      ->group(group);
}

void add_take_over_options(CLI::App& app, Options& options, const std::string& group) {
  app.add_option("--takeover", options.takeover,
                 "a worker takes over from a dead master: auto, on (or the run is refused), off")
      ->envname("STEADFARM_TAKEOVER")
      ->check(CLI::IsMember({"auto", "on", "off"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--retain", options.retain_bytes,
                 "bytes of accepted results that a worker keeps for a later master")
      ->envname("STEADFARM_RETAIN")
      ->check(whole_number)
      ->capture_default_str()
      ->group(group);
}

void add_running_options(CLI::App& app, Options& options, const std::string& group) {
  const auto positive = CLI::Range(1e-3, 1e9);
  app.add_option("--heartbeat", options.heartbeat_s, "seconds between signs of life")
      ->envname("STEADFARM_HEARTBEAT")
      ->check(positive)
      ->capture_default_str()
      ->group(group);
  app.add_option("--timeout", options.timeout_s, "seconds of silence before a worker is lost")
      ->envname("STEADFARM_TIMEOUT")
      ->check(positive)
      ->capture_default_str()
      ->group(group);
  app.add_option("--unit-timeout", options.unit_timeout_s,
                 "seconds that one execution of a unit may take; by default any")
      ->envname("STEADFARM_UNIT_TIMEOUT")
      ->check(positive)
      ->group(group);
  app.add_option("--deadline", options.deadline_unix_s,
                 "when the allocation ends, in seconds since 1970; by default SLURM_JOB_END_TIME")
      ->envname("STEADFARM_DEADLINE")
      ->check(CLI::Range(0.0, 1e12))
      ->group(group);
  app.add_option("--walltime", options.walltime_s, "seconds until the run has to be over")
      ->envname("STEADFARM_WALLTIME")
      ->check(positive)
      ->group(group);
  // The older name says less well that the first execution counts; scripts rely on it.
  app.add_option("--executions,--retries", options.executions,
                 "after so many failed executions, the first one included, a unit is given up")
      ->envname("STEADFARM_EXECUTIONS")
      ->check(CLI::Range(1, static_cast<int>(core::kAttemptNumberMax)))
      ->capture_default_str()
      ->group(group);
  app.add_option("--seed", options.seed, "source of every unit's random streams")
      ->envname("STEADFARM_SEED")
      ->check(whole_number)
      ->capture_default_str()
      ->group(group);
  app.add_flag("--master-works", options.master_works, "rank 0 computes as well, beside the master")
      ->envname("STEADFARM_MASTER_WORKS")
      ->group(group);
  app.add_flag("--respawn", options.respawn, "replace lost workers by new processes")
      ->envname("STEADFARM_RESPAWN")
      ->group(group);
  app.add_option("--progress", options.progress, "what to show while running")
      ->envname("STEADFARM_PROGRESS")
      ->check(CLI::IsMember({"auto", "bar", "line", "off"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--log", options.log, "file for the event log, JSON lines")
      ->envname("STEADFARM_LOG")
      ->check(not_empty)
      ->group(group);
  app.add_option("--report", options.report, "file for the report at the end, JSON")
      ->envname("STEADFARM_REPORT")
      ->check(not_empty)
      ->group(group);
  app.add_flag("--json", options.json, "one JSON object as the last line of standard output")
      ->envname("STEADFARM_JSON")
      ->group(group);
}

// CLI11 from 2.4 on silently leaves out a variable whose value does not pass its check as one word:
// a list, or a mistake that nobody would hear of.
void take_in_left_out_variables(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    const std::string name = option->get_envname();
    const char* value = name.empty() ? nullptr : std::getenv(name.c_str());
    if (value == nullptr || *value == '\0' || option->count() > 0) continue;
    option->add_result(std::string(value));
    option->run_callback();
  }
}

// Names that scripts may still use.
void take_in_older_variables(CLI::App& app) {
  CLI::Option* option = app.get_option_no_throw("--executions");
  const char* value = std::getenv("STEADFARM_RETRIES");
  if (option == nullptr || value == nullptr || *value == '\0' || option->count() > 0) return;
  option->add_result(std::string(value));
  option->run_callback();
}

// CLI11 takes the next word for the value, whatever it is: `--store --json` would make a store of
// that name.
void check_values(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    if (!option->nonpositional()) continue;
    for (const std::string& value : option->results()) {
      if (!value.starts_with("--")) continue;
      throw CLI::ArgumentMismatch(option->get_name() + " has no value: '" + value +
                                  "' is an option, and a path of that name begins with ./");
    }
  }
}

// The command line means the same under every locale that the program has set before.
class PlainLocale {
 public:
  PlainLocale()
      : c_(std::setlocale(LC_ALL, nullptr)), cpp_(std::locale::global(std::locale::classic())) {}
  ~PlainLocale() {
    std::locale::global(cpp_);
    std::setlocale(LC_ALL, c_.c_str());
  }
  PlainLocale(const PlainLocale&) = delete;
  PlainLocale& operator=(const PlainLocale&) = delete;

 private:
  std::string c_;
  std::locale cpp_;
};

}  // namespace

void add_options(CLI::App& app, Options& options) {
  const PlainLocale plain;
  const std::string group = "Steadfarm";
  if (options.retries) options.executions = *std::exchange(options.retries, std::nullopt);
  add_work_options(app, options, group);
  add_policy_options(app, options, group);
  add_tail_options(app, options, group);
  add_take_over_options(app, options, group);
  add_running_options(app, options, group);
}

std::optional<int> parse_command_line(CLI::App& app, int argc, const char* const* argv) {
  const PlainLocale plain;
  try {
    app.parse(argc, argv);
    take_in_left_out_variables(app);
    take_in_older_variables(app);
    check_values(app);
  } catch (const CLI::CallForHelp&) {
    if (speaks()) std::cout << app.help();
    return 0;
  } catch (const CLI::ParseError& e) {
    return usage_error(app.get_name(), e.what());
  }
  return std::nullopt;
}

int usage_error(const std::string& program, const std::string& message) {
  if (speaks()) {
    std::cerr << program << ": error: " << message << "; see " << program << " --help\n";
  } else {
    // The launcher ends everybody at the first exit that is not 0: let the one who speaks be first.
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  return 64;
}

Options options_from_command_line(int argc, const char* const* argv, Options defaults) {
  CLI::App app("A Steadfarm program");
  if (argc > 0) app.name(argv[0]);
  add_options(app, defaults);
  if (const auto code = parse_command_line(app, argc, argv)) std::exit(*code);
  return defaults;
}

}  // namespace steadfarm
