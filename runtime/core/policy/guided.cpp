#include "core/policy/guided.hpp"

#include <algorithm>

namespace steadfarm::core {

std::uint64_t guided_chunk(std::uint64_t left, std::uint32_t workers) {
  const std::uint64_t share = std::max<std::uint32_t>(1, workers);
  return std::max<std::uint64_t>(1, left / share + (left % share != 0 ? 1 : 0));
}

}  // namespace steadfarm::core
