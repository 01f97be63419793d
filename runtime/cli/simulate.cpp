// steadfarm simulate --seed N [--trace] [name=value ...]: replays one run of the seeded simulation.
#include <charconv>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "sim/simulator.hpp"

namespace steadfarm::cli {
namespace {

struct Arguments {
  std::uint64_t seed = 0;
  bool trace = false;
  std::vector<std::string> changes;
};

// CLI11 takes -1 for the largest number there is, and cuts what is larger.
std::string whole_number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return {};
  return "'" + text + "' is not a whole number from 0 to 18446744073709551615";
}

int simulate(const Arguments& arguments) {
  sim::SimOptions options = sim::options_from_seed(arguments.seed);
  for (const std::string& change : arguments.changes) {
    if (const Status status = sim::set_option(options, change); !status) {
      say_error(status.error().message);
      return 64;
    }
  }
  std::cout << sim::describe(options) << std::endl;
  sim::announce_aborts();
  const sim::SimResult result =
      arguments.trace ? sim::run(options, &std::cout) : sim::run_twice(options);
  std::cout << (result.exit_code == 0 ? "good" : "exit " + std::to_string(result.exit_code))
            << (result.message.empty() ? "" : ": ") << result.message << "; " << result.accepted
            << " units accepted, " << result.executions << " executed, " << result.starts
            << " starts of the job, " << result.steps << " events, hash " << std::hex << result.hash
            << std::dec << '\n';
  return result.exit_code;
}

}  // namespace

void add_simulate(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand(
      "simulate",
      "Replay one run of the seeded simulation: the real machines, drivers and store under a\n"
      "simulated clock, network, disk and processes. Exit 0, 70 assertion, 71 wrong result,\n"
      "72 no progress, 73 not deterministic.");
  command->add_option("--seed", arguments->seed, "which run; everything follows from it")
      ->check(whole_number)
      ->required();
  command->add_flag("--trace", arguments->trace, "one line for everything that happens");
  command->add_option("CHANGE", arguments->changes, "name=value, to change what the seed drew");
  command->callback([arguments, &exit_code] { exit_code = simulate(*arguments); });
}

}  // namespace steadfarm::cli
