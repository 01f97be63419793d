// Runs many seeds, or replays one. Each failure is one line that says how to replay it.
//
//   simulator --fresh N [--base B]     N seeds from B (default: STEADFARM_SIM_SEED or the clock)
//   simulator --seeds N --base B       the same without the demands on the whole
//   simulator --file regress.txt       the seeds of a file, one a line, '#' begins a comment
//   simulator --seed S [--trace]       one seed
// and name=value, to change what the seeds draw.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "sim/simulator.hpp"

namespace {

using steadfarm::sim::FaultClass;
using steadfarm::sim::SimOptions;
using steadfarm::sim::SimResult;

struct Arguments {
  std::uint64_t fresh = 0;
  std::uint64_t seeds = 0;
  std::optional<std::uint64_t> base;
  std::optional<std::uint64_t> seed;
  std::string file;
  bool trace = false;
  bool keep_going = false;
  std::vector<std::string> overrides;
};

struct Totals {
  std::uint64_t seeds = 0;
  std::uint64_t recovered = 0;
  std::uint64_t failed = 0;
  std::uint64_t repeated = 0;
  std::uint64_t steps = 0;
  std::uint64_t unit_steps = 0;
  std::uint64_t steps_skipped = 0;
  std::uint64_t results_in_shards = 0;
  std::uint64_t results_in_older_shards = 0;
  std::uint64_t shards_unheard = 0;
  std::uint64_t units_to_replacements = 0;
  std::uint64_t losses_by_neighbours = 0;
  std::uint64_t take_overs = 0;
  std::uint64_t units_handed_in = 0;
  double simulated_s = 0;
  std::uint64_t longest_seed = 0;
  std::uint64_t longest_steps = 0;
  double longest_s = 0;
  int exit_code = 0;
  steadfarm::sim::FaultTally tally;
};

void report_failure(const SimOptions& options, const SimResult& result) {
  std::cout << "seed " << options.seed << ": exit " << result.exit_code << ", " << result.message
            << "; replay: steadfarm simulate --seed " << options.seed << " --trace" << std::endl;
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void run_one(const SimOptions& options, Totals& totals) {
  const std::uint64_t seed = options.seed;
  const auto begin = std::chrono::steady_clock::now();
  const bool twice = seed % 20 == 0;
  const SimResult result =
      twice ? steadfarm::sim::run_twice(options) : steadfarm::sim::run(options, nullptr);
  ++totals.seeds;
  totals.repeated += twice ? 1 : 0;
  totals.recovered += result.recovered ? 1 : 0;
  totals.steps += result.steps;
  totals.unit_steps += result.unit_steps;
  totals.steps_skipped += result.steps_skipped;
  totals.results_in_shards += result.results_in_shards;
  totals.results_in_older_shards += result.results_in_older_shards;
  totals.shards_unheard += result.shards_unheard;
  totals.units_to_replacements += result.units_to_replacements;
  totals.losses_by_neighbours += result.losses_by_neighbours;
  totals.take_overs += result.take_overs;
  totals.units_handed_in += result.units_handed_in;
  totals.simulated_s += static_cast<double>(result.simulated_us) * 1e-6;
  totals.tally.add(result.tally);
  if (const double spent_s = seconds_since(begin); spent_s > totals.longest_s) {
    totals.longest_seed = seed;
    totals.longest_steps = result.steps;
    totals.longest_s = spent_s;
  }
  if (result.exit_code == 0) return;
  ++totals.failed;
  if (totals.exit_code == 0) totals.exit_code = result.exit_code;
  report_failure(options, result);
}

void print_totals(const Totals& totals, double seconds) {
  std::cout << totals.seeds << " seeds in " << std::fixed << std::setprecision(1) << seconds
            << " s, " << totals.steps << " events, " << std::setprecision(0) << totals.simulated_s
            << " simulated seconds, " << totals.recovered << " recovered from something, "
            << totals.repeated << " run twice, " << totals.failed << " failed\n"
            << "the longest was seed " << totals.longest_seed << ": " << totals.longest_steps
            << " events, " << std::setprecision(1) << totals.longest_s << " s\n"
            << totals.unit_steps << " steps of units executed, " << totals.steps_skipped
            << " skipped thanks to saved states\n"
            << totals.take_overs << " take-overs, " << totals.units_handed_in
            << " units handed in at them\n"
            << totals.results_in_shards << " results accepted in shards, "
            << totals.results_in_older_shards << " of them written for a master before, "
            << totals.shards_unheard
            << " shards durable when their worker died before it could say so\n"
            << totals.units_to_replacements << " units handed to replacements\n"
            << totals.losses_by_neighbours << " losses noticed by another worker's word\n"
            << std::left << std::setw(16) << "fault class" << std::right << std::setw(12)
            << "injected" << std::setw(14) << "took effect" << '\n';
  for (std::size_t i = 0; i < steadfarm::sim::kFaultClasses; ++i) {
    const auto& count = totals.tally.counts[i];
    std::cout << std::left << std::setw(16) << to_string(static_cast<FaultClass>(i)) << std::right
              << std::setw(12) << count.injected << std::setw(14) << count.took_effect << '\n';
  }
}

// A tame simulation proves nothing, so it is a failure.
int judge_the_whole(const Totals& totals) {
  int exit_code = totals.exit_code;
  for (std::size_t i = 0; i < steadfarm::sim::kFaultClasses; ++i) {
    if (totals.tally.counts[i].injected > 0 && totals.tally.counts[i].took_effect > 0) continue;
    std::cout << "the fault class " << to_string(static_cast<FaultClass>(i))
              << " never took effect\n";
    exit_code = std::max(exit_code, 1);
  }
  if (totals.steps_skipped * 500 < totals.unit_steps) {
    std::cout << "saved states spared less than 0.2 % of the steps\n";
    exit_code = std::max(exit_code, 1);
  }
  if (totals.results_in_shards == 0 || (totals.seeds >= 1000 && totals.shards_unheard == 0)) {
    std::cout << "no shard was used, or none was lost between the disk and the word of it\n";
    exit_code = std::max(exit_code, 1);
  }
  if (totals.seeds >= 1000 && totals.results_in_older_shards == 0) {
    std::cout << "no master that took over got anything out of a shard for the one before\n";
    exit_code = std::max(exit_code, 1);
  }
  if (totals.units_to_replacements == 0) {
    std::cout << "no replacement of a lost worker ever got a unit\n";
    exit_code = std::max(exit_code, 1);
  }
  if (totals.losses_by_neighbours == 0) {
    std::cout << "no worker ever saw another one end before the master knew\n";
    exit_code = std::max(exit_code, 1);
  }
  if (totals.units_handed_in < totals.take_overs) {
    std::cout << "less than a unit was handed in at a take-over\n";
    exit_code = std::max(exit_code, 1);
  }
  if (totals.recovered * 10 < totals.seeds * 3) {
    std::cout << "fewer than 30 % of the seeds recovered from something\n";
    exit_code = std::max(exit_code, 1);
  }
  return exit_code;
}

std::vector<std::uint64_t> seeds_of(const std::string& path) {
  std::vector<std::uint64_t> seeds;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    for (std::uint64_t seed = 0; words >> seed;) seeds.push_back(seed);
  }
  return seeds;
}

bool override_options(const Arguments& arguments, SimOptions& options) {
  for (const std::string& assignment : arguments.overrides) {
    if (const auto set = set_option(options, assignment); !set) {
      std::cerr << "error: " << set.error().message << '\n';
      return false;
    }
  }
  return true;
}

int run_many(const std::vector<std::uint64_t>& seeds, const Arguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  Totals totals;
  for (const std::uint64_t seed : seeds) {
    SimOptions options = steadfarm::sim::options_from_seed(seed);
    if (!override_options(arguments, options)) return 64;
    run_one(options, totals);
    if (totals.failed > 0 && !arguments.keep_going) break;
  }
  print_totals(totals, seconds_since(begin));
  return arguments.fresh > 0 ? judge_the_whole(totals) : totals.exit_code;
}

int run_seed(const Arguments& arguments) {
  SimOptions options = steadfarm::sim::options_from_seed(*arguments.seed);
  if (!override_options(arguments, options)) return 64;
  std::cout << describe(options) << std::endl;
  const SimResult result = arguments.trace ? steadfarm::sim::run(options, &std::cout)
                                           : steadfarm::sim::run_twice(options);
  std::cout << "exit " << result.exit_code << (result.message.empty() ? "" : ": ") << result.message
            << "; " << result.accepted << " accepted, " << result.executions << " executed, "
            << result.unit_steps << " steps and " << result.steps_skipped << " skipped, "
            << result.starts << " starts, " << result.steps << " events, hash " << std::hex
            << result.hash << std::dec << '\n';
  return result.exit_code;
}

std::uint64_t fresh_base() {
  if (const char* text = std::getenv("STEADFARM_SIM_SEED")) return std::strtoull(text, nullptr, 10);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count()) *
         10'000;
}

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments a;
  const std::vector<std::string> words(argv + 1, argv + argc);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto number = [&] {
      return i + 1 < words.size() ? std::strtoull(words[++i].c_str(), nullptr, 10) : 0ULL;
    };
    if (words[i] == "--fresh") {
      a.fresh = number();
    } else if (words[i] == "--seeds") {
      a.seeds = number();
    } else if (words[i] == "--base") {
      a.base = number();
    } else if (words[i] == "--seed") {
      a.seed = number();
    } else if (words[i] == "--file" && i + 1 < words.size()) {
      a.file = words[++i];
    } else if (words[i] == "--trace") {
      a.trace = true;
    } else if (words[i] == "--keep-going") {
      a.keep_going = true;
    } else if (words[i].find('=') != std::string::npos) {
      a.overrides.push_back(words[i]);
    } else {
      return std::nullopt;
    }
  }
  return a;
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Arguments> arguments = parse(argc, argv);
  const bool something = arguments && (arguments->seed || arguments->fresh > 0 ||
                                       arguments->seeds > 0 || !arguments->file.empty());
  if (!something) {
    std::cerr << "usage: simulator --fresh N | --seeds N --base B | --file SEEDS | --seed S "
                 "[--trace] [name=value ...] [--keep-going]\n";
    return 64;
  }
  steadfarm::sim::announce_aborts();
  if (arguments->seed) return run_seed(*arguments);
  std::vector<std::uint64_t> seeds;
  if (!arguments->file.empty()) {
    seeds = seeds_of(arguments->file);
    if (seeds.empty()) {
      std::cerr << "error: no seeds in " << arguments->file << '\n';
      return 64;
    }
  } else {
    const std::uint64_t base = arguments->base.value_or(fresh_base());
    std::cout << "base seed " << base << " (STEADFARM_SIM_SEED=" << base << " repeats this run)"
              << std::endl;
    for (std::uint64_t i = 0; i < std::max(arguments->fresh, arguments->seeds); ++i) {
      seeds.push_back(base + i);
    }
  }
  return run_many(seeds, *arguments);
}
