// Starts replacements of lost workers with MPI_Comm_spawn.
#pragma once

#include <memory>
#include <optional>

#include "base/error.hpp"
#include "transport/mpi/mpi_environment.hpp"
#include "transport/spawner.hpp"
#include "transport/transport.hpp"

namespace steadfarm::transport {

/// Each is one more process of this program, with this program's arguments, that joins over an
/// intercommunicator of its own: nothing collective with those who may have died. MPI_Comm_spawn
/// blocks, so it has a thread to itself, and one that never returns is left behind there.
class MpiSpawner final : public Spawner {
 public:
  ~MpiSpawner() override;
  MpiSpawner(const MpiSpawner&) = delete;
  MpiSpawner& operator=(const MpiSpawner&) = delete;

  void start(Rank rank) override;
  [[nodiscard]] std::optional<Done> take_done() override;
  /// False at the end: MPI must not be finalised.
  [[nodiscard]] bool idle() const override;

 private:
  struct Call;
  struct Parts;
  explicit MpiSpawner(std::unique_ptr<Parts> parts);
  friend Result<std::unique_ptr<Spawner>> open_mpi_spawner(const MpiEnvironment& environment,
                                                           Transport& transport,
                                                           const Result<std::string>& folder);

  std::unique_ptr<Parts> parts_;
};

/// `transport` is what open_mpi_transport gave on all ranks of MPI_COMM_WORLD, and must outlive the
/// spawner. Replacements start in `folder`, where this process was when its farm was made: the
/// paths among their arguments begin there. Errors: usage, with why there can be no replacements in
/// this process.
[[nodiscard]] Result<std::unique_ptr<Spawner>> open_mpi_spawner(const MpiEnvironment& environment,
                                                                Transport& transport,
                                                                const Result<std::string>& folder);

}  // namespace steadfarm::transport
