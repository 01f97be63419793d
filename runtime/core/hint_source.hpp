// Where the hints of index units come from, and how expected times are sorted.
#pragma once

#include <bit>
#include <cstdint>

#include "steadfarm/unit_hints.hpp"

namespace steadfarm::core {

/// The same for an index whenever it is asked: hints of index units are not stored, they are asked
/// for again by every start.
class HintSource {
 public:
  virtual ~HintSource() = default;
  [[nodiscard]] virtual UnitHints hints(std::uint64_t index) const = 0;
};

/// Expected times as few enough classes that units of about the same length are one run: eight an
/// octave, the longest highest; 0 for a time that is not declared.
using CostClass = std::uint16_t;

[[nodiscard]] constexpr CostClass cost_class(std::uint64_t expected_us) {
  if (expected_us == 0) return 0;
  constexpr unsigned kFineBits = 3;
  const auto octave = static_cast<unsigned>(std::bit_width(expected_us)) - 1;
  const std::uint64_t top = octave >= kFineBits ? expected_us >> (octave - kFineBits)
                                                : expected_us << (kFineBits - octave);
  const auto fine = static_cast<unsigned>(top) & ((1U << kFineBits) - 1);
  return static_cast<CostClass>(1 + (octave << kFineBits) + fine);
}

/// The shortest time of a class.
[[nodiscard]] constexpr std::uint64_t cost_floor_us(CostClass cost) {
  if (cost == 0) return 0;
  constexpr unsigned kFineBits = 3;
  const unsigned octave = static_cast<unsigned>(cost - 1) >> kFineBits;
  const std::uint64_t top = 8U + (static_cast<unsigned>(cost - 1) & 7U);
  return octave >= kFineBits ? top << (octave - kFineBits) : top >> (kFineBits - octave);
}

/// Which classes may be handed out: what takes longer would not end in time.
struct CostLimit {
  CostClass end = UINT16_MAX;  // classes from this one on may not
  bool undeclared = true;      // units without a declared time may
  [[nodiscard]] constexpr bool allows(CostClass cost) const {
    return cost == 0 ? undeclared : cost < end;
  }
};

}  // namespace steadfarm::core
