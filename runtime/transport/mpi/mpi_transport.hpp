// The transport over MPI. Point-to-point only once it is open, and no call of it blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "transport/mpi/mpi_environment.hpp"
#include "transport/transport.hpp"

namespace steadfarm::transport {

struct MpiTransportOptions {
  /// Fortran handle (MPI_Comm_c2f) of an intracommunicator; none means MPI_COMM_WORLD.
  std::optional<std::int32_t> communicator;
  std::size_t part_bytes = std::size_t{1} << 30U;  // larger messages are split; at most 2^31 - 1
  std::int32_t window = 16;                        // Isends outstanding a peer; the rest is queued
  /// Large messages being received at one time, all peers together. One is always let in.
  std::size_t receive_bytes_max = std::size_t{256} << 20U;
  /// The largest message. A peer that announces a larger one, or has to get one, is lost.
  std::size_t message_bytes_max = std::size_t{16} << 30U;
};

/// Collective over the communicator, which is duplicated, at the first time, and local after that.
/// Errors: usage (options or communicator unfit), unsupported (MPI failed).
[[nodiscard]] Result<std::unique_ptr<Transport>> open_mpi_transport(
    const MpiEnvironment& environment, const MpiTransportOptions& options);

}  // namespace steadfarm::transport
