// One job's simulated network: links between rank 0 and the others, and where a worker may take
// over between any two, each way with an ordinary lane and one for heartbeats. Messages are
// delayed, reordered, doubled, lost and cut off.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/world.hpp"
#include "transport/transport.hpp"
#include "wire/messages.hpp"

namespace steadfarm::sim {

/// Who the network serves.
class Post {
 public:
  virtual ~Post() = default;
  /// The process exists (it may be stopped).
  [[nodiscard]] virtual bool exists(Rank rank) const = 0;
  /// Something lies in its inbox.
  virtual void arrived(Rank rank) = 0;
  /// If `from` is a master, it has not called this worker suspect.
  [[nodiscard]] virtual bool is_trusted(Rank from, Rank worker) const = 0;
  /// The master hands out units.
  virtual void assigned(Rank master, Rank worker, const wire::Assign& assign) = 0;
  /// What a worker hands in has come to a master.
  virtual void handed_in(Rank master, Rank worker, const wire::HandIn& hand_in) = 0;
  /// A worker's word of an end has come to a master.
  virtual void told_of_end(Rank from, const wire::Process& process) = 0;
  /// A worker gives units back.
  virtual void given_back(Rank worker, const wire::Returned& returned) = 0;
};

class Network;

class SimTransport final : public transport::Transport {
 public:
  SimTransport(Network& network, Rank self, std::int32_t ranks);

  [[nodiscard]] Rank self() const override { return self_; }
  [[nodiscard]] std::int32_t rank_count() const override {
    return static_cast<std::int32_t>(forgotten_.size());
  }
  [[nodiscard]] bool concurrent() const override;
  [[nodiscard]] Status send(Rank to, Bytes message) override;
  void send_urgent(Rank to, ByteView message) override;
  std::size_t poll(std::vector<transport::Incoming>& out, std::size_t max_messages) override;
  [[nodiscard]] std::vector<transport::DeadPeer> take_dead_peers() override;
  void forget(Rank peer) override;
  void readmit(Rank peer) override;
  [[nodiscard]] std::size_t queued_bytes(Rank /*to*/) const override { return 0; }
  [[nodiscard]] bool flushed() const override { return true; }
  [[nodiscard]] bool settle(int /*deadline_ms*/) override { return true; }
  [[nodiscard]] bool close(int /*deadline_ms*/) override { return true; }

  /// Nothing is to be sent to this peer.
  [[nodiscard]] bool forgot(Rank peer) const {
    return forgotten_[static_cast<std::size_t>(peer.value)];
  }
  /// There is one more rank.
  void add_peer();
  /// The transport has learned that this peer is dead.
  void peer_died(Rank peer);
  /// The process is gone; whatever its code still does in this turn reaches nobody.
  void unplug() { unplugged_ = true; }

 private:
  friend class Network;
  Network& network_;
  Rank self_;
  bool unplugged_ = false;
  std::vector<bool> forgotten_;
  std::vector<bool> known_dead_;
  std::vector<transport::DeadPeer> newly_dead_;
  std::deque<transport::Incoming> inbox_;
};

class Network {
 public:
  Network(World& world, Post& post, std::uint32_t job, wire::JobId job_id, std::int32_t ranks);

  [[nodiscard]] SimTransport& transport(Rank rank) {
    return *transports_[static_cast<std::size_t>(rank.value)];
  }
  void deliver(std::uint32_t slot);
  /// One more process, with the next rank. Of the others only the master can talk to it.
  void add_rank();

  /// Cuts the links between two; `open` takes one cut back.
  void cut(Rank hub, Rank worker, bool to_worker, bool from_worker);
  void open(Rank hub, Rank worker, bool to_worker, bool from_worker);
  [[nodiscard]] std::uint64_t in_flight() const { return in_flight_; }
  /// The message as one line, for traces.
  [[nodiscard]] std::string text_of(ByteView bytes) const;

 private:
  friend class SimTransport;
  struct Message {
    Rank from;
    Rank to;
    Bytes bytes;
    TimeUs late_us = 0;        // how much later than ordinary
    std::uint64_t serial = 0;  // in order of sending, over the whole network
    std::uint8_t copies = 1;   // of this message, this one included
    bool urgent = false;
  };
  struct Lane {
    TimeUs last_arrival = 0;
    std::uint64_t last_serial = 0;  // of what was delivered
  };
  struct Link {
    Lane ordinary;
    Lane urgent;
    std::uint32_t cuts = 0;
    std::uint64_t forgotten_serial = 0;  // messages up to here may be dropped
    std::uint64_t doubled_serial = 0;    // last delivered message that had a copy
    std::vector<Message> held;
  };

  void send(Rank from, Rank to, Bytes bytes, bool urgent);
  void note_assign(Rank master, Rank worker, ByteView bytes);
  void note_hand_in(Rank master, Rank worker, ByteView bytes);
  void note_ended(Rank from, ByteView bytes);
  void note_returned(Rank worker, ByteView bytes);
  void dispatch(Message message);
  void plan(Message message, TimeUs arrival);
  void lost(const Message& message, FaultClass fault);
  [[nodiscard]] Link& link(Rank from, Rank to) {
    if (from == kMaster) return to_worker_[static_cast<std::size_t>(to.value)];
    if (to == kMaster) return from_worker_[static_cast<std::size_t>(from.value)];
    return between_workers_[{from, to}];
  }

  World& world_;
  Post& post_;
  std::uint32_t job_;
  wire::JobId job_id_;
  std::vector<std::unique_ptr<SimTransport>> transports_;
  std::vector<Link> to_worker_;
  std::vector<Link> from_worker_;
  std::map<std::pair<Rank, Rank>, Link> between_workers_;
  std::vector<Message> messages_;
  std::vector<std::uint32_t> free_;
  std::uint64_t serial_ = 0;
  std::uint64_t in_flight_ = 0;
};

/// One line, for traces.
[[nodiscard]] std::string text_of(const wire::Message& message);

}  // namespace steadfarm::sim
