// What a farm promises an application that has its own MPI and its own signal handlers: misuse is
// an exception, every rank learns the same exit code, and afterwards everything is as it was.
#include <mpi.h>

#include <csignal>
#include <cstdio>
#include <functional>
#include <stdexcept>

#include "steadfarm/byte_farm.hpp"

namespace {

using steadfarm::ByteFarm;
using steadfarm::ByteView;
using steadfarm::Options;
using steadfarm::Outcome;
using steadfarm::UnitCall;
using steadfarm::UnitKey;

void check(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "farm_contract: failed: %s\n", what);
  MPI_Abort(MPI_COMM_WORLD, 1);
}

template <class Call>
bool is_misuse(Call&& call) {
  try {
    call();
  } catch (const std::logic_error&) {
    return true;
  }
  return false;
}

void work_on_nothing(UnitCall& /*call*/) {}

void (*handler_of(int number))(int) {
  struct sigaction action = {};
  sigaction(number, nullptr, &action);
  return action.sa_handler;
}

void application_handler(int /*number*/) {}

// The same on every rank, and MPI works on.
void check_code(const Outcome& outcome, int expected, const char* what) {
  check(outcome.exit_code == expected, what);
  int sum = 0;
  MPI_Allreduce(&outcome.exit_code, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  int size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  check(sum == expected * size, what);
}

void misuse() {
  ByteFarm farm{Options()};
  check(is_misuse([&] { static_cast<void>(farm.run()); }), "run before work");
  farm.range(10);
  check(is_misuse([&] { farm.submit({}); }), "submit together with range");
  farm.work(work_on_nothing);
  check_code(farm.run(), 0, "a farm that was made whole runs");
  check(is_misuse([&] { static_cast<void>(farm.run()); }), "run twice");

  ByteFarm other{Options()};
  other.submit({});
  if (other.is_master()) {
    check(is_misuse([&] { other.range(10); }), "range together with submit");
  }
  other.work(work_on_nothing);
  const Outcome outcome = other.run();
  check_code(outcome, 0, "one unit");
  if (other.is_master()) check(outcome.units_accepted == 1, "one unit accepted");
}

void refusals() {
  Options options;
  options.executions = 0;
  ByteFarm farm(options);
  farm.range(10);
  farm.work(work_on_nothing);
  check_code(farm.run(), 64, "bad options");

  ByteFarm throwing{Options()};
  throwing.range(1'000);
  throwing.work(work_on_nothing);
  ByteFarm::Fold fold;
  fold.apply = [](const UnitKey& key, ByteView /*result*/) {
    if (key.lo == 100) throw std::runtime_error("cannot fold this");
  };
  throwing.fold(std::move(fold));
  check_code(throwing.run(), 70, "a fold that throws");
}

void signals() {
  std::signal(SIGTERM, application_handler);
  // MPICH has one of its own for it.
  const auto before = handler_of(SIGUSR1);
  Options options;
  {
    ByteFarm farm(options);
    check(handler_of(SIGTERM) == application_handler, "no handler unless asked");
  }
  options.handle_signals = true;
  ByteFarm farm(options);
  check(handler_of(SIGTERM) != application_handler, "handlers from the farm's making on");
  check(handler_of(SIGUSR1) != before, "also for checkpoints");
  farm.range(1'000'000'000'000);
  farm.work(work_on_nothing);
  std::raise(SIGUSR1);  // must not end a process that has not reached run()
  std::raise(SIGTERM);
  check_code(farm.run(), 75, "a stop before the run");
  check(handler_of(SIGTERM) == application_handler, "the application's handler is back");
  check(handler_of(SIGUSR1) == before, "and what there was");

  ByteFarm next(options);
  next.range(10);
  next.work(work_on_nothing);
  check_code(next.run(), 0, "the stop was the farm before");
}

}  // namespace

int main(int argc, char** argv) {
  int level = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &level);
  int rank = -1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  misuse();
  refusals();
  signals();
  MPI_Finalize();
  if (rank == 0) std::printf("farms keep their promises to the application\n");
  return 0;
}
