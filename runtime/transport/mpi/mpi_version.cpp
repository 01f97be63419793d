#include "transport/mpi/mpi_version.hpp"

#include <mpi.h>

#include <array>

namespace steadfarm::transport {

std::string mpi_library_version() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  if (MPI_Get_library_version(text.data(), &length) != MPI_SUCCESS) return "unknown";
  const std::string whole(text.data(), static_cast<std::size_t>(length));
  return whole.substr(0, whole.find_first_of("\n,"));
}

}  // namespace steadfarm::transport
