#include "sim/simulator.hpp"

#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "sim/simulation.hpp"
#include "sim/world.hpp"

namespace steadfarm::sim {
namespace {

// What the handler of SIGABRT prints: it may not allocate then.
char g_running[128] = "no simulation";

void say_and_leave(int /*signal*/) {
  static_cast<void>(!write(STDERR_FILENO, g_running, std::strlen(g_running)));
  _exit(kExitAssertion);
}

}  // namespace

void announce_aborts() { std::signal(SIGABRT, say_and_leave); }

SimResult run(const SimOptions& options, std::ostream* trace) {
  std::snprintf(g_running, sizeof g_running,
                "seed %llu: exit 70, assertion failed; replay: steadfarm simulate --seed %llu "
                "--trace\n",
                static_cast<unsigned long long>(options.seed),
                static_cast<unsigned long long>(options.seed));
  return Simulation(options, trace).run();
}

SimResult run_twice(const SimOptions& options) {
  SimResult first = run(options, nullptr);
  const SimResult second = run(options, nullptr);
  if (first.exit_code == 0 && first.hash != second.hash) {
    first.exit_code = kExitNotDeterministic;
    first.message = "two runs of one seed differ";
  }
  return first;
}

}  // namespace steadfarm::sim
