// A farm whose units misbehave on request. For tests of what the farm says and keeps then.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <steadfarm/farm.hpp>
#include <string>
#include <thread>

namespace {

struct Load {
  std::uint64_t units = 200;
  std::uint64_t sleep_us = 0;
  std::uint64_t result_bytes = 0;
  std::int64_t throws = -1;
  std::int64_t throws_number = -1;
  std::int64_t kills = -1;
  std::uint64_t linger_ms = 0;
  std::string chdir;
};

std::string run_unit(const Load& load, std::uint64_t unit) {
  const auto index = static_cast<std::int64_t>(unit);
  if (!load.chdir.empty() && ::chdir(load.chdir.c_str()) != 0) {
    throw std::runtime_error("cannot go to " + load.chdir);
  }
  if (load.sleep_us > 0) std::this_thread::sleep_for(std::chrono::microseconds(load.sleep_us));
  if (index == load.throws) {
    throw std::runtime_error("unit " + std::to_string(unit) + " has no luck\nat all");
  }
  if (index == load.throws_number) throw 42;
  if (index == load.kills) std::raise(SIGKILL);
  return std::string(load.result_bytes, static_cast<char>('a' + unit % 26));
}

int run(int argc, char** argv) {
  steadfarm::Options options;
  options.announce = true;
  options.handle_signals = true;
  Load load;
  CLI::App app("Units that misbehave.");
  app.name("units_program");
  app.add_option("--units", load.units, "units");
  app.add_option("--sleep-us", load.sleep_us, "how long each takes");
  app.add_option("--result-bytes", load.result_bytes, "kept for each unit");
  app.add_option("--throws", load.throws, "index of a unit that always throws");
  app.add_option("--throws-number", load.throws_number, "index of a unit that throws an int");
  app.add_option("--kills", load.kills, "index of a unit that kills its process");
  app.add_option("--chdir", load.chdir, "the folder that every unit goes to");
  app.add_option("--linger-ms", load.linger_ms, "how long rank 0 works on after the farm's end");
  steadfarm::add_options(app, options);
  if (const auto code = steadfarm::parse_command_line(app, argc, argv)) return *code;
  if (options.identity.empty()) {
    options.identity = "units_program --result-bytes " + std::to_string(load.result_bytes);
  }
  options.keep_results = load.result_bytes > 0;

  steadfarm::Farm<std::uint64_t, std::string> farm(options);
  std::uint64_t count = 0;
  farm.fold_reduced(
      count, [](const std::string& /*result*/) { return std::uint64_t{1}; },
      [](std::uint64_t& sum, std::uint64_t one) { sum += one; });
  farm.range(load.units);
  farm.work([&load](std::uint64_t unit) { return run_unit(load, unit); });
  const steadfarm::Outcome outcome = farm.run();
  if (farm.is_master()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(load.linger_ms));
  }
  if (farm.is_master() && options.json) {
    std::printf("%s\n", outcome.json("{\"count\": " + std::to_string(count) + "}").c_str());
  }
  return outcome.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "units_program: error: %s\n", e.what());
    return 70;
  }
}
