#include "steadfarm/command_line.hpp"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

namespace steadfarm {
namespace {

// One environment variable, for the length of a test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

struct Parsed {
  std::optional<int> code;
  Options options;
  int size = 0;  // the program's own
  std::string out;
  std::string err;
};

Parsed parse(const std::vector<const char*>& arguments, Options defaults = {}) {
  Parsed parsed;
  parsed.options = std::move(defaults);
  CLI::App app("Does something");
  app.name("program");
  app.add_option("--size", parsed.size, "the program's own");
  add_options(app, parsed.options);
  std::vector<const char*> argv = {"program"};
  for (const char* argument : arguments) argv.push_back(argument);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  parsed.code = parse_command_line(app, static_cast<int>(argv.size()), argv.data());
  parsed.out = testing::internal::GetCapturedStdout();
  parsed.err = testing::internal::GetCapturedStderr();
  return parsed;
}

TEST(CommandLine, replaces_lost_workers_if_asked) {
  EXPECT_FALSE(parse({}).options.respawn);
  EXPECT_TRUE(parse({"--respawn"}).options.respawn);
  const Variable variable("STEADFARM_RESPAWN", "true");
  EXPECT_TRUE(parse({}).options.respawn);
}

// It is rank 0 of a world of its own, but not the one who speaks.
TEST(CommandLine, is_silent_in_a_replacement) {
  const Variable variable("STEADFARM_REPLACEMENT", "4");
  const Parsed parsed = parse({"--bogus"});
  EXPECT_EQ(parsed.code, 64);
  EXPECT_EQ(parsed.err, "");
}

TEST(CommandLine, takes_an_interval_in_seconds_or_auto) {
  EXPECT_EQ(parse({"--interval", "2.5"}).options.interval_s, 2.5);
  const Parsed automatic = parse({"--interval", "auto", "--mtbf", "3600", "--buffer", "1000000"});
  EXPECT_EQ(automatic.code, std::nullopt);
  EXPECT_EQ(automatic.options.interval_s, 0);
  EXPECT_EQ(automatic.options.mtbf_s, 3600);
  EXPECT_EQ(automatic.options.buffer_bytes, 1'000'000U);
  for (const char* bad : {"0", "-1", "often", "automatic"}) {
    EXPECT_EQ(parse({"--interval", bad}).code, 64) << bad;
  }
  EXPECT_EQ(parse({"--mtbf", "0"}).code, 64);
}

TEST(CommandLine, leaves_what_the_code_says_alone_without_flags) {
  Options defaults;
  defaults.store = "from code";
  defaults.interval_s = 12;
  const Parsed parsed = parse({}, defaults);
  EXPECT_EQ(parsed.code, std::nullopt);
  EXPECT_EQ(parsed.options.store, "from code");
  EXPECT_EQ(parsed.options.interval_s, 12);
  EXPECT_EQ(parsed.out + parsed.err, "");
}

TEST(CommandLine, sets_every_option) {
  const Parsed parsed = parse({"--size",     "4",           "--store",
                               "s",          "--fresh",     "--interval",
                               "2.5",        "--keep",      "4",
                               "--policy",   "fixed",       "--chunk",
                               "7",          "--speeds",    "1,2.5",
                               "--prefetch", "8",           "--stragglers",
                               "wait",       "--heartbeat", "0.5",
                               "--timeout",  "6",           "--executions",
                               "9",          "--seed",      "18446744073709551615",
                               "--progress", "line",        "--log",
                               "l",          "--report",    "r",
                               "--json",     "--mode",      "group"});
  ASSERT_EQ(parsed.code, std::nullopt) << parsed.err;
  const Options& o = parsed.options;
  EXPECT_EQ(parsed.size, 4);
  EXPECT_EQ(o.store, "s");
  EXPECT_TRUE(o.fresh);
  EXPECT_EQ(o.interval_s, 2.5);
  EXPECT_EQ(o.mode, "group");
  EXPECT_EQ(o.keep, 4U);
  EXPECT_EQ(o.policy, "fixed");
  EXPECT_EQ(o.chunk, 7U);
  EXPECT_EQ(o.speeds, (std::vector<double>{1, 2.5}));
  EXPECT_EQ(o.prefetch, 8U);
  EXPECT_EQ(o.stragglers, "wait");
  EXPECT_EQ(o.heartbeat_s, 0.5);
  EXPECT_EQ(o.timeout_s, 6);
  EXPECT_EQ(o.executions, 9U);
  EXPECT_EQ(o.seed, 18446744073709551615ULL);
  EXPECT_EQ(o.progress, "line");
  EXPECT_EQ(o.log, "l");
  EXPECT_EQ(o.report, "r");
  EXPECT_TRUE(o.json);
}

TEST(CommandLine, knows_executions_by_their_older_name) {
  EXPECT_EQ(parse({"--retries", "9"}).options.executions, 9U);
  EXPECT_EQ(parse({"--retries", "0"}).code, 64);
  Options code;
  code.retries = 5;
  EXPECT_EQ(parse({}, code).options.executions, 5U);
  EXPECT_EQ(parse({"--executions", "2"}, code).options.executions, 2U);
  const Variable older("STEADFARM_RETRIES", "7");
  EXPECT_EQ(parse({}, code).options.executions, 7U);
  EXPECT_EQ(parse({"--retries", "2"}, code).options.executions, 2U);
  const Variable newer("STEADFARM_EXECUTIONS", "8");
  EXPECT_EQ(parse({}).options.executions, 8U);
  const Variable bad("STEADFARM_EXECUTIONS", "");
  const Variable worse("STEADFARM_RETRIES", "many");
  EXPECT_EQ(parse({}).code, 64);
}

TEST(CommandLine, lets_flags_beat_the_environment_and_that_the_code) {
  const Variable keep("STEADFARM_KEEP", "6");
  const Variable store("STEADFARM_STORE", "from environment");
  Options defaults;
  defaults.store = "from code";
  defaults.keep = 9;
  const Parsed parsed = parse({"--keep", "7"}, defaults);
  EXPECT_EQ(parsed.options.keep, 7U);
  EXPECT_EQ(parsed.options.store, "from environment");
}

TEST(CommandLine, reads_every_option_from_the_environment) {
  const Variable variables[] = {
      {"STEADFARM_STORE", "s"},      {"STEADFARM_FRESH", "1"},       {"STEADFARM_INTERVAL", "2.5"},
      {"STEADFARM_KEEP", "4"},       {"STEADFARM_POLICY", "fixed"},  {"STEADFARM_CHUNK", "7"},
      {"STEADFARM_PREFETCH", "8"},   {"STEADFARM_HEARTBEAT", "0.5"}, {"STEADFARM_TIMEOUT", "6"},
      {"STEADFARM_EXECUTIONS", "9"}, {"STEADFARM_SEED", "11"},       {"STEADFARM_PROGRESS", "line"},
      {"STEADFARM_LOG", "l"},        {"STEADFARM_REPORT", "r"},      {"STEADFARM_JSON", "true"},
      {"STEADFARM_SPEEDS", "1,2.5"}, {"STEADFARM_MODE", "group"}};
  const Parsed parsed = parse({});
  ASSERT_EQ(parsed.code, std::nullopt) << parsed.err;
  const Options& o = parsed.options;
  EXPECT_EQ(o.store, "s");
  EXPECT_TRUE(o.fresh);
  EXPECT_EQ(o.interval_s, 2.5);
  EXPECT_EQ(o.mode, "group");
  EXPECT_EQ(o.keep, 4U);
  EXPECT_EQ(o.policy, "fixed");
  EXPECT_EQ(o.chunk, 7U);
  EXPECT_EQ(o.speeds, (std::vector<double>{1, 2.5}));
  EXPECT_EQ(o.prefetch, 8U);
  EXPECT_EQ(o.heartbeat_s, 0.5);
  EXPECT_EQ(o.timeout_s, 6);
  EXPECT_EQ(o.executions, 9U);
  EXPECT_EQ(o.seed, 11U);
  EXPECT_EQ(o.progress, "line");
  EXPECT_EQ(o.log, "l");
  EXPECT_EQ(o.report, "r");
  EXPECT_TRUE(o.json);
}

TEST(CommandLine, takes_a_flag_in_the_environment_as_what_it_says) {
  for (const char* yes : {"1", "true", "yes", "on"}) {
    const Variable fresh("STEADFARM_FRESH", yes);
    EXPECT_TRUE(parse({}).options.fresh) << yes;
  }
  for (const char* no : {"0", "false", "no", "off", ""}) {
    const Variable fresh("STEADFARM_FRESH", no);
    EXPECT_FALSE(parse({}).options.fresh) << no;
  }
  const Variable fresh("STEADFARM_FRESH", "1");
  EXPECT_FALSE(parse({"--fresh=false"}).options.fresh) << "a flag beats the environment";
}

TEST(CommandLine, ends_with_64_and_one_line_for_what_it_does_not_know) {
  const Parsed parsed = parse({"--frobnicate"});
  EXPECT_EQ(parsed.code, 64);
  EXPECT_EQ(parsed.out, "");
  EXPECT_EQ(parsed.err,
            "program: error: The following argument was not expected: --frobnicate; see program "
            "--help\n");
}

TEST(CommandLine, ends_with_64_and_the_name_of_an_option_with_a_bad_value) {
  const std::vector<std::vector<const char*>> bad = {{"--keep", "1"},
                                                     {"--keep", "-1"},
                                                     {"--keep", "abc"},
                                                     {"--keep", "99999999999"},
                                                     {"--interval", "0"},
                                                     {"--interval", "automatic"},
                                                     {"--interval", "-3"},
                                                     {"--interval", "1e10"},
                                                     {"--heartbeat", "0"},
                                                     {"--timeout", "2e9"},
                                                     {"--policy", "magic"},
                                                     {"--chunk", "0"},
                                                     {"--chunk", "1.5"},
                                                     {"--speeds", "1,0"},
                                                     {"--speeds", "1,fast"},
                                                     {"--prefetch", "-1"},
                                                     {"--executions", "0"},
                                                     {"--executions", "1048576"},
                                                     {"--seed", "-1"},
                                                     {"--seed", "18446744073709551616"},
                                                     {"--seed", "1.5"},
                                                     {"--progress", "much"},
                                                     {"--store"},
                                                     {"--store", ""},
                                                     {"--store", "--json"},
                                                     {"--log", ""},
                                                     {"--report", "--seed=3"}};
  for (const auto& arguments : bad) {
    const Parsed parsed = parse(arguments);
    EXPECT_EQ(parsed.code, 64) << arguments.back();
    EXPECT_NE(parsed.err.find(arguments.front()), std::string::npos) << parsed.err;
    EXPECT_EQ(std::count(parsed.err.begin(), parsed.err.end(), '\n'), 1) << parsed.err;
  }
}

// Of a script whose variable is not set. The environment's empty variable is one that is not there.
TEST(CommandLine, refuses_a_store_without_a_name) {
  EXPECT_EQ(parse({"--store", ""}).err,
            "program: error: --store: it is empty; see program --help\n");
  EXPECT_EQ(parse({"--store", "--json"}).err,
            "program: error: --store has no value: '--json' is an option, and a path of that name "
            "begins with ./; see program --help\n");
  EXPECT_EQ(parse({"--store=", "--json"}).code, 64);
  EXPECT_EQ(parse({"--store", "./--json"}).options.store, "./--json");
  const Variable store("STEADFARM_STORE", "");
  EXPECT_EQ(parse({}).code, std::nullopt);
}

TEST(CommandLine, knows_every_policy_by_name_and_lists_them_for_a_bad_one) {
  for (const char* name : {"dynamic", "fixed", "guided", "factoring", "trapezoid", "round-robin",
                           "random", "hash", "weighted", "least-loaded", "affinity"}) {
    EXPECT_EQ(parse({"--policy", name}).options.policy, name);
    EXPECT_NE(parse({"--policy", "magic"}).err.find(name), std::string::npos) << name;
  }
}

// A list that took all that follows would eat the program's own arguments.
TEST(CommandLine, takes_one_word_for_the_speeds) {
  EXPECT_EQ(parse({"--speeds", "1,2", "3"}).code, 64);
}

TEST(CommandLine, ends_with_64_for_a_bad_value_in_the_environment) {
  const Variable keep("STEADFARM_KEEP", "many");
  EXPECT_EQ(parse({}).code, 64);
}

TEST(CommandLine, explains_itself_and_ends_with_0) {
  const Parsed parsed = parse({"--help"});
  EXPECT_EQ(parsed.code, 0);
  EXPECT_EQ(parsed.err, "");
  for (const char* name :
       {"--size", "--store", "--fresh", "--interval", "--keep", "--policy", "--chunk", "--speeds",
        "--prefetch", "--heartbeat", "--timeout", "--executions", "--retries", "--seed",
        "--progress", "--log", "--report", "--json"}) {
    EXPECT_NE(parsed.out.find(name), std::string::npos) << name;
  }
}

TEST(CommandLine, lets_only_the_first_rank_speak) {
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"}) {
    {
      const Variable rank(name, "1");
      EXPECT_EQ(parse({"--help"}).out, "") << name;
      const Parsed parsed = parse({"--frobnicate"});
      EXPECT_EQ(parsed.code, 64);
      EXPECT_EQ(parsed.err, "") << name;
    }
    const Variable rank(name, "0");
    EXPECT_NE(parse({"--help"}).out, "") << name;
    EXPECT_NE(parse({"--frobnicate"}).err, "") << name;
  }
}

TEST(CommandLine, believes_the_launcher_that_is_nearest) {
  // A batch script has a SLURM_PROCID too, and the mpirun in it sets its own.
  const Variable slurm("SLURM_PROCID", "0");
  const Variable mpi("OMPI_COMM_WORLD_RANK", "3");
  EXPECT_EQ(parse({"--help"}).out, "");
}

TEST(UsageError, is_one_line_with_a_hint) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(usage_error("uts", "--tree 'X' is not known"), 64);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "uts: error: --tree 'X' is not known; see uts --help\n");
}

