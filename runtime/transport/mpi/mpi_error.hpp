// Words for MPI's return codes.
#pragma once

#include <string>

namespace steadfarm::transport {

/// "MPI_Isend: MPI_ERR_COMM: invalid communicator".
[[nodiscard]] std::string mpi_error_text(const char* call, int code);

}  // namespace steadfarm::transport
