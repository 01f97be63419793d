// The policies whose chunks shrink by a rule: guided, factoring, trapezoid, weighted.
#pragma once

#include <cstdint>

#include "core/options.hpp"
#include "core/policy/factoring.hpp"
#include "core/policy/trapezoid.hpp"

namespace steadfarm::core {

class ChunkRule {
 public:
  explicit ChunkRule(PolicyKind kind) : kind_(kind) {}

  /// The chunk for the next worker that asks, before any limit, at least 1; 0: this policy has no
  /// such rule. `left`: units not handed out. `weight`: this worker's speed over the mean one's;
  /// only `weighted` looks at it (weighted factoring: S. F. Hummel, J. Schmidt, R. N. Uma, J. Wein:
  /// Load-sharing in heterogeneous systems via weighted factoring, SPAA 1996).
  [[nodiscard]] std::uint64_t next(std::uint64_t left, std::uint32_t workers, double weight);
  /// So many units went out.
  void gave(std::uint64_t count);

 private:
  PolicyKind kind_;
  Factoring factoring_;
  Trapezoid trapezoid_;
};

}  // namespace steadfarm::core
