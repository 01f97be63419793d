// The port to whoever can start more processes of this program while the job runs.
#pragma once

#include <optional>

#include "base/error.hpp"
#include "base/ids.hpp"

namespace steadfarm::transport {

/// One process at a time: after `start` nothing is started before `take_done` gave its outcome.
/// Both are called by the thread that polls the transport, and neither waits.
class Spawner {
 public:
  struct Done {
    Rank rank;
    Status status;  // ok: from now on the transport reaches the process as this rank
  };

  virtual ~Spawner() = default;
  /// `rank` is the one after the last.
  virtual void start(Rank rank) = 0;
  /// The outcome, once.
  [[nodiscard]] virtual std::optional<Done> take_done() = 0;
  /// Nothing is being started, or its outcome was taken.
  [[nodiscard]] virtual bool idle() const = 0;
};

}  // namespace steadfarm::transport
