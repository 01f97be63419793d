#include "transport/mpi/urgent_lane.hpp"

#include <algorithm>
#include <utility>

#include "transport/mpi/mpi_tags.hpp"

namespace steadfarm::transport {

void UrgentLane::add_peer(MPI_Comm communicator, int rank, int farm) {
  const std::lock_guard lock(mutex_);
  Slot slot;
  slot.communicator = communicator;
  slot.rank = rank;
  slot.tag = tag_of(kTagUrgent, farm);
  slots_.push_back(std::move(slot));
}

void UrgentLane::send(std::size_t peer, ByteView message) {
  const std::lock_guard lock(mutex_);
  if (peer >= slots_.size()) return;
  Slot& slot = slots_[peer];
  if (closed_ || slot.forgotten || message.size() > kMaxBytes || !free_now(slot)) return;
  slot.bytes.assign(message.begin(), message.end());
  const int code = MPI_Isend(slot.bytes.data(), static_cast<int>(slot.bytes.size()), MPI_BYTE,
                             slot.rank, slot.tag, slot.communicator, &slot.request);
  // An error is the same as a drop here; the main thread's sends will meet it too.
  if (code != MPI_SUCCESS) {
    slot.forgotten = true;
  } else {
    ++slot.sent;
  }
}

bool UrgentLane::free_now(Slot& slot) {
  if (slot.request == MPI_REQUEST_NULL) return true;
  int done = 0;
  if (MPI_Test(&slot.request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS) return false;
  return done != 0;
}

void UrgentLane::forget(std::size_t peer) {
  const std::lock_guard lock(mutex_);
  slots_[peer].forgotten = true;
}

void UrgentLane::readmit(std::size_t peer) {
  const std::lock_guard lock(mutex_);
  slots_[peer].forgotten = false;
}

void UrgentLane::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

std::uint64_t UrgentLane::sent(std::size_t peer) {
  const std::lock_guard lock(mutex_);
  return slots_.at(peer).sent;
}

bool UrgentLane::has_outstanding() {
  const std::lock_guard lock(mutex_);
  return !std::all_of(slots_.begin(), slots_.end(), [](Slot& slot) { return free_now(slot); });
}

}  // namespace steadfarm::transport
