// What running units have saved on their way, as the master keeps it: the newest state of each
// unit, within a limit for all of them together.
#pragma once

#include <cstdint>
#include <memory>

#include "base/ids.hpp"
#include "steadfarm/types.hpp"

namespace steadfarm::core {

/// A unit's newest state. Made when the first one comes; most units never have one.
struct SavedState {
  std::uint64_t sequence = 0;          // safe points behind it; 0: none, the unit starts anew
  std::shared_ptr<const Bytes> state;  // null if there is none
  Attempt from{1};                     // attempts before this one speak of a state that was dropped
  bool dirty = false;                  // is listed for the next delta
  bool persisted = false;              // some delta has carried a state of this unit
};

class SavedStates {
 public:
  explicit SavedStates(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  enum class Kept : std::uint8_t { newer, old, no_room };
  /// Takes a state if it is further on than the one there is. Without room the old one stays.
  [[nodiscard]] Kept keep(std::unique_ptr<SavedState>& saved, Attempt attempt,
                          std::uint64_t sequence, std::shared_ptr<const Bytes> state);
  /// Takes what a store gave back, whatever the limit: what was durable is not given up for it.
  void restore(std::unique_ptr<SavedState>& saved, std::uint64_t sequence,
               std::shared_ptr<const Bytes> state);
  /// The unit is to start anew with its attempt `from`; what older attempts saved counts no more.
  void drop(SavedState& saved, Attempt from);
  /// The unit is no longer to be done.
  void forget(std::unique_ptr<SavedState>& saved);

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
};

}  // namespace steadfarm::core
