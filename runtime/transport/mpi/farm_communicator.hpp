// What the farms on one communicator of the application share. Inside transport/mpi only: it
// includes mpi.h.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <set>
#include <vector>

#include "base/error.hpp"
#include "steadfarm/types.hpp"

namespace steadfarm::transport {

/// Where the messages of one farm go.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  virtual void take(int source, int kind, MPI_Message message, std::size_t bytes) = 0;
};

/// The duplicate of a communicator, made for the first farm on it and used by every later one: so
/// nothing collective is needed where ranks have died meanwhile, and no late message of a farm
/// can meet a new communicator that got the number of a freed one. It knows which ranks earlier
/// farms have lost.
///
/// It goes once the application has freed its communicator, if all that was sent on it is known to
/// be received; else it stays, because a message may still be under way.
///
/// Thread rule: farms on one communicator are made, run and destroyed one call at a time.
class FarmCommunicator {
 public:
  /// Collective over `parent` at its first farm, and local after that. Errors: unsupported.
  [[nodiscard]] static Result<std::shared_ptr<FarmCommunicator>> of(MPI_Comm parent);

  explicit FarmCommunicator(MPI_Comm own) : own_(own) {}
  FarmCommunicator(const FarmCommunicator&) = delete;
  FarmCommunicator& operator=(const FarmCommunicator&) = delete;

  [[nodiscard]] MPI_Comm get() const { return own_; }

  /// The number of the farm that begins next.
  [[nodiscard]] int next_farm() const;
  /// It begins. What has come for it already goes to `sink`.
  void begin_farm(MessageSink& sink);
  /// Later messages of that farm are received and dropped. `settled`: there are none. `lost`: the
  /// ranks that it has lost, among them those of `was_lost`, which were lost when it began, that it
  /// never heard of.
  void end_farm(int farm, bool settled, const std::set<int>& was_lost, const std::set<int>& lost);

  /// Matches one message, if there is one, and hands it to its farm; that of a farm to come waits
  /// for it. Returns MPI's code.
  [[nodiscard]] int receive_one(bool& found);

  /// Ranks that a farm has lost, and that no later farm has heard of again.
  [[nodiscard]] const std::set<int>& lost() const { return lost_; }

 private:
  struct Early {
    int farm = 0;
    int kind = 0;
    int source = 0;
    MPI_Message message = MPI_MESSAGE_NULL;
    std::size_t bytes = 0;
  };
  struct Stale {
    MPI_Request request = MPI_REQUEST_NULL;
    Bytes bytes;
  };
  struct Open {
    int farm = 0;
    MessageSink* sink = nullptr;
  };

  static int parent_is_freed(MPI_Comm parent, int key, void* value, void* extra);
  static void free_orphans();
  void drop(MPI_Message message, std::size_t bytes);
  void sweep_stale();
  [[nodiscard]] bool may_be_freed();

  MPI_Comm own_;
  int newest_farm_ = 0;  // the first is 1
  std::vector<Open> open_;
  std::deque<Early> early_;
  std::vector<std::unique_ptr<Stale>> stale_;
  std::set<int> lost_;
  bool unsettled_ = false;
};

}  // namespace steadfarm::transport
