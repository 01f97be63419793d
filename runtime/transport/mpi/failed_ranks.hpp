// MPI's own word on who died (ULFM). Inside transport/mpi only: it includes mpi.h.
#pragma once

#include <mpi.h>

#include <chrono>
#include <set>
#include <vector>

namespace steadfarm::transport {

/// True if this library was built against an MPI that has ULFM.
[[nodiscard]] bool ulfm_built_in();
/// True if the launcher switched it on for this job. MPI must be initialised.
[[nodiscard]] bool ulfm_enabled();

/// Who of a communicator died, as MPI knows it. Local calls only: no revoke, shrink or agreement,
/// which are what is known to hang.
class FailedRanks {
 public:
  FailedRanks(MPI_Comm communicator, bool enabled)
      : communicator_(communicator), enabled_(enabled) {}

  [[nodiscard]] bool enabled() const { return enabled_; }

  /// True once MPI told of a death.
  [[nodiscard]] bool any() const { return known_ > 0; }

  /// Those that MPI learned of since the last call; it looks no oftener than once a millisecond.
  /// They are acknowledged, so that MPI goes on matching messages from any source.
  [[nodiscard]] std::vector<int> take();

 private:
  static constexpr std::chrono::milliseconds kBetweenLooks{1};

  [[nodiscard]] std::vector<int> ranks_of(MPI_Group failed, int count);

  MPI_Comm communicator_;
  bool enabled_;
  int known_ = 0;
  std::set<int> told_;
  std::chrono::steady_clock::time_point next_look_{};
};

}  // namespace steadfarm::transport
