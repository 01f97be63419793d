// An MPI_Comm_spawn that goes wrong, for LD_PRELOAD. STUCK_SPAWN says how: "fails", "hangs" for
// ever, "child" if the new process does so in MPI_Init, as with OpenPMIx 4.2 now and then, or the
// name of a file that it waits for before it does what it should.
#include <mpi.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

bool is_stuck_child = false;

// It alone is to give up soon; the others may take their time to start.
[[gnu::constructor]] void look() {
  const char* how = std::getenv("STUCK_SPAWN");
  if (how == nullptr || std::string(how) != "child") return;
  if (std::getenv("STEADFARM_REPLACEMENT") == nullptr) return;
  is_stuck_child = true;
  ::setenv("STEADFARM_START_TIMEOUT", "2", 1);
}

}  // namespace

extern "C" int MPI_Init_thread(int* argc, char*** argv, int required, int* provided) {
  while (is_stuck_child) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return PMPI_Init_thread(argc, argv, required, provided);
}

extern "C" int MPI_Comm_spawn(const char* command, char* argv[], int maxprocs, MPI_Info info,
                              int root, MPI_Comm comm, MPI_Comm* intercomm, int errors[]) {
  const char* given = std::getenv("STUCK_SPAWN");
  const std::string how = given != nullptr ? given : "";
  if (how == "fails") return MPI_ERR_SPAWN;
  const auto wait = [] { std::this_thread::sleep_for(std::chrono::milliseconds(10)); };
  while (how == "hangs") wait();
  while (!how.empty() && how != "child" && ::access(how.c_str(), F_OK) != 0) wait();
  return PMPI_Comm_spawn(command, argv, maxprocs, info, root, comm, intercomm, errors);
}
