// Makes the stores that every later version must be able to open, and resumes copies of them. It
// uses only what the first version of the API had, so that it can be built with any version.
//
//   make_golden KIND [options of every farm]
//
// MAKE_GOLDEN_STOP_AFTER=N asks for a stop, as SIGUSR2 does, when N units are accepted.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <steadfarm/farm.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr std::uint64_t kUnits = 60;
constexpr auto kUnitTime = std::chrono::milliseconds(3);

steadfarm::Options defaults() {
  steadfarm::Options options;
  options.announce = true;
  options.handle_signals = true;
  options.interval_s = 0.5;
  return options;
}

steadfarm::Options parse(int argc, char** argv) {
  steadfarm::Options options = defaults();
  CLI::App app("Makes golden stores.");
  app.name("make_golden");
  steadfarm::add_options(app, options);
  if (const auto code = steadfarm::parse_command_line(app, argc, argv)) std::exit(*code);
  return options;
}

/// Called in the fold, so it runs on the master.
void stop_where_asked() {
  static std::uint64_t accepted = 0;
  const char* after = std::getenv("MAKE_GOLDEN_STOP_AFTER");
  if (after != nullptr && ++accepted == std::strtoull(after, nullptr, 10)) std::raise(SIGUSR2);
}

template <class Farm>
int finish(Farm& farm, const std::string& answer) {
  const steadfarm::Outcome outcome = farm.run();
  if (farm.is_master()) std::printf("%s\n", outcome.json("\"" + answer + "\"").c_str());
  return outcome.exit_code;
}

/// An ordinary fold over a range.
int run_range(steadfarm::Farm<long, long>& farm) {
  long sum = 0;
  farm.fold(sum, [](long& total, long square) {
    total += square;
    stop_where_asked();
  });
  farm.range(kUnits);
  farm.work([](long i) {
    std::this_thread::sleep_for(kUnitTime);
    return i * i;
  });
  const steadfarm::Outcome outcome = farm.run();
  if (farm.is_master()) std::printf("%s\n", outcome.json(std::to_string(sum)).c_str());
  return outcome.exit_code;
}

struct Task {
  std::string name;
  std::vector<std::int32_t> numbers;
};

struct Answer {
  double mean = 0;
  std::array<float, 2> range{};
  std::string name;
};

struct Progress {
  std::int32_t step = 0;
  double sum = 0;
};

Answer answer_of(const Task& task, steadfarm::Context<Task>& context) {
  constexpr std::int32_t kSteps = 40;
  auto state = context.restore<Progress>().value_or(Progress{});
  for (; state.step < kSteps; ++state.step) {
    context.save(state);
    const auto at = static_cast<std::size_t>(state.step) % task.numbers.size();
    state.sum += task.numbers[at];
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  if (task.name.size() < 8) {  // a tree of depth two below every submitted unit
    for (const char* branch : {"-a", "-b"}) {
      context.spawn(Task{task.name + branch, {state.step, task.numbers.front()}}, 1);
    }
  }
  const auto lowest = static_cast<std::int64_t>(task.numbers.front());
  context.improve(lowest, steadfarm::to_bytes(task.name));
  return {state.sum / kSteps,
          {static_cast<float>(task.numbers.front()), static_cast<float>(task.numbers.back())},
          task.name};
}

/// Submitted and spawned units, two folds, stored results with named fields, saved states, a shared
/// value.
int run_units(steadfarm::Options options) {
  options.identity = "make_golden units";
  steadfarm::Farm<Task, Answer> farm(options);
  double highest = -1;
  std::vector<std::uint64_t> by_length(16);
  farm.fold(highest, [](double& best, const Answer& a) {
    best = std::max(best, a.mean);
    stop_where_asked();
  });
  farm.fold(by_length,
            [](std::vector<std::uint64_t>& counts, const Answer& a) { ++counts[a.name.size()]; });
  farm.store_results("mean", &Answer::mean, "range", &Answer::range);
  for (std::int32_t i = 0; i < 12; ++i) {
    farm.submit(Task{"u" + std::to_string(i), {i, i * i, 100 - i}}, i % 3);
  }
  farm.work(
      [](const Task& task, steadfarm::Context<Task>& context) { return answer_of(task, context); });
  return finish(farm, "units");
}

/// Results that the workers write themselves.
int run_shards(steadfarm::Options options) {
  options.identity = "make_golden shards";
  options.keep_results = true;
  options.shard_bytes = 256;
  steadfarm::Farm<std::uint64_t, std::string> farm(options);
  std::uint64_t bytes = 0;
  farm.fold_reduced(
      bytes, [](const std::string& text) { return static_cast<std::uint64_t>(text.size()); },
      [](std::uint64_t& sum, std::uint64_t size) {
        sum += size;
        stop_where_asked();
      });
  farm.range(kUnits);
  farm.work([](std::uint64_t unit) {
    std::this_thread::sleep_for(kUnitTime);
    const std::size_t size = unit % 4 == 0 ? 16 : 300 + unit;
    return std::string(size, static_cast<char>('a' + unit % 26));
  });
  return finish(farm, "shards");
}

int run(int argc, char** argv) {
  const std::string_view kind = argc > 1 ? argv[1] : "";
  std::vector<char*> rest(argv, argv + argc);
  if (argc > 1) rest.erase(rest.begin() + 1);
  const int count = static_cast<int>(rest.size());
  if (kind == "range-unnamed") {
    steadfarm::Farm<long, long> farm(parse(count, rest.data()));
    return run_range(farm);
  }
  if (kind == "range-by-file-name") {
    steadfarm::Farm<long, long> farm(count, rest.data(), defaults());
    return run_range(farm);
  }
  if (kind == "units") return run_units(parse(count, rest.data()));
  if (kind == "shards") return run_shards(parse(count, rest.data()));
  std::fprintf(stderr,
               "make_golden: the first argument is range-unnamed, range-by-file-name, units or "
               "shards\n");
  return 64;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "make_golden: error: %s\n", e.what());
    return 70;
  }
}
