// The transport's end of an MPI communicator. Inside transport/mpi only: it includes mpi.h.
#pragma once

#include <mpi.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "transport/mpi/control_words.hpp"
#include "transport/mpi/failed_ranks.hpp"
#include "transport/mpi/farm_communicator.hpp"
#include "transport/mpi/inbox.hpp"
#include "transport/mpi/mpi_transport.hpp"
#include "transport/mpi/outbox.hpp"
#include "transport/mpi/settlement.hpp"
#include "transport/mpi/urgent_lane.hpp"
#include "transport/transport.hpp"

namespace steadfarm::transport {

struct MpiPeer {
  MpiPeer(MPI_Comm communicator, int rank, int farm, const MpiTransportOptions& options)
      : outbox(communicator, rank, farm, options.part_bytes,
               static_cast<std::size_t>(options.window)) {}

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
  std::uint64_t received = 0;  // messages that were matched, each part being one
  std::string lost;            // MPI's words, once it reported the peer dead
};

/// A communicator, whose (remote) ranks are peers one after the other.
struct MpiLink {
  MPI_Comm communicator = MPI_COMM_NULL;
  int first_peer = 0;
  int ranks = 0;
};

/// What MPI may still write into or read from when the transport ends.
struct MpiEndpointState {
  explicit MpiEndpointState(const MpiTransportOptions& given) : options(given) {
    budget.limit = options.receive_bytes_max;
    budget.message_bytes_max = options.message_bytes_max;
  }

  void add_link(MPI_Comm communicator, int ranks, int farm) {
    links.push_back({communicator, static_cast<int>(peers.size()), ranks});
    for (int i = 0; i < ranks; ++i) {
      peers.emplace_back(communicator, i, farm, options);
      urgent.add_peer(communicator, i, farm);
    }
  }

  MpiTransportOptions options;
  std::vector<MpiLink> links;  // the farm's own communicator, then one a replacement
  std::vector<MpiPeer> peers;
  ReceiveBudget budget;
  UrgentLane urgent;
  ControlWords words;
};

class MpiEndpoint final : public Transport, private MessageSink {
 public:
  /// Of a rank among `rank_count` that share `shared`.
  MpiEndpoint(std::shared_ptr<FarmCommunicator> shared, int rank, int rank_count, bool concurrent,
              bool ulfm, const MpiTransportOptions& options);
  /// Of a replacement: `starter` leads to the master alone, and `rank` is a name beyond all others.
  MpiEndpoint(MPI_Comm starter, int rank, bool concurrent, const MpiTransportOptions& options);
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
  [[nodiscard]] bool settle(int deadline_ms) override;
  [[nodiscard]] bool was_lost(Rank peer) const override;
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
  void take(int source, int kind, MPI_Message message, std::size_t bytes) override;
  [[nodiscard]] bool probe(std::vector<Incoming>& out, std::size_t& room);
  [[nodiscard]] bool probe_link(std::size_t index);
  void receive(std::size_t link, int source, int kind, MPI_Message message, std::size_t bytes);
  void list_as_receiving(int from);
  void drain(Inbox& inbox, int from, std::vector<Incoming>& out, std::size_t& room);
  void notice_failures();
  void lose(int rank, const char* call, int code);
  void lose(int rank, std::string evidence);
  [[nodiscard]] bool anything_outstanding();
  void wait_until_flushed(std::chrono::steady_clock::time_point deadline);
  void begin_settlement(bool in_order);
  void say(Settlement::Words words);
  [[nodiscard]] bool advance_settlement();
  [[nodiscard]] bool all_received() const;
  void leave_farm();
  static void keep_until_exit(std::unique_ptr<MpiEndpointState> state);

  Rank self_;
  std::int32_t rank_count_;
  bool concurrent_;
  std::shared_ptr<FarmCommunicator> shared_;  // null: this process is a replacement
  int farm_ = 0;                              // its number there
  std::unique_ptr<MpiEndpointState> state_;
  std::size_t next_link_ = 0;   // whose turn it is, so that none starves another
  std::vector<int> sending_;    // peers with something on its way out
  std::vector<int> receiving_;  // peers with something on its way in, oldest first
  std::vector<DeadPeer> dead_;  // not yet taken
  FailedRanks failed_ranks_;
  bool lost_somebody_ = false;
  bool settling_ = false;  // from then on nothing is sent any more
  std::optional<Settlement> settlement_;
  bool settled_ = false;
  bool left_farm_ = false;
  std::set<int> was_lost_;
  std::optional<int> arrived_from_;  // whose message was just matched
  bool closed_ = false;
  bool keep_state_ = false;
};

}  // namespace steadfarm::transport
