// What a test under mpirun may know of its world. Without mpi.h.
#pragma once

#include "transport/mpi/mpi_environment.hpp"

namespace steadfarm::transport {

struct MpiTestWorld {
  MpiEnvironment* environment = nullptr;
  ThreadLevel asked = ThreadLevel::multiple;
  bool application_init = false;    // MPI is the application's
  bool communicator_given = false;  // not MPI_COMM_WORLD
  int communicator = 0;             // Fortran handle of the tests' own communicator
  int rank = 0;                     // in it
  int size = 0;
  bool member = true;
};

[[nodiscard]] const MpiTestWorld& mpi_test_world();
void mpi_test_barrier();

}  // namespace steadfarm::transport
