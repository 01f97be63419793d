// What MPI this is.
#pragma once

#include <string>

namespace steadfarm::transport {

/// The first line of MPI's own description of itself. MPI need not be initialised.
[[nodiscard]] std::string mpi_library_version();

/// What of ULFM this build can use: MPI's own word on who died.
[[nodiscard]] std::string ulfm_text();

}  // namespace steadfarm::transport
