# Transports. MPI is private: nothing above sees mpi.h.
find_package(MPI REQUIRED COMPONENTS C)

steadfarm_layer(transport
  SOURCES
    runtime/transport/joined/joined_transport.cpp
    runtime/transport/local/local_hub.cpp
    runtime/transport/mpi/inbox.cpp
    runtime/transport/mpi/launch_check.cpp
    runtime/transport/mpi/mpi_endpoint.cpp
    runtime/transport/mpi/mpi_environment.cpp
    runtime/transport/mpi/mpi_error.cpp
    runtime/transport/mpi/mpi_transport.cpp
    runtime/transport/mpi/mpi_version.cpp
    runtime/transport/mpi/outbox.cpp
    runtime/transport/mpi/urgent_lane.cpp
    runtime/transport/mpi/watchdog.cpp
  PUBLIC steadfarm_core
  PRIVATE MPI::MPI_C Threads::Threads)
target_compile_definitions(steadfarm_transport PRIVATE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
