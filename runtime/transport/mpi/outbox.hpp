// What is on its way to one peer: a window of outstanding Isends and the queue behind it.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "steadfarm/types.hpp"

namespace steadfarm::transport {

class Outbox {
 public:
  /// `farm`: its number, which every tag carries.
  Outbox(MPI_Comm communicator, int peer, int farm, std::size_t part_bytes, std::size_t window);

  /// Queues a message and hands over what fits. Returns MPI's code of the first failure.
  [[nodiscard]] int send(Bytes message);
  /// A word of the settlement, which is not counted. Only while the outbox is empty.
  [[nodiscard]] int send_word(int kind, Bytes word);
  /// Frees what MPI has finished with and hands over more. Returns MPI's code.
  [[nodiscard]] int advance();

  /// Forgets what was not handed over yet. What is outstanding stays until MPI lets go of it: its
  /// memory is MPI's until then.
  void drop_queue();

  [[nodiscard]] bool empty() const { return queue_.empty() && outstanding() == 0; }
  [[nodiscard]] bool has_outstanding() const { return outstanding() != 0; }
  /// Bytes that MPI has not finished with.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// How many messages MPI has taken from here so far, each part being one.
  [[nodiscard]] std::uint64_t sent() const { return sent_; }

 private:
  struct Queued {
    Bytes bytes;
    std::size_t sent = 0;
    bool announced = false;
  };
  struct Slot {
    MPI_Request request = MPI_REQUEST_NULL;
    Bytes bytes;                // owned by the last part of a message
    std::size_t accounted = 0;  // its share of bytes_
  };

  [[nodiscard]] std::size_t outstanding() const { return tail_ - head_; }
  [[nodiscard]] int retire();
  [[nodiscard]] int fill();
  [[nodiscard]] int send_next_of(Queued& message);
  [[nodiscard]] int start(const std::byte* data, std::size_t size, int kind, Bytes owned);
  [[nodiscard]] int hand_over(const std::byte* data, std::size_t size, int kind, Bytes owned);

  MPI_Comm communicator_;
  int peer_;
  int farm_;
  std::size_t part_bytes_;
  std::vector<Slot> slots_;  // a ring, retired in the order of sending
  std::size_t head_ = 0;     // both only grow; the slot is the remainder
  std::size_t tail_ = 0;
  std::deque<Queued> queue_;
  std::size_t bytes_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace steadfarm::transport
