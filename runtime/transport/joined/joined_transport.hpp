// The master's end where rank 0 works too: its own worker is a thread of the same process, reached
// through memory, and bears the master's rank; all others are reached as before.
#pragma once

#include <vector>

#include "transport/transport.hpp"

namespace steadfarm::transport {

class JoinedTransport final : public Transport {
 public:
  /// Both must outlive this object. `inside` has one peer that counts, `inside_peer`; towards the
  /// user of this object it is called `outside.self()`, which nobody else is called.
  JoinedTransport(Transport& outside, Transport& inside, Rank inside_peer)
      : outside_(outside), inside_(inside), inside_peer_(inside_peer) {}

  [[nodiscard]] Rank self() const override { return outside_.self(); }
  [[nodiscard]] std::int32_t rank_count() const override { return outside_.rank_count(); }
  [[nodiscard]] bool concurrent() const override {
    return outside_.concurrent() && inside_.concurrent();
  }
  [[nodiscard]] Status send(Rank to, Bytes message) override;
  void send_urgent(Rank to, ByteView message) override;
  std::size_t poll(std::vector<Incoming>& out, std::size_t max_messages) override;
  [[nodiscard]] std::vector<DeadPeer> take_dead_peers() override;
  [[nodiscard]] bool hears_of_deaths() const override { return outside_.hears_of_deaths(); }
  void forget(Rank peer) override { side(peer).forget(name(peer)); }
  void readmit(Rank peer) override { side(peer).readmit(name(peer)); }
  [[nodiscard]] std::size_t queued_bytes(Rank to) const override {
    return side(to).queued_bytes(name(to));
  }
  /// The inside is not waited for: what it was sent lies in its mailbox.
  [[nodiscard]] bool flushed() const override { return outside_.flushed(); }
  [[nodiscard]] bool settle(int deadline_ms) override { return outside_.settle(deadline_ms); }
  [[nodiscard]] bool was_lost(Rank peer) const override {
    return !is_inside(peer) && outside_.was_lost(peer);
  }
  [[nodiscard]] bool close(int deadline_ms) override { return outside_.close(deadline_ms); }

 private:
  [[nodiscard]] bool is_inside(Rank rank) const { return rank == outside_.self(); }
  [[nodiscard]] Transport& side(Rank rank) const { return is_inside(rank) ? inside_ : outside_; }
  [[nodiscard]] Rank name(Rank rank) const { return is_inside(rank) ? inside_peer_ : rank; }

  Transport& outside_;
  Transport& inside_;
  Rank inside_peer_;
  bool inside_first_ = false;  // whose turn it is, so that neither starves the other
};

}  // namespace steadfarm::transport
