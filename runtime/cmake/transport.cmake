# Transports. MPI is private: nothing above sees mpi.h.
find_package(MPI REQUIRED COMPONENTS C)

# ULFM, as Open MPI 5 has it: MPI itself tells who died. Whether a job may use it is its launcher's
# choice, found at run time.
include(CheckCSourceCompiles)
include(CMakePushCheckState)
cmake_push_check_state(RESET)
set(CMAKE_REQUIRED_LIBRARIES MPI::MPI_C)
set(CMAKE_REQUIRED_QUIET ON)
check_c_source_compiles("
#include <mpi.h>
#include <mpi-ext.h>
int main(void) {
  MPI_Group failed;
  int count = 0, found = 0;
  void* value;
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPIX_FT, &value, &found);
  MPIX_Comm_get_failed(MPI_COMM_WORLD, &failed);
  return MPIX_Comm_ack_failed(MPI_COMM_WORLD, count, &count) == MPIX_ERR_PROC_FAILED;
}" STEADFARM_HAVE_ULFM)
cmake_pop_check_state()

steadfarm_layer(transport
  SOURCES
    runtime/transport/guarded/guarded_transport.cpp
    runtime/transport/joined/joined_transport.cpp
    runtime/transport/local/local_hub.cpp
    runtime/transport/mpi/broken_pipe.cpp
    runtime/transport/mpi/control_words.cpp
    runtime/transport/mpi/failed_ranks.cpp
    runtime/transport/mpi/farm_communicator.cpp
    runtime/transport/mpi/inbox.cpp
    runtime/transport/mpi/launch_check.cpp
    runtime/transport/mpi/mpi_endpoint.cpp
    runtime/transport/mpi/mpi_environment.cpp
    runtime/transport/mpi/mpi_error.cpp
    runtime/transport/mpi/mpi_spawner.cpp
    runtime/transport/mpi/mpi_transport.cpp
    runtime/transport/mpi/mpi_version.cpp
    runtime/transport/mpi/outbox.cpp
    runtime/transport/mpi/replacement.cpp
    runtime/transport/mpi/settlement.cpp
    runtime/transport/mpi/start_guard.cpp
    runtime/transport/mpi/urgent_lane.cpp
    runtime/transport/mpi/watchdog.cpp
  PUBLIC steadfarm_core
  PRIVATE MPI::MPI_C Threads::Threads)
target_compile_definitions(steadfarm_transport PRIVATE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX
  $<$<BOOL:${STEADFARM_HAVE_ULFM}>:STEADFARM_HAVE_ULFM>)
