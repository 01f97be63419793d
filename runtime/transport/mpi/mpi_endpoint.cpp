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
constexpr std::chrono::microseconds kBetweenLooks{50};

using SteadyTime = std::chrono::steady_clock::time_point;

SteadyTime in_ms(int deadline_ms) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms);
}

bool is_over(SteadyTime deadline) { return std::chrono::steady_clock::now() >= deadline; }

}  // namespace

// MPI may still write into a message of a dying peer, or read from one to it. Reachable, so that
// leak checkers see that it is meant.
void MpiEndpoint::keep_until_exit(std::unique_ptr<MpiEndpointState> state) {
  static std::vector<MpiEndpointState*>& kept = *new std::vector<MpiEndpointState*>;
  kept.push_back(state.release());
}

MpiEndpoint::MpiEndpoint(std::shared_ptr<FarmCommunicator> shared, int rank, int rank_count,
                         bool concurrent, bool ulfm, const MpiTransportOptions& options)
    : self_(rank),
      rank_count_(rank_count),
      concurrent_(concurrent),
      shared_(std::move(shared)),
      state_(std::make_unique<MpiEndpointState>(options)),
      failed_ranks_(shared_->get(), ulfm) {
  farm_ = shared_->next_farm();
  state_->add_link(shared_->get(), rank_count, farm_);
  was_lost_ = shared_->lost();
  for (const int lost_rank : was_lost_) {
    lose(lost_rank, "rank " + std::to_string(lost_rank) + " was lost by an earlier farm");
  }
  shared_->begin_farm(*this);
}

MpiEndpoint::MpiEndpoint(MPI_Comm starter, int rank, bool concurrent,
                         const MpiTransportOptions& options)
    : self_(rank),
      rank_count_(rank + 1),
      concurrent_(concurrent),
      state_(std::make_unique<MpiEndpointState>(options)),
      failed_ranks_(starter, false) {
  state_->add_link(starter, 1, farm_);
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
  if (target.forgotten || settling_ || closed_) return {};
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
  if (closed_ || left_farm_) return 0;
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
    const std::size_t index = next_link_;
    next_link_ = (next_link_ + 1) % state_->links.size();
    if (!probe_link(index)) continue;
    // Nobody, if the message is another farm's.
    if (const std::optional<int> from = std::exchange(arrived_from_, std::nullopt)) {
      MpiPeer& source = peer(Rank(*from));
      drain(source.urgent_inbox, *from, out, room);
      drain(source.inbox, *from, out, room);
      if (!source.idle()) list_as_receiving(*from);
    }
    return true;
  }
  return false;
}

bool MpiEndpoint::probe_link(std::size_t index) {
  if (index == 0 && shared_ != nullptr) {
    bool found = false;
    static_cast<void>(shared_->receive_one(found));
    return found;
  }
  const MpiLink& link = state_->links[index];
  int found = 0;
  MPI_Message message = MPI_MESSAGE_NULL;
  MPI_Status status;
  const int code =
      MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, link.communicator, &found, &message, &status);
  // There is but one process behind each of these.
  if (code != MPI_SUCCESS) lose(link.first_peer, "MPI_Improbe", code);
  if (code != MPI_SUCCESS || found == 0) return false;
  int bytes = 0;
  MPI_Get_count(&status, MPI_BYTE, &bytes);
  receive(index, status.MPI_SOURCE, kind_of(status.MPI_TAG), message,
          static_cast<std::size_t>(bytes));
  return true;
}

// Perhaps while another farm on the same communicator polls.
void MpiEndpoint::take(int source, int kind, MPI_Message message, std::size_t bytes) {
  receive(0, source, kind, message, bytes);
  if (arrived_from_) list_as_receiving(*arrived_from_);
}

void MpiEndpoint::receive(std::size_t link, int source, int kind, MPI_Message message,
                          std::size_t bytes) {
  if (kind == kTagCounts || kind == kTagTotal) {
    if (link == 0) state_->words.take(source, kind, message, bytes);
    return;
  }
  const int from = state_->links[link].first_peer + source;
  MpiPeer& sender = peer(Rank(from));
  ++sender.received;
  // An urgent message overtakes what is in the line, so that a heartbeat is never held up.
  Inbox& inbox = kind == kTagUrgent ? sender.urgent_inbox : sender.inbox;
  inbox.add(message, kind == kTagUrgent ? kTagWhole : kind, bytes);
  arrived_from_ = from;
}

