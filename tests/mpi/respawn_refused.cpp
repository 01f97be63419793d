// Farms that can have no replacements: the application has initialised MPI ("init"), or gives the
// farm a communicator of its own ("communicator"). Ends with the farm's exit code.
#include <mpi.h>

#include <string>

#include "steadfarm/byte_farm.hpp"

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  int level = MPI_THREAD_SINGLE;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &level);
  int exit_code = 70;
  {
    steadfarm::Options options;
    options.identity = "respawn_refused";
    options.respawn = true;
    if (mode == "communicator") options.communicator = MPI_Comm_c2f(MPI_COMM_WORLD);
    steadfarm::ByteFarm farm(options);
    farm.range(10);
    farm.work([](steadfarm::UnitCall& call) { call.set_result({}); });
    exit_code = farm.run().exit_code;
  }
  MPI_Finalize();
  return exit_code;
}
