// A farm whose sum depends on the order of its terms. For tests of folds in key order and of stored
// results. --serial does the same in a plain loop, without a farm.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <steadfarm/farm.hpp>
#include <string>
#include <thread>

namespace {

struct Term {
  double value = 0;
  std::int32_t steps = 0;
  float pair[2] = {};
  std::string note;  // of a length that differs from unit to unit
};

struct Load {
  std::uint64_t units = 1000;
  std::uint64_t sleep_us = 0;
  std::uint64_t hold_units = 65'536;
  std::int64_t throws = -1;
  bool spawn = false;
  bool serial = false;
};

Term term_of(std::uint64_t unit) {
  Term term;
  // Terms of very different sizes and both signs: almost every other order gives other bits.
  const double x = static_cast<double>(unit * 2'654'435'761U % 1'000'003U);
  term.value = std::ldexp(std::sin(x), static_cast<int>(unit % 40));
  term.steps = static_cast<std::int32_t>(unit % 97);
  term.pair[0] = static_cast<float>(unit) / 3;
  term.pair[1] = -term.pair[0];
  term.note = std::string(unit % 5, static_cast<char>('a' + unit % 26));
  return term;
}

std::string answer_of(double sum, std::uint64_t steps) {
  char text[96];
  std::snprintf(text, sizeof text, "{\"sum\": \"%a\", \"steps\": %llu}", sum,
                static_cast<unsigned long long>(steps));
  return text;
}

int run_serially(const Load& load) {
  double sum = 0;
  std::uint64_t steps = 0;
  for (std::uint64_t unit = 0; unit < load.units; ++unit) {
    if (static_cast<std::int64_t>(unit) == load.throws) continue;
    sum += term_of(unit).value;
    steps += static_cast<std::uint64_t>(term_of(unit).steps);
  }
  std::printf("{\"answer\": %s}\n", answer_of(sum, steps).c_str());
  return 0;
}

int run(int argc, char** argv) {
  steadfarm::Options options;
  options.announce = true;
  options.handle_signals = true;
  Load load;
  CLI::App app("Sums that depend on their order.");
  app.name("sums_program");
  app.add_option("--units", load.units, "units");
  app.add_option("--sleep-us", load.sleep_us, "how long each takes; some take ten times that");
  app.add_option("--hold-units", load.hold_units, "how far units are handed out ahead");
  app.add_option("--throws", load.throws, "index of a unit that always throws");
  app.add_flag("--spawn", load.spawn, "unit 5 spawns a unit, which it must not");
  app.add_flag("--serial", load.serial, "a plain loop instead of a farm");
  steadfarm::add_options(app, options);
  if (const auto code = steadfarm::parse_command_line(app, argc, argv)) return *code;
  if (load.serial) return run_serially(load);
  if (options.identity.empty()) {
    options.identity = "sums_program --throws " + std::to_string(load.throws);
  }
  options.hold_units = load.hold_units;

  steadfarm::Farm<std::uint64_t, Term> farm(options);
  double sum = 0;
  std::uint64_t steps = 0;
  farm.fold_in_order(sum, [](double& total, const Term& term) { total += term.value; });
  farm.fold(steps, [](std::uint64_t& total, const Term& term) {
    total += static_cast<std::uint64_t>(term.steps);
  });
  if (!options.store.empty()) {
    farm.store_results("value", &Term::value, "pair", &Term::pair, "steps", &Term::steps);
  }
  farm.range(load.units);
  farm.work([&load](std::uint64_t unit, steadfarm::Context<std::uint64_t>& context) {
    if (static_cast<std::int64_t>(unit) == load.throws) throw std::runtime_error("no luck");
    if (load.spawn && unit == 5) context.spawn(unit);
    const std::uint64_t sleep_us = unit % 7 == 0 ? 10 * load.sleep_us : load.sleep_us;
    if (sleep_us > 0) std::this_thread::sleep_for(std::chrono::microseconds(sleep_us));
    return term_of(unit);
  });
  const steadfarm::Outcome outcome = farm.run();
  if (farm.is_master() && options.json) {
    std::printf("%s\n", outcome.json(answer_of(sum, steps)).c_str());
  }
  return outcome.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "sums_program: error: %s\n", e.what());
    return 70;
  }
}
