// The main of test programs that run under mpirun. Options, before GoogleTest's own:
//   --thread-level=single|funneled|serialized|multiple   what is asked of MPI
//   --application-init      MPI is initialised by "the application" first
//   --communicator=world|reversed|subset   what the farm is given (subset: without the last rank)
#include <gtest/gtest.h>
#include <mpi.h>

#include <cstdio>
#include <string>

#include "tests/mpi/mpi_test_world.hpp"

namespace steadfarm::transport {
namespace {

MpiTestWorld& mutable_world() {
  static MpiTestWorld world;
  return world;
}

// Ranks above 0 stay quiet, except for failures.
class FailurePrinter : public testing::EmptyTestEventListener {
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    std::fprintf(stderr, "rank %d: %s:%d: %s\n", mutable_world().rank, result.file_name(),
                 result.line_number(), result.summary());
  }
};

ThreadLevel parse_level(const std::string& text) {
  for (const ThreadLevel level : {ThreadLevel::single, ThreadLevel::funneled,
                                  ThreadLevel::serialized, ThreadLevel::multiple}) {
    if (text == to_string(level)) return level;
  }
  std::fprintf(stderr, "unknown thread level '%s'\n", text.c_str());
  std::exit(64);
}

int to_mpi(ThreadLevel level) {
  constexpr int levels[] = {MPI_THREAD_SINGLE, MPI_THREAD_FUNNELED, MPI_THREAD_SERIALIZED,
                            MPI_THREAD_MULTIPLE};
  return levels[static_cast<int>(level)];
}

void make_communicator(const std::string& kind) {
  MpiTestWorld& world = mutable_world();
  MPI_Comm_rank(MPI_COMM_WORLD, &world.rank);
  MPI_Comm_size(MPI_COMM_WORLD, &world.size);
  MPI_Comm made = MPI_COMM_NULL;
  if (kind == "world") {
    MPI_Comm_dup(MPI_COMM_WORLD, &made);
  } else {
    world.communicator_given = true;
    const bool left_out = kind == "subset" && world.rank == world.size - 1;
    MPI_Comm_split(MPI_COMM_WORLD, left_out ? MPI_UNDEFINED : 0, -world.rank, &made);
    world.member = !left_out;
  }
  if (!world.member) return;
  MPI_Comm_rank(made, &world.rank);
  MPI_Comm_size(made, &world.size);
  world.communicator = static_cast<int>(MPI_Comm_c2f(made));
}

int run(int argc, char** argv) {
  std::string kind = "world";
  bool application_init = false;
  MpiTestWorld& world = mutable_world();
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.starts_with("--thread-level=")) world.asked = parse_level(argument.substr(15));
    if (argument.starts_with("--communicator=")) kind = argument.substr(15);
    if (argument == "--application-init") application_init = true;
  }
  if (application_init) {
    int provided = 0;
    MPI_Init_thread(&argc, &argv, to_mpi(world.asked), &provided);
  }
  Result<MpiEnvironment> started = MpiEnvironment::start(&argc, &argv, world.asked);
  if (!started.ok()) {
    std::fprintf(stderr, "%s\n", started.error().message.c_str());
    return 1;
  }
  world.environment = &started.value();
  world.application_init = application_init;
  make_communicator(kind);
  int result = 0;
  if (world.member) {
    if (world.rank != 0) {
      testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
      delete listeners.Release(listeners.default_result_printer());
      listeners.Append(new FailurePrinter);
    }
    result = RUN_ALL_TESTS();
  }
  FinalizeOptions options;
  options.deadline_ms = 300'000;  // those left out wait here for the others
  options.exit_code = 1;
  options.say_why = true;
  if (!started.value().finalize(options).ok()) result = 1;
  if (application_init) MPI_Finalize();
  return result;
}

}  // namespace

const MpiTestWorld& mpi_test_world() { return mutable_world(); }

void mpi_test_barrier() {
  MPI_Barrier(MPI_Comm_f2c(static_cast<MPI_Fint>(mutable_world().communicator)));
}

}  // namespace steadfarm::transport

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return steadfarm::transport::run(argc, argv);
}
