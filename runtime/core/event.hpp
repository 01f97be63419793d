// What the master machine is told. One event a step.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "wire/messages.hpp"

namespace steadfarm::core {

struct Started {};
struct Tick {};
struct MessageFrom {
  Rank from;
  wire::Message message;
};
/// This rank speaks another version of the protocol. It was told to leave, in its own version.
struct StrangerHeard {
  Rank from;
  std::uint32_t version = 0;
  std::string host;
  std::string build;  // empty: not known
};
/// How the loss of a worker was noticed.
enum class LossKind : std::uint8_t {
  silence,    // for longer than the time-out
  phi,        // sooner, because its heartbeats had come regularly
  transport,  // MPI's word
  process,    // its process has ended, as the system says on whose host we are
  overdue,    // its own word: a unit ran for too long, so it ends itself
  neighbour,  // its process has ended, as a worker on its host says
};
[[nodiscard]] const char* to_string(LossKind kind);

/// Somebody who knows (MPI, the system) says that a rank is dead.
struct PeerLost {
  Rank rank;
  std::string evidence;
  // The Assign of this number, and later ones, never left: it cannot have died of them. 0: none.
  std::uint32_t unsent_assign = 0;
  LossKind how = LossKind::transport;
};
/// The delta of this epoch is on disk, as this generation.
struct GenerationDurable {
  Epoch epoch;
  Generation generation;
};
struct GenerationFailed {
  Epoch epoch;
  Error error;
};
/// The store has come a step further with what it was last given.
struct StoreMoved {};
/// The process that a Spawn asked for is there, and the transport reaches it as this rank.
struct ReplacementStarted {
  Rank rank;
};
struct ReplacementFailed {
  Rank rank;
  Error error;
};
struct CheckpointRequested {};
struct StopRequested {
  std::string reason;
};

using Event = std::variant<Started, Tick, MessageFrom, StrangerHeard, PeerLost, GenerationDurable,
                           GenerationFailed, StoreMoved, ReplacementStarted, ReplacementFailed,
                           CheckpointRequested, StopRequested>;

}  // namespace steadfarm::core
