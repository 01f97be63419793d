// What the environment tells of the launcher: whether it started N lonely copies of the program
// instead of one job of N ranks, and what it does when a rank ends.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace steadfarm::transport {

/// Looks an environment variable up; null if it is not set.
using EnvironmentLookup = std::function<const char*(const char*)>;

/// The reason to refuse the start, or nothing. `srun` without a PMI plugin starts every task as
/// "rank 0 of 1": each would run the whole farm and fight for one store. A launcher that names
/// the size of the job itself (mpirun -n 1 inside an allocation) is believed.
[[nodiscard]] std::optional<std::string> lonely_rank_reason(int world_size,
                                                            const EnvironmentLookup& lookup);

/// True if the launcher lets the others live when a rank ends without MPI_Finalize: by Open MPI 4's
/// word in the environment, or because srun started the ranks itself. ULFM is MPI's own word.
[[nodiscard]] bool launcher_lets_others_live(const EnvironmentLookup& lookup);

}  // namespace steadfarm::transport
