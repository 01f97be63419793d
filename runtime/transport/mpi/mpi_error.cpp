#include "transport/mpi/mpi_error.hpp"

#include <mpi.h>

namespace steadfarm::transport {

std::string mpi_error_text(const char* call, int code) {
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  if (MPI_Error_string(code, text, &length) != MPI_SUCCESS || length <= 0) {
    return std::string(call) + ": error " + std::to_string(code);
  }
  return std::string(call) + ": " + std::string(text, static_cast<std::size_t>(length));
}

}  // namespace steadfarm::transport
