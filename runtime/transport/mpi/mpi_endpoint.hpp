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

/// What MPI may still write into or read from when the transport ends.
struct MpiEndpointState {
  MpiEndpointState(MPI_Comm communicator_in, std::size_t rank_count,
                   const MpiTransportOptions& options)
      : communicator(communicator_in), urgent(communicator_in, rank_count) {
    budget.limit = options.receive_bytes_max;
    peers.reserve(rank_count);
    for (std::size_t i = 0; i < rank_count; ++i) {
      peers.emplace_back(communicator_in, static_cast<int>(i), options);
    }
  }

  MPI_Comm communicator;
  std::vector<MpiPeer> peers;
  ReceiveBudget budget;
  UrgentLane urgent;
};

class MpiEndpoint final : public Transport {
 public:
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

 private:
  MpiPeer& peer(Rank rank);
  [[nodiscard]] bool valid(Rank rank) const { return rank.value >= 0 && rank.value < rank_count_; }
  void advance_sends();
  void advance_receives(std::vector<Incoming>& out, std::size_t& room);
  [[nodiscard]] bool probe(std::vector<Incoming>& out, std::size_t& room);
  void receive(MPI_Message message, const MPI_Status& status, std::vector<Incoming>& out,
               std::size_t& room);
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
  std::vector<int> sending_;    // peers with something on its way out
  std::vector<int> receiving_;  // peers with something on its way in, oldest first
  std::vector<DeadPeer> dead_;  // not yet taken
  FailedRanks failed_ranks_;
  bool lost_somebody_ = false;
  bool closed_ = false;
  bool keep_state_ = false;
};

}  // namespace steadfarm::transport
