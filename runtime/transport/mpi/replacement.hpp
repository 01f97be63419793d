// How a process learns that it was started to replace a lost worker.
#pragma once

#include <optional>

#include "base/ids.hpp"

namespace steadfarm::transport {

/// Holds the rank as which it is to join. Whoever starts it says so in its environment.
inline constexpr const char* kReplacementVariable = "STEADFARM_REPLACEMENT";

/// The rank in the variable, if it is one, which a master (rank 0) is not. Removes the variable.
[[nodiscard]] std::optional<Rank> take_replacement_rank();

}  // namespace steadfarm::transport
