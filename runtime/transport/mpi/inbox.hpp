// What is arriving from one peer: matched messages in the order of sending, received one by one.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <deque>

#include "steadfarm/types.hpp"

namespace steadfarm::transport {

/// How much memory large messages under way may take, over all peers.
struct ReceiveBudget {
  std::size_t limit = 0;
  std::size_t used = 0;
  bool somebody_waits = false;  // set in a pass over the peers, so that nobody overtakes
  /// Of one message: a larger one is announced only by a peer that is broken or no Steadfarm.
  std::size_t message_bytes_max = 0;
};

/// Only the first of the line is being received, so the line stays in order and a peer that dies
/// in mid-message stops nothing but its own line.
class Inbox {
 public:
  enum class Step { delivered, waiting, idle, failed, refused };

  /// Takes over a matched message.
  void add(MPI_Message message, int tag, std::size_t size);

  /// Moves the line on until a message is complete (`delivered`, in `out`), nothing moves
  /// (`waiting`), the line is empty (`idle`), MPI reports an error (`failed`, in `code`), or a
  /// message is announced that is too large (`refused`, see refused_bytes()): its parts are not
  /// kept.
  [[nodiscard]] Step next(ReceiveBudget& budget, Bytes& out, int& code);

  /// What is under way no longer counts against the budget; the peer may never finish it.
  void release_budget(ReceiveBudget& budget);

  /// What was announced last, when that was refused.
  [[nodiscard]] std::uint64_t refused_bytes() const { return refused_bytes_; }

  [[nodiscard]] bool idle() const { return line_.empty(); }
  /// True if MPI may still write into memory held here.
  [[nodiscard]] bool has_outstanding() const {
    return !line_.empty() && line_.front().request != MPI_REQUEST_NULL;
  }

 private:
  struct Entry {
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Request request = MPI_REQUEST_NULL;
    int tag = 0;
    std::size_t size = 0;
    bool started = false;
    Bytes bytes;  // of a whole message or a header; parts go into assembly_
  };

  [[nodiscard]] Step fail();
  [[nodiscard]] bool reserve(ReceiveBudget& budget, const Entry& entry);
  [[nodiscard]] int start(Entry& entry);
  [[nodiscard]] bool finish(Entry& entry, Bytes& out);
  [[nodiscard]] bool announce(const Entry& header, const ReceiveBudget& budget);
  void discard_assembly(ReceiveBudget& budget);

  std::deque<Entry> line_;
  bool stuck_ = false;
  Bytes assembly_;
  std::size_t announced_ = 0;  // size of the message in assembly_; 0: none
  std::uint64_t refused_bytes_ = 0;
  std::size_t received_ = 0;
  std::size_t charged_ = 0;  // our share of the budget
};

}  // namespace steadfarm::transport