TEST(OptionsFromCommandLine, leaves_the_identity_to_who_gives_one) {
  const char* arguments[] = {"/some/where/program", "--seed", "3"};
  EXPECT_EQ(options_from_command_line(3, arguments, {}).identity, "")
      << "a store compares programs then";
  EXPECT_EQ(options_from_command_line(3, arguments, {}).seed, 3U);
  Options named;
  named.identity = "mine";
  EXPECT_EQ(options_from_command_line(3, arguments, named).identity, "mine");
  const char* given[] = {"program", "--identity", "yours", "--same-program", "refuse"};
  EXPECT_EQ(options_from_command_line(5, given, named).identity, "yours");
  EXPECT_EQ(options_from_command_line(5, given, named).same_program, "refuse");
}

TEST(OptionsFromCommandLineDeathTest, ends_the_process_where_nothing_can_run) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const char* bad[] = {"program", "--nonsense"};
  EXPECT_EXIT(static_cast<void>(options_from_command_line(2, bad, {})), testing::ExitedWithCode(64),
              "--nonsense");
  const char* help[] = {"program", "--help"};
  EXPECT_EXIT(static_cast<void>(options_from_command_line(2, help, {})), testing::ExitedWithCode(0),
              "");
}

}  // namespace
}  // namespace steadfarm
