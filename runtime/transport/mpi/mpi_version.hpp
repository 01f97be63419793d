// What MPI this is.
#pragma once

#include <string>

namespace steadfarm::transport {

/// The first line of MPI's own description of itself. MPI need not be initialised.
[[nodiscard]] std::string mpi_library_version();

}  // namespace steadfarm::transport
