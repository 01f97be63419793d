#include "transport/mpi/mpi_transport.hpp"

#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "transport/mpi/inbox.hpp"
#include "transport/mpi/mpi_error.hpp"
#include "transport/mpi/mpi_tags.hpp"
#include "transport/mpi/outbox.hpp"
#include "transport/mpi/urgent_lane.hpp"

namespace steadfarm::transport {
namespace {

struct Peer {
  Peer(MPI_Comm communicator, int rank, const MpiTransportOptions& options)
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

constexpr std::size_t kMessagesWhileClosing = 256;

class MpiTransport final : public Transport {
 public:
  MpiTransport(MPI_Comm communicator, int rank, int rank_count, bool concurrent,
               const MpiTransportOptions& options);
  ~MpiTransport() override;
  MpiTransport(const MpiTransport&) = delete;
  MpiTransport& operator=(const MpiTransport&) = delete;

  [[nodiscard]] Rank self() const override { return self_; }
  [[nodiscard]] std::int32_t rank_count() const override { return rank_count_; }
  [[nodiscard]] bool concurrent() const override { return concurrent_; }
  [[nodiscard]] Status send(Rank to, Bytes message) override;
  void send_urgent(Rank to, ByteView message) override;
  std::size_t poll(std::vector<Incoming>& out, std::size_t max_messages) override;
  [[nodiscard]] std::vector<Rank> take_dead_peers() override;
  void forget(Rank peer) override;
  void readmit(Rank peer) override;
  [[nodiscard]] std::size_t queued_bytes(Rank to) const override;
  [[nodiscard]] bool flushed() const override;
  [[nodiscard]] bool close(int deadline_ms) override;

 private:
  struct State;  // what MPI may still write into or read from

  Peer& peer(Rank rank);
  [[nodiscard]] bool valid(Rank rank) const { return rank.value >= 0 && rank.value < rank_count_; }
  void advance_sends();
  void advance_receives(std::vector<Incoming>& out, std::size_t& room);
  [[nodiscard]] bool probe(std::vector<Incoming>& out, std::size_t& room);
  void receive(MPI_Message message, const MPI_Status& status, std::vector<Incoming>& out,
               std::size_t& room);
  void drain(Inbox& inbox, int from, std::vector<Incoming>& out, std::size_t& room);
  void lose(int rank, const char* call, int code);
  [[nodiscard]] bool anything_outstanding();
  static void keep_until_exit(std::unique_ptr<State> state);

  Rank self_;
  std::int32_t rank_count_;
  bool concurrent_;
  std::unique_ptr<State> state_;
  std::vector<int> sending_;    // peers with something on its way out
  std::vector<int> receiving_;  // peers with something on its way in, oldest first
  std::vector<Rank> dead_;      // not yet taken
  bool lost_somebody_ = false;
  bool closed_ = false;
  bool keep_state_ = false;
};

struct MpiTransport::State {
  State(MPI_Comm communicator_in, std::size_t rank_count, const MpiTransportOptions& options)
      : communicator(communicator_in), urgent(communicator_in, rank_count) {
    budget.limit = options.receive_bytes_max;
    peers.reserve(rank_count);
    for (std::size_t i = 0; i < rank_count; ++i) {
      peers.emplace_back(communicator_in, static_cast<int>(i), options);
    }
  }

