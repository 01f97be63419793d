#include "core/policy/chunk_rule.hpp"

#include <algorithm>
#include <cmath>

#include "core/policy/guided.hpp"

namespace steadfarm::core {

std::uint64_t ChunkRule::next(std::uint64_t left, std::uint32_t workers, double weight) {
  switch (kind_) {
    case PolicyKind::guided:
      return guided_chunk(left, workers);
    case PolicyKind::factoring:
      return factoring_.next(left, workers);
    case PolicyKind::trapezoid:
      return trapezoid_.next(left, workers);
    case PolicyKind::weighted: {
      const auto mean_chunk = static_cast<double>(factoring_.next(left, workers));
      const double chunk = std::min(weight * mean_chunk, static_cast<double>(left) / 2);
      return static_cast<std::uint64_t>(std::max(1.0, std::round(chunk)));
    }
    default:
      return 0;
  }
}

void ChunkRule::gave(std::uint64_t count) {
  if (kind_ == PolicyKind::trapezoid) {
    trapezoid_.gave(count);
  } else {
    factoring_.gave();
  }
}

}  // namespace steadfarm::core
