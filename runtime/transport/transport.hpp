// The port between the driver and whatever carries messages: MPI, memory, or the simulator.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "steadfarm/types.hpp"

namespace steadfarm::transport {

struct Incoming {
  Rank from;
  Bytes bytes;
};

struct DeadPeer {
  Rank rank;
  std::string evidence;  // whose word it is, for people

  friend bool operator==(const DeadPeer&, const DeadPeer&) = default;
};

/// Whole messages of any size between ranks. Between two live peers messages of one thread arrive
/// in order and once; nobody above relies on that. No call blocks.
///
/// Thread rule: all calls from one thread, except `send_urgent`, which a second thread may call at
/// the same time if `concurrent()` is true.
class Transport {
 public:
  virtual ~Transport() = default;

  [[nodiscard]] virtual Rank self() const = 0;
  [[nodiscard]] virtual std::int32_t rank_count() const = 0;

  /// True if a second thread may call `send_urgent` (MPI_THREAD_MULTIPLE).
  [[nodiscard]] virtual bool concurrent() const = 0;

  /// Queues a message. Takes the bytes. Dropped silently if `to` was forgotten. `lost_peer` if the
  /// transport itself knows that the peer is dead.
  [[nodiscard]] virtual Status send(Rank to, Bytes message) = 0;

  /// A small message (heartbeat, at most 4 KiB) sent at once or dropped; never queued.
  virtual void send_urgent(Rank to, ByteView message) = 0;

  /// Moves queued sends on and appends what has arrived to `out`, at most `max_messages`.
  /// Returns how many were appended.
  virtual std::size_t poll(std::vector<Incoming>& out, std::size_t max_messages) = 0;

  /// Peers that the transport itself found dead since the last call (MPI's own word). `poll` is
  /// what finds them.
  [[nodiscard]] virtual std::vector<DeadPeer> take_dead_peers() = 0;

  /// True if every death of a process is found within milliseconds, whoever polls (ULFM). Where
  /// not, only what was sent to the dead may tell, and mostly nothing does.
  [[nodiscard]] virtual bool hears_of_deaths() const { return false; }

  /// Never send to this peer again: drops its queue. What it sends is still received.
  virtual void forget(Rank peer) = 0;
  /// Takes `forget` back.
  virtual void readmit(Rank peer) = 0;

  /// Bytes queued and not yet handed over, for back-pressure.
  [[nodiscard]] virtual std::size_t queued_bytes(Rank to) const = 0;

  /// True when every message to peers that were not forgotten has been handed over.
  [[nodiscard]] virtual bool flushed() const = 0;

  /// The end of a farm, for every rank alike: sends nothing more, and drops what arrives. True if
  /// all that was sent to this rank has been received, and the same is said of all others that
  /// return true; nobody waits longer than `deadline_ms`. With 0 it waits for nobody and tells the
  /// others not to wait either.
  [[nodiscard]] virtual bool settle(int deadline_ms) = 0;

  /// True if an earlier farm on the same ranks had lost this peer when this one began.
  [[nodiscard]] virtual bool was_lost(Rank /*peer*/) const { return false; }

  /// Frees what it holds. `deadline_ms` bounds every wait inside. False if it gave up then, or if
  /// MPI_Finalize would hang on who is dead: the caller must leave the process without it.
  [[nodiscard]] virtual bool close(int deadline_ms) = 0;
};

}  // namespace steadfarm::transport
