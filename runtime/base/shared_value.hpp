// A monotone value with its witness.
#pragma once

#include <cstdint>
#include <optional>

#include "steadfarm/types.hpp"

namespace steadfarm {

/// A monotone value and what proves it (a bound with its permutation). Lower is better; of two
/// equal values the one with the lexicographically smaller witness is better.
struct SharedValue {
  std::int64_t value = 0;
  Bytes witness;
  friend bool operator==(const SharedValue&, const SharedValue&) = default;
};

[[nodiscard]] bool is_better(const SharedValue& challenger, const std::optional<SharedValue>& best);

}  // namespace steadfarm
