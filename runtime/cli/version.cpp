// steadfarm version: what this build is made of.
#include <iostream>

#include "checkpoint/hdf5/version.hpp"
#include "cli/commands.hpp"
#include "transport/mpi/mpi_version.hpp"

namespace steadfarm::cli {

void add_version(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("version", "Say what this build is made of.");
  command->callback([&exit_code] {
    std::cout << "steadfarm " << STEADFARM_VERSION << '\n'
              << "MPI       " << transport::mpi_library_version() << '\n'
              << "ULFM      " << transport::ulfm_text() << '\n'
              << "HDF5      " << checkpoint::hdf5_library_version() << '\n';
    exit_code = 0;
  });
}

}  // namespace steadfarm::cli
