// What an application may say of a unit to whoever decides when and where it runs.
#pragma once

#include <cstdint>

namespace steadfarm {

/// Hints change when and where a unit runs, never what comes out. Plain values, free to copy
/// between threads.
struct UnitHints {
  /// How long the unit is expected to take, in microseconds; 0: not declared. Inside a priority the
  /// longest of the declared ones run first (longest processing time first: R. L. Graham, SIAM J.
  /// Appl. Math. 17, 1969), so that the end of the run has small pieces only; units without it run
  /// after them. Times that differ by less than an eighth of an octave count as equal. It also
  /// bounds what waits at a worker, and what is begun before the wall-time limit.
  std::uint64_t expected_us = 0;
  /// Units of one key prefer one worker, so that its caches stay warm (policy "affinity"). 0: none.
  std::uint64_t affinity = 0;
  /// May be executed a second time while its first execution still runs, if that takes unusually
  /// long. False for a unit with side effects. After a failure or a death every unit is executed
  /// again.
  bool repeatable = true;

  friend bool operator==(const UnitHints&, const UnitHints&) = default;
};

}  // namespace steadfarm
