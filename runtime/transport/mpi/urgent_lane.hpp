// Heartbeats: one small outstanding message a peer, sent at once or dropped. Thread-safe.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <mutex>
#include <vector>

#include "steadfarm/types.hpp"

namespace steadfarm::transport {

class UrgentLane {
 public:
  static constexpr std::size_t kMaxBytes = 4096;

  /// One more peer, with the next number. `farm`: the number that the tags carry.
  void add_peer(MPI_Comm communicator, int rank, int farm);

  /// Dropped if there is no such peer, it is forgotten, its last one is still outstanding, or it is
  /// over kMaxBytes.
  void send(std::size_t peer, ByteView message);

  /// After this returns nothing more is sent to the peer.
  void forget(std::size_t peer);
  void readmit(std::size_t peer);
  /// After this returns nothing more is sent to anybody.
  void close();
  /// How many messages MPI has taken for that peer so far.
  [[nodiscard]] std::uint64_t sent(std::size_t peer);
  /// True if MPI still uses memory held here. Frees what it can first.
  [[nodiscard]] bool has_outstanding();

 private:
  struct Slot {
    MPI_Comm communicator = MPI_COMM_NULL;
    int rank = 0;
    int tag = 0;
    std::uint64_t sent = 0;
    MPI_Request request = MPI_REQUEST_NULL;
    Bytes bytes;
    bool forgotten = false;
  };

  [[nodiscard]] static bool free_now(Slot& slot);

  std::mutex mutex_;
  bool closed_ = false;
  std::vector<Slot> slots_;  // by peer
};

}  // namespace steadfarm::transport
