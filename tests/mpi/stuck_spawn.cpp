// An MPI_Comm_spawn that goes wrong, for LD_PRELOAD. STUCK_SPAWN says how: "fails", "hangs" for
// ever, or the name of a file that it waits for before it does what it should.
#include <mpi.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

extern "C" int MPI_Comm_spawn(const char* command, char* argv[], int maxprocs, MPI_Info info,
                              int root, MPI_Comm comm, MPI_Comm* intercomm, int errors[]) {
  const char* given = std::getenv("STUCK_SPAWN");
  const std::string how = given != nullptr ? given : "";
  if (how == "fails") return MPI_ERR_SPAWN;
  const auto wait = [] { std::this_thread::sleep_for(std::chrono::milliseconds(10)); };
  while (how == "hangs") wait();
  while (!how.empty() && ::access(how.c_str(), F_OK) != 0) wait();
  return PMPI_Comm_spawn(command, argv, maxprocs, info, root, comm, intercomm, errors);
}
