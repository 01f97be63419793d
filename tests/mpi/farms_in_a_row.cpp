// Farms one after another in an application that has its own MPI:
//   farms_in_a_row LEVEL COMMUNICATOR FARMS [RANK FARM [STORE]]
// LEVEL: single, funneled, serialized or multiple. COMMUNICATOR: world, half (the even and the odd
// ranks, beside each other), duplicate (a new one for each farm, freed after it) or self (likewise,
// each rank alone). Farm k, from 0, has k % 6 units. With RANK and FARM that rank kills itself in
// that farm, and the application makes no collective call any more; with STORE a worker may take
// that farm over. The last line of every rank says how many of its farms ended as they should.
#include <mpi.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "steadfarm/farm.hpp"

namespace {

struct Plan {
  int level = MPI_THREAD_MULTIPLE;
  std::string communicator;
  int farms = 0;
  int victim = -1;
  int fatal_farm = -1;
  std::string store;
};

int thread_level(const std::string& name) {
  if (name == "single") return MPI_THREAD_SINGLE;
  if (name == "funneled") return MPI_THREAD_FUNNELED;
  if (name == "serialized") return MPI_THREAD_SERIALIZED;
  if (name == "multiple") return MPI_THREAD_MULTIPLE;
  std::fprintf(stderr, "farms_in_a_row: unknown thread level %s\n", name.c_str());
  std::exit(64);
}

Plan read_plan(int argc, char** argv) {
  if (argc != 4 && argc != 6 && argc != 7) {
    std::fprintf(stderr, "usage: farms_in_a_row LEVEL COMMUNICATOR FARMS [RANK FARM [STORE]]\n");
    std::exit(64);
  }
  Plan plan;
  plan.level = thread_level(argv[1]);
  plan.communicator = argv[2];
  plan.farms = std::atoi(argv[3]);
  if (argc > 5) plan.victim = std::atoi(argv[4]);
  if (argc > 5) plan.fatal_farm = std::atoi(argv[5]);
  if (argc > 6) plan.store = argv[6];
  return plan;
}

bool is_finished(MPI_Comm communicator, int farm, const Plan& plan) {
  const bool fatal = farm == plan.fatal_farm;
  const bool kills = plan.victim >= 0;
  steadfarm::Options options;
  options.identity = "farm " + std::to_string(farm);
  options.communicator = static_cast<std::int32_t>(MPI_Comm_c2f(communicator));
  options.heartbeat_s = kills ? 0.25 : 0.01;  // many, so that some are late
  options.timeout_s = kills ? 3 : 10;
  if (fatal && !plan.store.empty()) options.store = plan.store;
  if (fatal && !plan.store.empty()) options.takeover = "on";
  steadfarm::Farm<int, int> sums(options);
  int rank = -1;
  MPI_Comm_rank(communicator, &rank);
  const int units = fatal ? 60 : farm % 6;
  long sum = 0;
  sums.fold(sum, [](long& all, int result) { all += result; });
  for (int i = 0; i < units; ++i) sums.submit(i);
  sums.work([&](int i) {
    if (fatal && rank == plan.victim && i > 5) std::raise(SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(fatal ? 20 : i % 2));
    return i + 1;
  });
  std::thread ends;
  if (fatal && rank == plan.victim && rank == 0) {
    ends = std::thread([] {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      std::raise(SIGKILL);
    });
  }
  const steadfarm::Outcome outcome = sums.run();
  if (ends.joinable()) ends.join();
  const bool right = !sums.is_master() || sum == static_cast<long>(units) * (units + 1) / 2;
  if (outcome.exit_code == 0 && right) return true;
  std::fprintf(stderr, "rank %d farm %d: exit code %d, sum %ld: %s\n", rank, farm,
               outcome.exit_code, sum, outcome.message.c_str());
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  const Plan plan = read_plan(argc, argv);
  int level = 0;
  MPI_Init_thread(&argc, &argv, plan.level, &level);
  int rank = -1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm half = MPI_COMM_WORLD;
  if (plan.communicator == "half") MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
  int good = 0;
  for (int farm = 0; farm < plan.farms; ++farm) {
    MPI_Comm own = half;
    if (plan.communicator == "duplicate") MPI_Comm_dup(MPI_COMM_WORLD, &own);
    if (plan.communicator == "self") MPI_Comm_dup(MPI_COMM_SELF, &own);
    if (is_finished(own, farm, plan)) ++good;
    if (own != half) MPI_Comm_free(&own);
    // Collectives of the application, now and then, between farms.
    int number = farm;
    if (plan.victim < 0 && farm % 3 == 0) MPI_Bcast(&number, 1, MPI_INT, 0, MPI_COMM_WORLD);
  }
  std::printf("rank %d: %d of %d farms\n", rank, good, plan.farms);
  std::fflush(stdout);
  if (plan.victim >= 0) {
    // MPI_Finalize waits for the dead. Some launchers end all with the first that leaves.
    std::this_thread::sleep_for(std::chrono::seconds(3));
    _exit(0);
  }
  MPI_Finalize();
  return good == plan.farms ? 0 : 1;
}
