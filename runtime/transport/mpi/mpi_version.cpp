#include "transport/mpi/mpi_version.hpp"

#include <mpi.h>

#include <array>

#include "transport/mpi/failed_ranks.hpp"

namespace steadfarm::transport {

std::string mpi_library_version() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  if (MPI_Get_library_version(text.data(), &length) != MPI_SUCCESS) return "unknown";
  const std::string whole(text.data(), static_cast<std::size_t>(length));
  return whole.substr(0, whole.find_first_of("\n,"));
}

std::string ulfm_text() {
  return ulfm_built_in() ? "built in; in use where mpirun has --with-ft ulfm" : "not in this MPI";
}

}  // namespace steadfarm::transport