void MpiEndpoint::list_as_receiving(int from) {
  MpiPeer& source = peer(Rank(from));
  if (source.receiving) return;
  source.receiving = true;
  receiving_.push_back(from);
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

// A peer may be waiting for us to take its last message, as we may be for it.
void MpiEndpoint::wait_until_flushed(SteadyTime deadline) {
  std::vector<Incoming> unwanted;
  poll(unwanted, kMessagesWhileClosing);
  while (!flushed() && !is_over(deadline)) {
    unwanted.clear();
    if (poll(unwanted, kMessagesWhileClosing) == 0) std::this_thread::yield();
  }
}

bool MpiEndpoint::settle(int deadline_ms) {
  if (closed_ || settling_) return settled_;
  const SteadyTime deadline = in_ms(deadline_ms);
  wait_until_flushed(deadline);
  state_->urgent.close();
  settling_ = true;
  if (shared_ == nullptr) return settled_ = flushed();  // a replacement ends with its farm
  begin_settlement(deadline_ms > 0 && flushed());
  std::vector<Incoming> unwanted;
  while (!advance_settlement() && !is_over(deadline)) {
    unwanted.clear();
    if (poll(unwanted, kMessagesWhileClosing) == 0) std::this_thread::sleep_for(kBetweenLooks);
  }
  wait_until_flushed(deadline);  // the last words
  settled_ = !settlement_->failed() && all_received() && flushed();
  leave_farm();
  return settled_;
}

void MpiEndpoint::begin_settlement(bool in_order) {
  std::vector<std::uint64_t> sent;
  for (int rank = 0; rank < state_->links.front().ranks; ++rank) {
    const auto at = static_cast<std::size_t>(rank);
    sent.push_back(state_->peers[at].outbox.sent() + state_->urgent.sent(at));
  }
  settlement_.emplace(self_.value, std::move(sent), in_order && !lost_somebody_);
  say(settlement_->begin());
}

void MpiEndpoint::say(Settlement::Words words) {
  for (Settlement::Word& word : words) {
    MpiPeer& target = peer(Rank(word.to));
    // A lost rank gets no word. The others then get one that ends their waiting.
    if (!target.lost.empty() || target.forgotten || !target.outbox.empty()) continue;
    if (const int code = target.outbox.send_word(word.kind, std::move(word.bytes));
        code != MPI_SUCCESS) {
      lose(word.to, "MPI_Isend", code);
    } else if (!target.sending) {
      target.sending = true;
      sending_.push_back(word.to);
    }
  }
}

// True once there is nothing left to wait for.
bool MpiEndpoint::advance_settlement() {
  for (const ControlWords::Heard& heard : state_->words.take_heard()) {
    say(settlement_->hear(heard.source, heard.kind, heard.bytes));
  }
  return settlement_->failed() || all_received();
}

bool MpiEndpoint::all_received() const {
  if (!settlement_->expected()) return false;
  std::uint64_t received = 0;
  for (int rank = 0; rank < state_->links.front().ranks; ++rank) {
    const MpiPeer& source = state_->peers[static_cast<std::size_t>(rank)];
    if (!source.idle()) return false;
    received += source.received;
  }
  return received == *settlement_->expected();
}

// What comes for this farm from now on is late.
void MpiEndpoint::leave_farm() {
  if (shared_ == nullptr || left_farm_) return;
  left_farm_ = true;
  std::set<int> lost;
  for (int rank = 0; rank < state_->links.front().ranks; ++rank) {
    const MpiPeer& each = state_->peers[static_cast<std::size_t>(rank)];
    if (each.forgotten || !each.lost.empty()) lost.insert(rank);
  }
  shared_->end_farm(farm_, settled_, was_lost_, lost);
}

bool MpiEndpoint::was_lost(Rank rank) const {
  return valid(rank) && was_lost_.contains(rank.value);
}

bool MpiEndpoint::close(int deadline_ms) {
  if (closed_) return flushed();
  state_->urgent.close();
  if (!left_farm_) wait_until_flushed(in_ms(deadline_ms));
  const bool clean = flushed();
  closed_ = true;
  leave_farm();
  // Open MPI's MPI_Finalize waits for the processes behind these, dead ones too, but not once they
  // are freed; and MPI_Comm_free asks nothing of the other side there.
  for (std::size_t i = 1; i < state_->links.size(); ++i) {
    MPI_Comm_free(&state_->links[i].communicator);
  }
  keep_state_ = anything_outstanding();
  // Under ULFM MPI_Finalize begins with an agreement of all, which hangs after most deaths.
  return clean && !failed_ranks_.any();
}

Rank MpiEndpoint::attach(MPI_Comm intercommunicator) {
  MPI_Comm_set_errhandler(intercommunicator, MPI_ERRORS_RETURN);
  state_->add_link(intercommunicator, 1, 0);
  return Rank(rank_count_++);
}

bool MpiEndpoint::anything_outstanding() {
  const bool peers = std::any_of(state_->peers.begin(), state_->peers.end(),
                                 [](const MpiPeer& p) { return p.has_outstanding(); });
  return peers || state_->words.has_outstanding() || state_->urgent.has_outstanding();
}

}  // namespace steadfarm::transport
