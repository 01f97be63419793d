// A farm whose units come by safe points in places that no exception of theirs can leave, or do as
// they like with one. For tests of what becomes of such a unit when it is told to end.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <steadfarm/farm.hpp>
#include <string>
#include <thread>

namespace {

using Context = steadfarm::Context<long>;
constexpr long kWrong = -1'000'000;

struct Load {
  std::string mode = "plain";
  long units = 12;
  long steps = 3000;  // of about a millisecond
  long bytes = 8;     // of a saved state
};

struct State {
  long step = 0;
  std::string padding;
};

void pause_a_step() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
void save_noexcept(const Context& context, const State& state) noexcept { context.save(state); }

// Each returns the unit itself, if it got to its end.
long in_parallel(const Load& load, long unit, const Context& context, const State& done) {
#pragma omp parallel for num_threads(2) schedule(static)
  for (long i = 0; i < load.steps; ++i) {
    if (load.mode == "omp") {
      pause_a_step();
      context.save(done);
    } else if (context.try_save(done)) {
      pause_a_step();
    }
  }
  return load.mode == "omp_try" && !context.try_save(done) ? kWrong : unit;
}

long on_another_thread(const Load& load, long unit, const Context& context, State state) {
  bool told = false;
  std::thread other([&] {
    for (; state.step < load.steps && !told; ++state.step) {
      pause_a_step();
      if (load.mode == "thread") context.save(state);
      if (load.mode == "thread_try") told = !context.try_save(state);
    }
  });
  other.join();
  return told ? kWrong : unit;
}

// Catches what ends it, and goes on: for ever, or until it returns.
long swallowing(const Load& load, long unit, const Context& context, State state) {
  bool told = false;
  for (; state.step < load.steps; ++state.step) {
    pause_a_step();
    try {
      if (load.mode == "shared") static_cast<void>(context.shared_value());
      context.save(state);
    } catch (...) {
      told = true;
      if (load.mode == "swallow_and_return") break;
    }
  }
  return told ? kWrong : unit;
}

long run_unit(const Load& load, long unit, const Context& context) {
  State state = context.restore<State>().value_or(State());
  state.padding.assign(static_cast<std::size_t>(load.bytes), 'x');
  const std::string& mode = load.mode;
  if (mode.starts_with("omp")) return in_parallel(load, unit, context, state);
  if (mode.starts_with("thread")) return on_another_thread(load, unit, context, state);
  if (mode.starts_with("swallow") || mode == "shared") {
    return swallowing(load, unit, context, state);
  }
  for (; state.step < load.steps; ++state.step) {
    pause_a_step();
    if (mode == "plain") context.save(state);
    if (mode == "noexcept") save_noexcept(context, state);
    if (mode == "try" && !context.try_save(state)) return kWrong;
    if (mode == "hint" && context.stopping()) return unit;  // good as it is
  }
  return unit;
}

int run(int argc, char** argv) {
  steadfarm::Options options;
  options.announce = true;
  options.handle_signals = true;
  Load load;
  CLI::App app("Units at safe points.");
  app.name("safe_point_program");
  app.add_option("--how", load.mode, "what the units do there")
      ->check(CLI::IsMember({"plain", "try", "hint", "noexcept", "omp", "omp_try", "thread",
                             "thread_try", "swallow", "swallow_and_return", "shared"}));
  app.add_option("--units", load.units, "units");
  app.add_option("--steps", load.steps, "of about a millisecond in each");
  app.add_option("--state-bytes", load.bytes, "of a saved state");
  steadfarm::add_options(app, options);
  if (const auto code = steadfarm::parse_command_line(app, argc, argv)) return *code;
  options.identity = "safe_point_program";

  steadfarm::Farm<long, long> farm(options);
  long sum = 0;
  farm.fold(sum, [](long& all, long result) { all += result; });
  farm.range(static_cast<std::uint64_t>(load.units));
  farm.work([&load](long unit, const Context& context) { return run_unit(load, unit, context); });
  const steadfarm::Outcome outcome = farm.run();
  if (farm.is_master() && options.json) {
    std::printf("%s\n", outcome.json("{\"sum\": " + std::to_string(sum) + "}").c_str());
  }
  return outcome.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "safe_point_program: error: %s\n", e.what());
    return 70;
  }
}
