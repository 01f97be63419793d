#include "sim/network.hpp"

#include <algorithm>
#include <utility>

namespace steadfarm::sim {

SimTransport::SimTransport(Network& network, Rank self, std::int32_t ranks)
    : network_(network),
      self_(self),
      forgotten_(static_cast<std::size_t>(ranks)),
      known_dead_(static_cast<std::size_t>(ranks)) {}

bool SimTransport::concurrent() const { return network_.world_.options.concurrent != 0; }

Status SimTransport::send(Rank to, Bytes message) {
  if (unplugged_) return {};
  if (forgotten_[static_cast<std::size_t>(to.value)]) {
    network_.world_.verdict.fail(kExitWrong,
                                 "a message was sent to rank " + std::to_string(to.value) +
                                     ", which was to be forgotten: " + network_.text_of(message));
    return {};
  }
  if (known_dead_[static_cast<std::size_t>(to.value)]) {
    return Error{ErrorCode::lost_peer, "rank " + std::to_string(to.value) + " is dead"};
  }
  network_.send(self_, to, std::move(message), false);
  return {};
}

void SimTransport::send_urgent(Rank to, ByteView message) {
  if (unplugged_ || known_dead_[static_cast<std::size_t>(to.value)]) return;
  if (forgotten_[static_cast<std::size_t>(to.value)]) {
    network_.world_.verdict.fail(
        kExitWrong,
        "a heartbeat was sent to rank " + std::to_string(to.value) + ", which was to be forgotten");
    return;
  }
  network_.send(self_, to, Bytes(message.begin(), message.end()), true);
}

std::size_t SimTransport::poll(std::vector<transport::Incoming>& out, std::size_t max_messages) {
  const std::size_t count = std::min(max_messages, inbox_.size());
  for (std::size_t i = 0; i < count; ++i) {
    World& world = network_.world_;
    const transport::Incoming& incoming = inbox_.front();
    world.trace.event(world.now, network_.job_, self_, "receives", incoming.bytes.size(), [&] {
      return "from " + std::to_string(incoming.from.value) + ": " +
             network_.text_of(incoming.bytes);
    });
    out.push_back(std::move(inbox_.front()));
    inbox_.pop_front();
  }
  return count;
}

std::vector<transport::DeadPeer> SimTransport::take_dead_peers() {
  return std::exchange(newly_dead_, {});
}

void SimTransport::forget(Rank peer) {
  forgotten_[static_cast<std::size_t>(peer.value)] = true;
  network_.link(self_, peer).forgotten_serial = network_.serial_;
}

void SimTransport::readmit(Rank peer) { forgotten_[static_cast<std::size_t>(peer.value)] = false; }

void SimTransport::add_peer() {
  forgotten_.push_back(false);
  known_dead_.push_back(false);
}

void SimTransport::peer_died(Rank peer) {
  known_dead_[static_cast<std::size_t>(peer.value)] = true;
  newly_dead_.push_back({peer, "the network reports it dead"});
}

Network::Network(World& world, Post& post, std::uint32_t job, wire::JobId job_id,
                 std::int32_t ranks)
    : world_(world),
      post_(post),
      job_(job),
      job_id_(job_id),
      to_worker_(static_cast<std::size_t>(ranks)),
      from_worker_(static_cast<std::size_t>(ranks)) {
  for (std::int32_t rank = 0; rank < ranks; ++rank) {
    transports_.push_back(std::make_unique<SimTransport>(*this, Rank(rank), ranks));
  }
}

void Network::add_rank() {
  const auto ranks = static_cast<std::int32_t>(transports_.size());
  to_worker_.emplace_back();
  from_worker_.emplace_back();
  transports_.push_back(std::make_unique<SimTransport>(*this, Rank(ranks), ranks + 1));
  transports_.front()->add_peer();
}

void Network::send(Rank from, Rank to, Bytes bytes, bool urgent) {
  if (!post_.is_trusted(from, to)) {
    world_.verdict.fail(kExitWrong, "a message was sent to rank " + std::to_string(to.value) +
                                        ", which was suspected: " + text_of(bytes));
  }
  Message message{from, to, std::move(bytes), 0, ++serial_, 1, urgent};
  if (!urgent) {
    world_.trace.event(world_.now, job_, from, "  sends", message.bytes.size(), [&] {
      return "to " + std::to_string(to.value) + ": " + text_of(message.bytes);
    });
  }
  if (!urgent) note_assign(from, to, message.bytes);
  if (from != kMaster && !urgent) note_returned(from, message.bytes);
  Link& way = link(from, to);
  if (way.cuts == 0) {
    dispatch(std::move(message));
  } else if (urgent || world_.options.lossless == 0) {
    lost(message, FaultClass::partition);
  } else {
    world_.tally.took_effect(FaultClass::partition);
    way.held.push_back(std::move(message));
  }
}

// Looks at the message's type before decoding it, because most are something else.
void Network::note_assign(Rank master, Rank worker, ByteView bytes) {
  constexpr std::size_t kTypeAt = 3;
  static const auto kAssign = static_cast<std::byte>(wire::Body(wire::Assign{}).index());
  if (bytes[kTypeAt] != kAssign) return;
  const auto message = wire::decode(job_id_, bytes);
  STEADFARM_ASSERT(message.ok());
  post_.assigned(master, worker, std::get<wire::Assign>(message.value().body));
}

void Network::note_hand_in(Rank master, Rank worker, ByteView bytes) {
  constexpr std::size_t kTypeAt = 3;
  static const auto kHandIn = static_cast<std::byte>(wire::Body(wire::HandIn{}).index());
  if (bytes[kTypeAt] != kHandIn) return;
  const auto message = wire::decode(job_id_, bytes);
  STEADFARM_ASSERT(message.ok());
  post_.handed_in(master, worker, std::get<wire::HandIn>(message.value().body));
}

void Network::note_ended(Rank from, ByteView bytes) {
  constexpr std::size_t kTypeAt = 3;
  static const auto kEnded = static_cast<std::byte>(wire::Body(wire::Ended{}).index());
  if (bytes[kTypeAt] != kEnded) return;
  const auto message = wire::decode(job_id_, bytes);
  STEADFARM_ASSERT(message.ok());
  post_.told_of_end(from, std::get<wire::Ended>(message.value().body).process);
}

void Network::note_returned(Rank worker, ByteView bytes) {
  constexpr std::size_t kTypeAt = 3;
  static const auto kReturned = static_cast<std::byte>(wire::Body(wire::Returned{}).index());
  if (bytes[kTypeAt] != kReturned) return;
  const auto message = wire::decode(job_id_, bytes);
  STEADFARM_ASSERT(message.ok());
  post_.given_back(worker, std::get<wire::Returned>(message.value().body));
}

void Network::lost(const Message& message, FaultClass fault) {
  if (!message.urgent && post_.exists(message.to)) world_.tally.took_effect(fault);
}

void Network::dispatch(Message message) {
  const SimOptions& o = world_.options;
  Prng& prng = world_.network_prng;
  const auto hits = [&](FaultClass fault, std::uint32_t permille) {
    return world_.strikes(fault) && prng.below(1000) < permille;
  };
  if (hits(FaultClass::drop, o.drop_permille)) {
    world_.tally.injected(FaultClass::drop);
    lost(message, FaultClass::drop);
    return;
  }
  TimeUs arrival = world_.now + o.latency_us + prng.between(0, o.jitter_us);
  if (hits(FaultClass::delay, o.delay_permille)) {
    world_.tally.injected(FaultClass::delay);
    message.late_us = prng.between(0, prng.chance(0.2) ? 2 * o.timeout_us : o.timeout_us / 4);
    arrival += message.late_us;
  }
  Link& way = link(message.from, message.to);
  Lane& lane = message.urgent ? way.urgent : way.ordinary;
  if (hits(FaultClass::reorder, o.reorder_permille)) {
    world_.tally.injected(FaultClass::reorder);
    // Later than ordinary without holding up what follows, so that what follows overtakes it.
    if (prng.chance(0.5)) arrival += prng.between(0, o.timeout_us / 20);
  } else {
    arrival = std::max(arrival, lane.last_arrival);
    lane.last_arrival = arrival;
  }
  if (hits(FaultClass::duplicate, o.duplicate_permille)) {
    world_.tally.injected(FaultClass::duplicate);
    message.copies = 2;
    plan(message, arrival + prng.between(0, prng.chance(0.3) ? o.timeout_us : 1000));
  }
  plan(std::move(message), arrival);
}

void Network::plan(Message message, TimeUs arrival) {
  std::uint32_t slot = static_cast<std::uint32_t>(messages_.size());
  if (free_.empty()) {
    messages_.push_back(std::move(message));
  } else {
    slot = free_.back();
    free_.pop_back();
    messages_[slot] = std::move(message);
  }
  ++in_flight_;
  world_.queue.push(arrival, EventKind::deliver, job_, slot);
}

void Network::deliver(std::uint32_t slot) {
  Message message = std::move(messages_[slot]);
  free_.push_back(slot);
  --in_flight_;
  if (!post_.exists(message.to)) return;
  Link& way = link(message.from, message.to);
  // What a dead process had sent, and what was queued for a forgotten one, may be lost.
  const bool doubtful = !post_.exists(message.from) || message.serial <= way.forgotten_serial;
  if (doubtful && world_.network_prng.chance(0.5)) return;
  Lane& lane = message.urgent ? way.urgent : way.ordinary;
  if (message.serial < lane.last_serial) world_.tally.took_effect(FaultClass::reorder);
  lane.last_serial = std::max(lane.last_serial, message.serial);
  if (message.late_us > world_.options.heartbeat_us()) {
    world_.tally.took_effect(FaultClass::delay);
  }
  if (message.copies > 1) {
    if (way.doubled_serial == message.serial) world_.tally.took_effect(FaultClass::duplicate);
    way.doubled_serial = message.serial;
  }
  note_hand_in(message.to, message.from, message.bytes);
  note_ended(message.from, message.bytes);
  transport(message.to).inbox_.push_back({message.from, std::move(message.bytes)});
  post_.arrived(message.to);
}

void Network::cut(Rank hub, Rank worker, bool to_worker, bool from_worker) {
  if (to_worker) ++link(hub, worker).cuts;
  if (from_worker) ++link(worker, hub).cuts;
}

void Network::open(Rank hub, Rank worker, bool to_worker, bool from_worker) {
  const auto reopen = [&](Link& way) {
    if (--way.cuts > 0) return;
    for (Message& message : std::exchange(way.held, {})) dispatch(std::move(message));
  };
  if (to_worker) reopen(link(hub, worker));
  if (from_worker) reopen(link(worker, hub));
}

std::string Network::text_of(ByteView bytes) const {
  const auto message = wire::decode(job_id_, bytes);
  return message ? sim::text_of(message.value()) : message.error().message;
}

}  // namespace steadfarm::sim
