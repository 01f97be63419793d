// One program in several builds: STEADFARM_VERSION 1 and 2 differ in what a unit computes, 3 in the
// type of the result. For tests of what a store takes for the same job. No identity, as most small
// programs.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <steadfarm/farm.hpp>
#include <string>
#include <thread>

namespace {

#if STEADFARM_VERSION == 3
using Number = double;
#else
using Number = long;
#endif

Number value_of_unit() {
  constexpr double kValues[] = {0, 1, 1000, 0.5};
  return static_cast<Number>(kValues[STEADFARM_VERSION]);
}

int run(int argc, char** argv) {
  steadfarm::Farm<long, Number> farm(argc, argv);
  if (const char* input = std::getenv("SAME_JOB_INPUT")) farm.input_file(input);
  Number sum = 0;
  farm.fold(sum, [](Number& total, Number number) { total += number; });
  const char* units = std::getenv("SAME_JOB_UNITS");
  farm.range(units == nullptr ? 1000 : std::strtoull(units, nullptr, 10));
  const char* sleep = std::getenv("SAME_JOB_SLEEP_MS");
  const std::chrono::milliseconds unit_time(sleep == nullptr ? 0 : std::atoi(sleep));
  farm.work([unit_time](long /*unit*/) {
    std::this_thread::sleep_for(unit_time);
    return value_of_unit();
  });
  const steadfarm::Outcome outcome = farm.run();
  if (farm.is_master() && farm.options().json) {
    std::printf("%s\n", outcome.json(std::to_string(sum)).c_str());
  }
  return outcome.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "same_job_program: error: %s\n", e.what());
    return 70;
  }
}
