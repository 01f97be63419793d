#include "core/saved_states.hpp"

#include <utility>

#include "base/assert.hpp"

namespace steadfarm::core {
namespace {

std::uint64_t size_of(const SavedState& saved) { return saved.state ? saved.state->size() : 0; }

}  // namespace

SavedStates::Kept SavedStates::keep(std::unique_ptr<SavedState>& saved, Attempt attempt,
                                    std::uint64_t sequence, std::shared_ptr<const Bytes> state) {
  if (saved && (sequence <= saved->sequence || attempt < saved->from)) return Kept::old;
  const std::uint64_t without = bytes_ - (saved ? size_of(*saved) : 0);
  if (without > bytes_max_ || state->size() > bytes_max_ - without) return Kept::no_room;
  if (!saved) saved = std::make_unique<SavedState>();
  bytes_ = without + state->size();
  saved->sequence = sequence;
  saved->state = std::move(state);
  return Kept::newer;
}

void SavedStates::restore(std::unique_ptr<SavedState>& saved, std::uint64_t sequence,
                          std::shared_ptr<const Bytes> state) {
  STEADFARM_ASSERT(!saved && sequence > 0 && state);
  saved = std::make_unique<SavedState>();
  bytes_ += state->size();
  saved->sequence = sequence;
  saved->state = std::move(state);
  saved->persisted = true;
}

void SavedStates::drop(SavedState& saved, Attempt from) {
  STEADFARM_ASSERT(bytes_ >= size_of(saved));
  bytes_ -= size_of(saved);
  saved.sequence = 0;
  saved.state.reset();
  saved.from = from;
}

void SavedStates::forget(std::unique_ptr<SavedState>& saved) {
  if (!saved) return;
  STEADFARM_ASSERT(bytes_ >= size_of(*saved));
  bytes_ -= size_of(*saved);
  saved.reset();
}

}  // namespace steadfarm::core