  MPI_Comm communicator;
  std::vector<Peer> peers;
  ReceiveBudget budget;
  UrgentLane urgent;
};

// MPI may still write into a message of a dying peer, or read from one to it. Reachable, so that
// leak checkers see that it is meant.
void MpiTransport::keep_until_exit(std::unique_ptr<State> state) {
  static std::vector<State*>& kept = *new std::vector<State*>;
  kept.push_back(state.release());
}

MpiTransport::MpiTransport(MPI_Comm communicator, int rank, int rank_count, bool concurrent,
                           const MpiTransportOptions& options)
    : self_(rank),
      rank_count_(rank_count),
      concurrent_(concurrent),
      state_(std::make_unique<State>(communicator, static_cast<std::size_t>(rank_count), options)) {
}

MpiTransport::~MpiTransport() {
  if (!closed_) static_cast<void>(close(0));
  if (keep_state_) keep_until_exit(std::move(state_));
}

Peer& MpiTransport::peer(Rank rank) {
  STEADFARM_ASSERT(valid(rank));
  return state_->peers[static_cast<std::size_t>(rank.value)];
}

Status MpiTransport::send(Rank to, Bytes message) {
  if (!valid(to)) {
    return Error{ErrorCode::internal,
                 "send to rank " + std::to_string(to.value) + " of " + std::to_string(rank_count_)};
  }
  Peer& target = peer(to);
  if (!target.lost.empty()) return Error{ErrorCode::lost_peer, target.lost};
  if (target.forgotten || closed_) return {};
  if (const int code = target.outbox.send(std::move(message)); code != MPI_SUCCESS) {
    lose(to.value, "MPI_Isend", code);
    return Error{ErrorCode::lost_peer, target.lost};
  }
  if (!target.outbox.empty() && !target.sending) {
    target.sending = true;
    sending_.push_back(to.value);
  }
  return {};
}

void MpiTransport::send_urgent(Rank to, ByteView message) {
  if (valid(to)) state_->urgent.send(static_cast<std::size_t>(to.value), message);
}

std::size_t MpiTransport::poll(std::vector<Incoming>& out, std::size_t max_messages) {
  if (closed_) return 0;
  std::size_t room = max_messages;
  advance_sends();
  advance_receives(out, room);
  // Matched messages that wait in a line need no room, so the number of looks has its own limit.
  for (std::size_t looks = max_messages + state_->peers.size(); room > 0 && looks > 0; --looks) {
    if (!probe(out, room)) break;
  }
  return max_messages - room;
}

void MpiTransport::advance_sends() {
  std::size_t kept = 0;
  for (const int rank : sending_) {
    Peer& target = peer(Rank(rank));
    if (const int code = target.outbox.advance(); code != MPI_SUCCESS) {
      lose(rank, "MPI_Isend", code);
    }
    target.sending = target.lost.empty() && !target.outbox.empty();
    if (target.sending) sending_[kept++] = rank;
  }
  sending_.resize(kept);
}

void MpiTransport::advance_receives(std::vector<Incoming>& out, std::size_t& room) {
  state_->budget.somebody_waits = false;
  std::size_t kept = 0;
  for (const int rank : receiving_) {
    Peer& source = peer(Rank(rank));
    drain(source.urgent_inbox, rank, out, room);
    drain(source.inbox, rank, out, room);
    source.receiving = !source.idle();
    if (source.receiving) receiving_[kept++] = rank;
  }
  receiving_.resize(kept);
}

void MpiTransport::drain(Inbox& inbox, int from, std::vector<Incoming>& out, std::size_t& room) {
  while (room > 0) {
    Bytes bytes;
    int code = MPI_SUCCESS;
    const Inbox::Step step = inbox.next(state_->budget, bytes, code);
    if (step == Inbox::Step::failed) lose(from, "MPI_Imrecv", code);
    if (step != Inbox::Step::delivered) return;
    out.push_back({Rank(from), std::move(bytes)});
    --room;
  }
}

bool MpiTransport::probe(std::vector<Incoming>& out, std::size_t& room) {
  int found = 0;
  MPI_Message message = MPI_MESSAGE_NULL;
  MPI_Status status;
  const int code =
      MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, state_->communicator, &found, &message, &status);
  if (code != MPI_SUCCESS || found == 0) return false;
  receive(message, status, out, room);
  return true;
}

void MpiTransport::receive(MPI_Message message, const MPI_Status& status,
                           std::vector<Incoming>& out, std::size_t& room) {
  const int from = status.MPI_SOURCE;
  int size = 0;
  MPI_Get_count(&status, MPI_BYTE, &size);
  Peer& source = peer(Rank(from));
  // An urgent message overtakes what is in the line, so that a heartbeat is never held up.
  Inbox& inbox = status.MPI_TAG == kTagUrgent ? source.urgent_inbox : source.inbox;
  const int tag = status.MPI_TAG == kTagUrgent ? kTagWhole : status.MPI_TAG;
  inbox.add(message, tag, static_cast<std::size_t>(size));
  drain(inbox, from, out, room);
  if (!source.idle() && !source.receiving) {
    source.receiving = true;
    receiving_.push_back(from);
  }
}

void MpiTransport::lose(int rank, const char* call, int code) {
  Peer& target = peer(Rank(rank));
  if (!target.lost.empty()) return;
  target.lost =
      "rank " + std::to_string(rank) + " cannot be talked to: " + mpi_error_text(call, code);
  target.outbox.drop_queue();
  lost_somebody_ = true;
  dead_.emplace_back(rank);
}

std::vector<Rank> MpiTransport::take_dead_peers() { return std::exchange(dead_, {}); }

void MpiTransport::forget(Rank rank) {
  Peer& target = peer(rank);
  target.forgotten = true;
  lost_somebody_ = true;
  target.outbox.drop_queue();
  target.inbox.release_budget(state_->budget);
  state_->urgent.forget(static_cast<std::size_t>(rank.value));
}

void MpiTransport::readmit(Rank rank) {
  Peer& target = peer(rank);
  target.forgotten = false;
  target.lost.clear();
  state_->urgent.readmit(static_cast<std::size_t>(rank.value));
}

std::size_t MpiTransport::queued_bytes(Rank to) const {
  if (!valid(to)) return 0;
  const Peer& target = state_->peers[static_cast<std::size_t>(to.value)];
  return target.forgotten ? 0 : target.outbox.bytes();
}

bool MpiTransport::flushed() const {
  return std::all_of(sending_.begin(), sending_.end(), [this](int rank) {
    const Peer& target = state_->peers[static_cast<std::size_t>(rank)];
    return target.forgotten || !target.lost.empty() || target.outbox.empty();
  });
}

bool MpiTransport::close(int deadline_ms) {
  if (closed_) return flushed();
  state_->urgent.close();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms);
  // A peer may be waiting for us to take its last message, as we may be for it.
  std::vector<Incoming> unwanted;
  poll(unwanted, kMessagesWhileClosing);
  while (!flushed() && std::chrono::steady_clock::now() < deadline) {
    unwanted.clear();
    if (poll(unwanted, kMessagesWhileClosing) == 0) std::this_thread::yield();
  }
  const bool clean = flushed();
  closed_ = true;
  if (anything_outstanding()) {
    keep_state_ = true;
  } else if (clean && !lost_somebody_) {
    // Collective by the letter, so not after a loss; a leaked communicator costs nothing then.
    MPI_Comm_free(&state_->communicator);
  }
  return clean;
}

bool MpiTransport::anything_outstanding() {
  const bool peers = std::any_of(state_->peers.begin(), state_->peers.end(),
                                 [](const Peer& p) { return p.has_outstanding(); });
  return peers || state_->urgent.has_outstanding();
}

Error unsupported(const char* call, int code) {
  return {ErrorCode::unsupported, "the farm's communicator: " + mpi_error_text(call, code)};
}

Status check_options(const MpiTransportOptions& options) {
  if (options.part_bytes == 0 || options.part_bytes > static_cast<std::size_t>(INT_MAX)) {
    return Error{ErrorCode::usage,
                 "part_bytes must be 1 to 2147483647, not " + std::to_string(options.part_bytes)};
  }
  if (options.window < 1) {
    return Error{ErrorCode::usage, "window must be at least 1"};
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Transport>> open_mpi_transport(const MpiEnvironment& environment,
                                                      const MpiTransportOptions& options) {
  if (Status status = check_options(options); !status.ok()) return status.error();
  MPI_Comm parent = MPI_COMM_WORLD;
  if (options.communicator) parent = MPI_Comm_f2c(static_cast<MPI_Fint>(*options.communicator));
  if (parent == MPI_COMM_NULL) {
    return Error{ErrorCode::usage, "the communicator given to the farm is MPI_COMM_NULL"};
  }
  int inter = 0;
  if (MPI_Comm_test_inter(parent, &inter) != MPI_SUCCESS || inter != 0) {
    return Error{ErrorCode::usage, "the communicator given to the farm is an intercommunicator"};
  }
  MPI_Comm own = MPI_COMM_NULL;
  if (const int code = MPI_Comm_dup(parent, &own); code != MPI_SUCCESS) {
    return unsupported("MPI_Comm_dup", code);
  }
  if (const int code = MPI_Comm_set_errhandler(own, MPI_ERRORS_RETURN); code != MPI_SUCCESS) {
    return unsupported("MPI_Comm_set_errhandler", code);
  }
  int rank = 0;
  int size = 0;
  MPI_Comm_rank(own, &rank);
  MPI_Comm_size(own, &size);
  const bool concurrent = environment.thread_level() == ThreadLevel::multiple;
  return std::unique_ptr<Transport>(
      std::make_unique<MpiTransport>(own, rank, size, concurrent, options));
}

}  // namespace steadfarm::transport
