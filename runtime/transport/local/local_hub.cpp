#include "transport/local/local_hub.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <string>
#include <utility>

namespace steadfarm::transport {

/// One lock for all: messages are moved, never copied, under it.
namespace {

std::string killed_text(std::size_t rank) { return "rank " + std::to_string(rank) + " was killed"; }

}  // namespace

struct LocalHub::State {
  struct Mailbox {
    std::deque<Incoming> messages;
    std::vector<std::size_t> bytes_from;     // of each sender, not yet taken
    std::vector<std::size_t> messages_from;  // likewise
    bool open = true;                        // false: closed or killed; what is sent here is lost
    bool killed = false;
  };

  explicit State(std::size_t rank_count) : mailboxes(rank_count) {
    for (Mailbox& mailbox : mailboxes) {
      mailbox.bytes_from.resize(rank_count);
      mailbox.messages_from.resize(rank_count);
    }
  }

  void put(std::size_t from, std::size_t to, Bytes bytes) {
    Mailbox& mailbox = mailboxes[to];
    if (!mailbox.open || mailboxes[from].killed) return;
    mailbox.bytes_from[from] += bytes.size();
    ++mailbox.messages_from[from];
    mailbox.messages.push_back({Rank(static_cast<std::int32_t>(from)), std::move(bytes)});
  }

  void shut(std::size_t rank) {
    Mailbox& mailbox = mailboxes[rank];
    mailbox.open = false;
    mailbox.messages.clear();
    std::fill(mailbox.bytes_from.begin(), mailbox.bytes_from.end(), 0);
    std::fill(mailbox.messages_from.begin(), mailbox.messages_from.end(), 0);
  }

  std::mutex mutex;
  std::vector<Mailbox> mailboxes;
};

class LocalEndpoint final : public Transport {
 public:
  LocalEndpoint(std::shared_ptr<LocalHub::State> state, Rank rank)
      : state_(std::move(state)), self_(rank), peers_(state_->mailboxes.size()) {}
  ~LocalEndpoint() override { static_cast<void>(close(0)); }
  LocalEndpoint(const LocalEndpoint&) = delete;
  LocalEndpoint& operator=(const LocalEndpoint&) = delete;

  [[nodiscard]] Rank self() const override { return self_; }
  [[nodiscard]] std::int32_t rank_count() const override {
    return static_cast<std::int32_t>(peers_.size());
  }
  [[nodiscard]] bool concurrent() const override { return true; }
  [[nodiscard]] Status send(Rank to, Bytes message) override;
  void send_urgent(Rank to, ByteView message) override;
  std::size_t poll(std::vector<Incoming>& out, std::size_t max_messages) override;
  [[nodiscard]] std::vector<DeadPeer> take_dead_peers() override;
  [[nodiscard]] bool hears_of_deaths() const override { return true; }
  void forget(Rank peer) override { set_forgotten(peer, true); }
  void readmit(Rank peer) override { set_forgotten(peer, false); }
  [[nodiscard]] std::size_t queued_bytes(Rank to) const override;
  [[nodiscard]] bool flushed() const override;
  /// What was put into a mailbox has arrived.
  [[nodiscard]] bool settle(int /*deadline_ms*/) override { return true; }
  [[nodiscard]] bool close(int deadline_ms) override;

 private:
  struct Peer {
    bool forgotten = false;
    bool reported = false;  // its death
  };

  [[nodiscard]] bool valid(Rank rank) const { return rank.value >= 0 && rank.value < rank_count(); }
  [[nodiscard]] static std::size_t index(Rank rank) { return static_cast<std::size_t>(rank.value); }
  void set_forgotten(Rank peer, bool forgotten);

  std::shared_ptr<LocalHub::State> state_;
  Rank self_;
  std::vector<Peer> peers_;  // under the hub's lock too: send_urgent reads it
};

Status LocalEndpoint::send(Rank to, Bytes message) {
  if (!valid(to)) {
    return Error{ErrorCode::internal, "send to rank " + std::to_string(to.value) + " of " +
                                          std::to_string(rank_count())};
  }
  const std::lock_guard lock(state_->mutex);
  if (peers_[index(to)].forgotten) return {};
  if (state_->mailboxes[index(to)].killed) {
    return Error{ErrorCode::lost_peer, killed_text(index(to))};
  }
  state_->put(index(self_), index(to), std::move(message));
  return {};
}

void LocalEndpoint::send_urgent(Rank to, ByteView message) {
  constexpr std::size_t kMaxBytes = 4096;
  if (!valid(to) || message.size() > kMaxBytes) return;
  Bytes copy(message.begin(), message.end());
  const std::lock_guard lock(state_->mutex);
  if (peers_[index(to)].forgotten) return;
  state_->put(index(self_), index(to), std::move(copy));
}

std::size_t LocalEndpoint::poll(std::vector<Incoming>& out, std::size_t max_messages) {
  const std::lock_guard lock(state_->mutex);
  LocalHub::State::Mailbox& mailbox = state_->mailboxes[index(self_)];
  const std::size_t count = std::min(max_messages, mailbox.messages.size());
  for (std::size_t i = 0; i < count; ++i) {
    Incoming& message = mailbox.messages.front();
    mailbox.bytes_from[index(message.from)] -= message.bytes.size();
    --mailbox.messages_from[index(message.from)];
    out.push_back(std::move(message));
    mailbox.messages.pop_front();
  }
  return count;
}

std::vector<DeadPeer> LocalEndpoint::take_dead_peers() {
  const std::lock_guard lock(state_->mutex);
  std::vector<DeadPeer> dead;
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    if (!state_->mailboxes[i].killed || peers_[i].reported || i == index(self_)) continue;
    peers_[i].reported = true;
    dead.push_back({Rank(static_cast<std::int32_t>(i)), killed_text(i)});
  }
  return dead;
}

void LocalEndpoint::set_forgotten(Rank peer, bool forgotten) {
  STEADFARM_ASSERT(valid(peer));
  const std::lock_guard lock(state_->mutex);
  peers_[index(peer)].forgotten = forgotten;
}

std::size_t LocalEndpoint::queued_bytes(Rank to) const {
  if (!valid(to)) return 0;
  const std::lock_guard lock(state_->mutex);
  if (peers_[index(to)].forgotten) return 0;
  return state_->mailboxes[index(to)].bytes_from[index(self_)];
}

bool LocalEndpoint::flushed() const {
  const std::lock_guard lock(state_->mutex);
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    if (peers_[i].forgotten) continue;
    if (state_->mailboxes[i].messages_from[index(self_)] != 0) return false;
  }
  return true;
}

// What was sent lies in the peers' mailboxes already, so there is nothing to wait for.
bool LocalEndpoint::close(int /*deadline_ms*/) {
  const std::lock_guard lock(state_->mutex);
  state_->shut(index(self_));
  return true;
}

LocalHub::LocalHub(std::int32_t rank_count)
    : state_(std::make_shared<State>(static_cast<std::size_t>(rank_count))) {}

std::unique_ptr<Transport> LocalHub::take(Rank rank) {
  STEADFARM_ASSERT(rank.value >= 0 &&
                   rank.value < static_cast<std::int32_t>(state_->mailboxes.size()));
  return std::make_unique<LocalEndpoint>(state_, rank);
}

void LocalHub::kill(Rank rank) {
  const std::lock_guard lock(state_->mutex);
  state_->shut(static_cast<std::size_t>(rank.value));
  state_->mailboxes[static_cast<std::size_t>(rank.value)].killed = true;
}

}  // namespace steadfarm::transport
