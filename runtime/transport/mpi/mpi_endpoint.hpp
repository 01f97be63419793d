// The transport's end of an MPI communicator. Inside transport/mpi only: it includes mpi.h.
#pragma once

#include <mpi.h>

#include <memory>
#include <string>
#include <vector>

#include "transport/mpi/failed_ranks.hpp"
#include "transport/mpi/inbox.hpp"
#include "transport/mpi/mpi_transport.hpp"
#include "transport/mpi/outbox.hpp"
#include "transport/mpi/urgent_lane.hpp"
#include "transport/transport.hpp"

namespace steadfarm::transport {

struct MpiPeer {
  MpiPeer(MPI_Comm communicator, int rank, const MpiTransportOptions& options)
      : outbox(communicator, rank, options.part_bytes, static_cast<std::size_t>(options.window)) {}

  [[nodiscard]] bool idle() const { return inbox.idle() && urgent_inbox.idle(); }
  [[nodiscard]] bool has_outstanding() const {
    return outbox.has_outstanding() || inbox.has_outstanding() || urgent_inbox.has_outstanding();
  }

  Outbox outbox;
  Inbox inbox;
  Inbox urgent_inbox;
  bool sending = false;    // listed in sending_
  bool receiving = false;  // listed in receiving_
  bool forgotten = false;
  std::string lost;  // MPI's words, once it reported the peer dead
};

/// A communicator, whose (remote) ranks are peers one after the other.
struct MpiLink {
  MPI_Comm communicator = MPI_COMM_NULL;
  int first_peer = 0;
};

/// What MPI may still write into or read from when the transport ends.
struct MpiEndpointState {
  explicit MpiEndpointState(const MpiTransportOptions& given) : options(given) {
    budget.limit = options.receive_bytes_max;
    budget.message_bytes_max = options.message_bytes_max;
  }

  void add_link(MPI_Comm communicator, int ranks) {
    links.push_back({communicator, static_cast<int>(peers.size())});
    for (int i = 0; i < ranks; ++i) {
      peers.emplace_back(communicator, i, options);
      urgent.add_peer(communicator, i);
    }
  }

  MpiTransportOptions options;
  std::vector<MpiLink> links;  // the farm's own communicator, then one a replacement
  std::vector<MpiPeer> peers;
  ReceiveBudget budget;
  UrgentLane urgent;
};

class MpiEndpoint final : public Transport {
 public:
  /// `rank_count`: how many (remote) ranks the communicator has. `rank`: what this process is
  /// called; a replacement, whose communicator has the master alone, has a name beyond them.
  MpiEndpoint(MPI_Comm communicator, int rank, int rank_count, bool concurrent, bool ulfm,
              const MpiTransportOptions& options);
  ~MpiEndpoint() override;
  MpiEndpoint(const MpiEndpoint&) = delete;
  MpiEndpoint& operator=(const MpiEndpoint&) = delete;

  [[nodiscard]] Rank self() const override { return self_; }
  [[nodiscard]] std::int32_t rank_count() const override { return rank_count_; }
  [[nodiscard]] bool concurrent() const override { return concurrent_; }
  [[nodiscard]] Status send(Rank to, Bytes message) override;
  void send_urgent(Rank to, ByteView message) override;
  std::size_t poll(std::vector<Incoming>& out, std::size_t max_messages) override;
  [[nodiscard]] std::vector<DeadPeer> take_dead_peers() override;
  [[nodiscard]] bool hears_of_deaths() const override { return failed_ranks_.enabled(); }
  void forget(Rank peer) override;
  void readmit(Rank peer) override;
  [[nodiscard]] std::size_t queued_bytes(Rank to) const override;
  [[nodiscard]] bool flushed() const override;
  [[nodiscard]] bool close(int deadline_ms) override;

  /// A process that was started meanwhile: the one remote rank of this intercommunicator, which
  /// becomes the endpoint's. Its rank is the one after the last.
  [[nodiscard]] Rank attach(MPI_Comm intercommunicator);

 private:
  MpiPeer& peer(Rank rank);
  [[nodiscard]] bool valid(Rank rank) const {
    return rank.value >= 0 && static_cast<std::size_t>(rank.value) < state_->peers.size();
  }
  void advance_sends();
  void advance_receives(std::vector<Incoming>& out, std::size_t& room);
  [[nodiscard]] bool probe(std::vector<Incoming>& out, std::size_t& room);
  void receive(const MpiLink& link, MPI_Message message, const MPI_Status& status,
               std::vector<Incoming>& out, std::size_t& room);
  void drain(Inbox& inbox, int from, std::vector<Incoming>& out, std::size_t& room);
  void notice_failures();
  void lose(int rank, const char* call, int code);
  void lose(int rank, std::string evidence);
  [[nodiscard]] bool anything_outstanding();
  static void keep_until_exit(std::unique_ptr<MpiEndpointState> state);

  Rank self_;
  std::int32_t rank_count_;
  bool concurrent_;
  std::unique_ptr<MpiEndpointState> state_;
  std::size_t next_link_ = 0;   // whose turn it is, so that none starves another
  std::vector<int> sending_;    // peers with something on its way out
  std::vector<int> receiving_;  // peers with something on its way in, oldest first
  std::vector<DeadPeer> dead_;  // not yet taken
  FailedRanks failed_ranks_;
  bool lost_somebody_ = false;
  bool closed_ = false;
  bool keep_state_ = false;
};

}  // namespace steadfarm::transport
