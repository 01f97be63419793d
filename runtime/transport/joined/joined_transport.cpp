#include "transport/joined/joined_transport.hpp"

#include <utility>

namespace steadfarm::transport {

Status JoinedTransport::send(Rank to, Bytes message) {
  return side(to).send(name(to), std::move(message));
}

void JoinedTransport::send_urgent(Rank to, ByteView message) {
  side(to).send_urgent(name(to), message);
}

std::size_t JoinedTransport::poll(std::vector<Incoming>& out, std::size_t max_messages) {
  const auto poll_inside = [&](std::size_t max) {
    const std::size_t before = out.size();
    const std::size_t count = inside_.poll(out, max);
    for (std::size_t i = before; i < out.size(); ++i) out[i].from = outside_.self();
    return count;
  };
  inside_first_ = !inside_first_;
  if (inside_first_) {
    const std::size_t count = poll_inside(max_messages);
    return count + outside_.poll(out, max_messages - count);
  }
  // Also with no room for its messages: polling is what moves the queued sends on.
  const std::size_t count = outside_.poll(out, max_messages);
  return count + poll_inside(max_messages - count);
}

std::vector<DeadPeer> JoinedTransport::take_dead_peers() {
  std::vector<DeadPeer> dead = outside_.take_dead_peers();
  for (DeadPeer& peer : inside_.take_dead_peers()) {
    if (peer.rank == inside_peer_) dead.push_back({outside_.self(), std::move(peer.evidence)});
  }
  return dead;
}

}  // namespace steadfarm::transport
