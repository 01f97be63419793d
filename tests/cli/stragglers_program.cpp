// A farm with one unit that takes very long the first time somebody tries, and a rank that is slow
// in everything. For tests of what happens near the end of a run.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <steadfarm/farm.hpp>
#include <string>
#include <thread>

namespace {

struct Load {
  std::uint64_t units = 60;
  std::uint64_t unit_ms = 20;
  std::uint64_t slow_unit = 0;
  std::uint64_t slow_ms = 0;        // what it takes
  std::uint32_t slow_attempts = 1;  // so many of its attempts
  bool deaf = false;                // it comes by no safe point
  std::int32_t slow_rank = -1;
  std::uint64_t slow_rank_ms = 0;  // what each unit takes there
};

void sleep_ms(std::uint64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

// In steps of 20 ms with a safe point after each, so that it can be told to leave.
void sleep_in_steps(std::uint64_t ms, steadfarm::Context<std::uint64_t>& context) {
  constexpr std::uint64_t kStepMs = 20;
  for (std::uint64_t slept_ms = 0; slept_ms < ms; slept_ms += kStepMs) {
    sleep_ms(kStepMs);
    context.save(slept_ms);
  }
}

int run(int argc, char** argv) {
  steadfarm::Options options;
  options.announce = true;
  options.handle_signals = true;
  Load load;
  CLI::App app("One unit that takes very long, one rank that is slow.");
  app.name("stragglers_program");
  app.add_option("--units", load.units, "units; each spawns another");
  app.add_option("--unit-ms", load.unit_ms, "how long each takes");
  app.add_option("--slow-unit", load.slow_unit, "index of the one that takes longer");
  app.add_option("--slow-ms", load.slow_ms, "how much longer");
  app.add_option("--slow-attempts", load.slow_attempts, "in how many of its attempts");
  app.add_flag("--deaf", load.deaf, "it does not come by safe points meanwhile");
  app.add_option("--slow-rank", load.slow_rank, "a rank on which all units take longer");
  app.add_option("--slow-rank-ms", load.slow_rank_ms, "how much longer");
  steadfarm::add_options(app, options);
  if (const auto code = steadfarm::parse_command_line(app, argc, argv)) return *code;
  if (options.identity.empty()) {
    options.identity = "stragglers_program";
  }

  steadfarm::Farm<std::uint64_t, std::uint64_t> farm(options);
  std::uint64_t sum = 0;
  farm.fold(sum, [](std::uint64_t& total, std::uint64_t value) { total += value; });
  farm.range(load.units);
  const std::int32_t rank = farm.rank();
  farm.work([&load, rank](std::uint64_t unit, steadfarm::Context<std::uint64_t>& context) {
    const bool is_root = context.key().is_index();
    sleep_ms(load.unit_ms);
    if (rank == load.slow_rank) sleep_in_steps(load.slow_rank_ms, context);
    if (is_root && unit == load.slow_unit && context.attempt() <= load.slow_attempts) {
      if (load.deaf) sleep_ms(load.slow_ms);
      if (!load.deaf) sleep_in_steps(load.slow_ms, context);
    }
    if (is_root) context.spawn(unit);
    return is_root ? unit : std::uint64_t{1'000'000};
  });
  const steadfarm::Outcome outcome = farm.run();
  if (farm.is_master() && options.json) {
    std::printf("%s\n", outcome.json(std::to_string(sum)).c_str());
  }
  return outcome.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "stragglers_program: %s\n", e.what());
    return 70;
  }
}
