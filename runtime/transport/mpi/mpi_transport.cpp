#include "transport/mpi/mpi_transport.hpp"

#include <mpi.h>

#include <climits>
#include <memory>
#include <string>
#include <utility>

#include "transport/mpi/failed_ranks.hpp"
#include "transport/mpi/mpi_endpoint.hpp"
#include "transport/mpi/mpi_error.hpp"

namespace steadfarm::transport {
namespace {

Error unsupported(const char* call, int code) {
  return {ErrorCode::unsupported, "the farm's communicator: " + mpi_error_text(call, code)};
}

Status check_options(const MpiTransportOptions& options) {
  if (options.part_bytes == 0 || options.part_bytes > static_cast<std::size_t>(INT_MAX)) {
    return Error{ErrorCode::usage,
                 "part_bytes must be 1 to 2147483647, not " + std::to_string(options.part_bytes)};
  }
  if (options.window < 1) {
    return Error{ErrorCode::usage, "window must be at least 1"};
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Transport>> open_mpi_transport(const MpiEnvironment& environment,
                                                      const MpiTransportOptions& options) {
  if (Status status = check_options(options); !status.ok()) return status.error();
  const bool concurrent = environment.thread_level() == ThreadLevel::multiple;
  if (environment.replacement()) {
    MPI_Comm starter = MPI_COMM_NULL;
    MPI_Comm_get_parent(&starter);
    if (const int code = MPI_Comm_set_errhandler(starter, MPI_ERRORS_RETURN); code != MPI_SUCCESS) {
      return unsupported("MPI_Comm_set_errhandler", code);
    }
    // Only the master is there to talk to, and without it there is nothing to do.
    return std::unique_ptr<Transport>(std::make_unique<MpiEndpoint>(
        starter, environment.replacement()->value, concurrent, options));
  }
  MPI_Comm parent = MPI_COMM_WORLD;
  if (options.communicator) parent = MPI_Comm_f2c(static_cast<MPI_Fint>(*options.communicator));
  if (parent == MPI_COMM_NULL) {
    return Error{ErrorCode::usage, "the communicator given to the farm is MPI_COMM_NULL"};
  }
  int inter = 0;
  if (MPI_Comm_test_inter(parent, &inter) != MPI_SUCCESS || inter != 0) {
    return Error{ErrorCode::usage, "the communicator given to the farm is an intercommunicator"};
  }
  Result<std::shared_ptr<FarmCommunicator>> shared = FarmCommunicator::of(parent);
  if (!shared) return shared.error();
  int rank = 0;
  int size = 0;
  MPI_Comm_rank(shared.value()->get(), &rank);
  MPI_Comm_size(shared.value()->get(), &size);
  return std::unique_ptr<Transport>(std::make_unique<MpiEndpoint>(
      std::move(shared).value(), rank, size, concurrent, ulfm_enabled(), options));
}

}  // namespace steadfarm::transport
