#include "transport/mpi/mpi_endpoint.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "transport/mpi/mpi_error.hpp"
#include "transport/mpi/mpi_tags.hpp"
#include "transport/mpi/mpi_version.hpp"

namespace steadfarm::transport {
namespace {

constexpr std::size_t kMessagesWhileClosing = 256;

// A peer's last words may arrive at any time. MPICH (4.2) aborts the job when a communicator is
// freed that holds a message which nobody has received; there it is left to MPI_Finalize.
bool frees_with_unread_messages() { return mpi_library_version().starts_with("Open MPI"); }

}  // namespace

// MPI may still write into a message of a dying peer, or read from one to it. Reachable, so that
// leak checkers see that it is meant.
void MpiEndpoint::keep_until_exit(std::unique_ptr<MpiEndpointState> state) {
  static std::vector<MpiEndpointState*>& kept = *new std::vector<MpiEndpointState*>;
  kept.push_back(state.release());
}

MpiEndpoint::MpiEndpoint(MPI_Comm communicator, int rank, int rank_count, bool concurrent,
                         bool ulfm, const MpiTransportOptions& options)
    : self_(rank),
      rank_count_(std::max(rank_count, rank + 1)),
      concurrent_(concurrent),
      state_(std::make_unique<MpiEndpointState>(options)),
      failed_ranks_(communicator, ulfm) {
  state_->add_link(communicator, rank_count);
}

MpiEndpoint::~MpiEndpoint() {
  if (!closed_) static_cast<void>(close(0));
  if (keep_state_) keep_until_exit(std::move(state_));
}

MpiPeer& MpiEndpoint::peer(Rank rank) {
  STEADFARM_ASSERT(valid(rank));
  return state_->peers[static_cast<std::size_t>(rank.value)];
}

Status MpiEndpoint::send(Rank to, Bytes message) {
  if (!valid(to)) {
    return Error{ErrorCode::internal,
                 "send to rank " + std::to_string(to.value) + " of " + std::to_string(rank_count_)};
  }
  MpiPeer& target = peer(to);
  if (!target.lost.empty()) return Error{ErrorCode::lost_peer, target.lost};
  if (target.forgotten || closed_) return {};
  if (message.size() > state_->budget.message_bytes_max) {
    lose(to.value, "a message for rank " + std::to_string(to.value) + " has " +
                       std::to_string(message.size()) + " bytes, the limit is " +
                       std::to_string(state_->budget.message_bytes_max));
    return Error{ErrorCode::lost_peer, target.lost};
  }
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

void MpiEndpoint::send_urgent(Rank to, ByteView message) {
  // By another thread than the one that attaches peers, so the lane judges the rank.
  if (to.value >= 0) state_->urgent.send(static_cast<std::size_t>(to.value), message);
}

std::size_t MpiEndpoint::poll(std::vector<Incoming>& out, std::size_t max_messages) {
  if (closed_) return 0;
  std::size_t room = max_messages;
  advance_sends();
  advance_receives(out, room);
  // Matched messages that wait in a line need no room, so the number of looks has its own limit.
  for (std::size_t looks = max_messages + state_->peers.size(); room > 0 && looks > 0; --looks) {
    if (!probe(out, room)) break;
  }
  notice_failures();
  return max_messages - room;
}

void MpiEndpoint::notice_failures() {
  for (const int rank : failed_ranks_.take()) {
    lose(rank, "MPI (ULFM) reports the process of rank " + std::to_string(rank) + " dead");
  }
}

void MpiEndpoint::advance_sends() {
  std::size_t kept = 0;
  for (const int rank : sending_) {
    MpiPeer& target = peer(Rank(rank));
    if (const int code = target.outbox.advance(); code != MPI_SUCCESS) {
      lose(rank, "MPI_Isend", code);
    }
    target.sending = target.lost.empty() && !target.outbox.empty();
    if (target.sending) sending_[kept++] = rank;
  }
  sending_.resize(kept);
}

void MpiEndpoint::advance_receives(std::vector<Incoming>& out, std::size_t& room) {
  state_->budget.somebody_waits = false;
  std::size_t kept = 0;
  for (const int rank : receiving_) {
    MpiPeer& source = peer(Rank(rank));
    drain(source.urgent_inbox, rank, out, room);
    drain(source.inbox, rank, out, room);
    source.receiving = !source.idle();
    if (source.receiving) receiving_[kept++] = rank;
  }
  receiving_.resize(kept);
}

void MpiEndpoint::drain(Inbox& inbox, int from, std::vector<Incoming>& out, std::size_t& room) {
  while (room > 0) {
    Bytes bytes;
    int code = MPI_SUCCESS;
    const Inbox::Step step = inbox.next(state_->budget, bytes, code);
    if (step == Inbox::Step::failed) lose(from, "MPI_Imrecv", code);
    if (step == Inbox::Step::refused) {
      lose(from, "rank " + std::to_string(from) + " announced a message of " +
                     std::to_string(inbox.refused_bytes()) + " bytes, the limit is " +
                     std::to_string(state_->budget.message_bytes_max) +
                     "; its memory is damaged, or it is another program");
    }
    if (step != Inbox::Step::delivered) return;
    out.push_back({Rank(from), std::move(bytes)});
    --room;
  }
}

bool MpiEndpoint::probe(std::vector<Incoming>& out, std::size_t& room) {
  for (std::size_t looked = 0; looked < state_->links.size(); ++looked) {
    const MpiLink link = state_->links[next_link_];
    next_link_ = (next_link_ + 1) % state_->links.size();
    int found = 0;
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Status status;
    const int code =
        MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, link.communicator, &found, &message, &status);
    // There is but one process behind each of these.
    if (code != MPI_SUCCESS && link.first_peer > 0) lose(link.first_peer, "MPI_Improbe", code);
    if (code != MPI_SUCCESS || found == 0) continue;
    receive(link, message, status, out, room);
    return true;
  }
  return false;
}

void MpiEndpoint::receive(const MpiLink& link, MPI_Message message, const MPI_Status& status,
                          std::vector<Incoming>& out, std::size_t& room) {
  const int from = link.first_peer + status.MPI_SOURCE;
  int size = 0;
  MPI_Get_count(&status, MPI_BYTE, &size);
  MpiPeer& source = peer(Rank(from));
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

void MpiEndpoint::lose(int rank, const char* call, int code) {
  lose(rank,
       "rank " + std::to_string(rank) + " cannot be talked to: " + mpi_error_text(call, code));
}

void MpiEndpoint::lose(int rank, std::string evidence) {
  MpiPeer& target = peer(Rank(rank));
  if (!target.lost.empty()) return;
  target.lost = std::move(evidence);
  target.outbox.drop_queue();
  lost_somebody_ = true;
  dead_.push_back({Rank(rank), target.lost});
}

std::vector<DeadPeer> MpiEndpoint::take_dead_peers() { return std::exchange(dead_, {}); }

void MpiEndpoint::forget(Rank rank) {
  MpiPeer& target = peer(rank);
  target.forgotten = true;
  lost_somebody_ = true;
  target.outbox.drop_queue();
  target.inbox.release_budget(state_->budget);
  state_->urgent.forget(static_cast<std::size_t>(rank.value));
}

void MpiEndpoint::readmit(Rank rank) {
  MpiPeer& target = peer(rank);
  target.forgotten = false;
  target.lost.clear();
  state_->urgent.readmit(static_cast<std::size_t>(rank.value));
}

std::size_t MpiEndpoint::queued_bytes(Rank to) const {
  if (!valid(to)) return 0;
  const MpiPeer& target = state_->peers[static_cast<std::size_t>(to.value)];
  return target.forgotten ? 0 : target.outbox.bytes();
}

bool MpiEndpoint::flushed() const {
  return std::all_of(sending_.begin(), sending_.end(), [this](int rank) {
    const MpiPeer& target = state_->peers[static_cast<std::size_t>(rank)];
    return target.forgotten || !target.lost.empty() || target.outbox.empty();
  });
}

bool MpiEndpoint::close(int deadline_ms) {
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
  // Open MPI's MPI_Finalize waits for the processes behind these, dead ones too, but not once they
  // are freed; and MPI_Comm_free asks nothing of the other side there.
  for (std::size_t i = 1; i < state_->links.size(); ++i) {
    MPI_Comm_free(&state_->links[i].communicator);
  }
  if (anything_outstanding()) {
    keep_state_ = true;
  } else if (clean && !lost_somebody_ && frees_with_unread_messages()) {
    // Collective by the letter, so not after a loss; a leaked communicator costs nothing then.
    MPI_Comm_free(&state_->links.front().communicator);
  }
  // Under ULFM MPI_Finalize begins with an agreement of all, which hangs after most deaths.
  return clean && !failed_ranks_.any();
}

Rank MpiEndpoint::attach(MPI_Comm intercommunicator) {
  MPI_Comm_set_errhandler(intercommunicator, MPI_ERRORS_RETURN);
  state_->add_link(intercommunicator, 1);
  return Rank(rank_count_++);
}

bool MpiEndpoint::anything_outstanding() {
  const bool peers = std::any_of(state_->peers.begin(), state_->peers.end(),
                                 [](const MpiPeer& p) { return p.has_outstanding(); });
  return peers || state_->urgent.has_outstanding();
}

}  // namespace steadfarm::transport
