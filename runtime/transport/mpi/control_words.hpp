// The words of the settlement that are arriving. Inside transport/mpi only: it includes mpi.h.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "steadfarm/types.hpp"

namespace steadfarm::transport {

/// Each is received by itself, without waiting: a sender may die in the midst of it.
class ControlWords {
 public:
  struct Heard {
    int source = 0;
    int kind = 0;
    Bytes bytes;
  };

  /// Takes over a matched message.
  void take(int source, int kind, MPI_Message message, std::size_t bytes);
  /// Those that are complete; each is given once.
  [[nodiscard]] std::vector<Heard> take_heard();
  /// True if MPI may still write into memory held here.
  [[nodiscard]] bool has_outstanding() const { return !arriving_.empty(); }

 private:
  struct Arriving {
    Heard word;
    MPI_Request request = MPI_REQUEST_NULL;
  };
  std::vector<std::unique_ptr<Arriving>> arriving_;
};

}  // namespace steadfarm::transport
