// What a typed farm says of its units by functions, for those that were given no hints.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <ratio>

#include "steadfarm/unit_hints.hpp"

namespace steadfarm::detail {

template <class Rep, class Period>
[[nodiscard]] std::uint64_t to_expected_us(std::chrono::duration<Rep, Period> time) {
  using Micros = std::chrono::duration<double, std::micro>;
  constexpr double kMax = 1e18;
  const double us = std::chrono::duration_cast<Micros>(time).count();
  if (!(us > 0)) return 0;
  return static_cast<std::uint64_t>(std::clamp(us, 1.0, kMax));
}

template <class Unit>
struct Hinting {
  std::function<std::uint64_t(const Unit&)> expected_us;
  std::function<std::uint64_t(const Unit&)> affinity;

  [[nodiscard]] UnitHints complete(const Unit& unit, UnitHints hints) const {
    if (hints.expected_us == 0 && expected_us) hints.expected_us = expected_us(unit);
    if (hints.affinity == 0 && affinity) hints.affinity = affinity(unit);
    return hints;
  }
};

}  // namespace steadfarm::detail
