// N endpoints in one process: a farm without mpirun, and tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "transport/transport.hpp"

namespace steadfarm::transport {

class LocalEndpoint;

/// Endpoints live as long as they like, on any threads; each keeps the hub's inside alive.
class LocalHub {
 public:
  explicit LocalHub(std::int32_t rank_count);

  /// The endpoint of one rank; each is taken once.
  [[nodiscard]] std::unique_ptr<Transport> take(Rank rank);

  /// From now on the rank is as one that was killed: what it was sent is lost, its sends go
  /// nowhere, and the others are told by `take_dead_peers`.
  void kill(Rank rank);

 private:
  friend class LocalEndpoint;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace steadfarm::transport
