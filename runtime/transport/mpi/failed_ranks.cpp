#include "transport/mpi/failed_ranks.hpp"

#ifdef STEADFARM_HAVE_ULFM
#include <mpi-ext.h>
#endif

#include <cstddef>
#include <numeric>

namespace steadfarm::transport {

#ifdef STEADFARM_HAVE_ULFM

bool ulfm_built_in() { return true; }

bool ulfm_enabled() {
  // MPI's own word: an attribute of the world, whatever launched it and with which flags.
  void* value = nullptr;
  int found = 0;
  const int code = MPI_Comm_get_attr(MPI_COMM_WORLD, MPIX_FT, &value, &found);
  return code == MPI_SUCCESS && found != 0 && *static_cast<const int*>(value) != 0;
}

std::vector<int> FailedRanks::take() {
  std::vector<int> fresh;
  if (!enabled_) return fresh;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_look_) return fresh;
  next_look_ = now + kBetweenLooks;
  MPI_Group failed = MPI_GROUP_NULL;
  if (MPIX_Comm_get_failed(communicator_, &failed) != MPI_SUCCESS) return fresh;
  int count = 0;
  MPI_Group_size(failed, &count);
  if (count > known_) {
    fresh = ranks_of(failed, count);
    known_ = count;
    int acknowledged = 0;
    static_cast<void>(MPIX_Comm_ack_failed(communicator_, count, &acknowledged));
  }
  MPI_Group_free(&failed);
  return fresh;
}

// Those not told yet, as ranks of the communicator. Nothing promises an order within the group.
std::vector<int> FailedRanks::ranks_of(MPI_Group failed, int count) {
  std::vector<int> places(static_cast<std::size_t>(count));
  std::iota(places.begin(), places.end(), 0);
  std::vector<int> ranks(places.size(), MPI_UNDEFINED);
  MPI_Group all = MPI_GROUP_NULL;
  MPI_Comm_group(communicator_, &all);
  MPI_Group_translate_ranks(failed, count, places.data(), all, ranks.data());
  MPI_Group_free(&all);
  std::erase_if(ranks,
                [this](int rank) { return rank == MPI_UNDEFINED || !told_.insert(rank).second; });
  return ranks;
}

#else

bool ulfm_built_in() { return false; }
bool ulfm_enabled() { return false; }
std::vector<int> FailedRanks::take() { return {}; }

#endif

}  // namespace steadfarm::transport
