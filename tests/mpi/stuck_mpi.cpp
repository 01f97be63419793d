// An MPI that does not come back, for LD_PRELOAD: once the file STUCK_MPI.RANK exists, that rank
// never returns from MPI_Improbe. Its other threads go on.
#include <mpi.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

extern "C" int MPI_Improbe(int source, int tag, MPI_Comm comm, int* flag, MPI_Message* message,
                           MPI_Status* status) {
  static const std::string trigger = [comm] {
    const char* given = std::getenv("STUCK_MPI");
    int rank = 0;
    PMPI_Comm_rank(comm, &rank);
    return given == nullptr ? std::string() : given + ("." + std::to_string(rank));
  }();
  while (!trigger.empty() && ::access(trigger.c_str(), F_OK) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return PMPI_Improbe(source, tag, comm, flag, message, status);
}
