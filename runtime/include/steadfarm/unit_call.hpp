// One execution of one unit, in bytes. Typed programs use steadfarm::Context of farm.hpp instead.
#pragma once

#include <cstdint>
#include <optional>

#include "steadfarm/types.hpp"

namespace steadfarm {

/// What a work function is given. Valid only during the call, and only on the calling thread.
class UnitCall {
 public:
  virtual ~UnitCall() = default;

  /// Identity of the unit; does not depend on where or when it runs.
  [[nodiscard]] virtual UnitKey key() const = 0;
  /// 1 for the first handing-out of this unit, then rising. A unit with side effects outside can
  /// use it to tell its own earlier tries apart.
  [[nodiscard]] virtual std::uint32_t attempt() const = 0;
  /// Seed for the unit's random streams: depends on the job seed and the key alone.
  [[nodiscard]] virtual std::uint64_t seed() const = 0;
  /// What was submitted or spawned; empty for the units of a range.
  [[nodiscard]] virtual ByteView payload() const = 0;

  /// The result. Without a call the result is empty.
  virtual void set_result(Bytes result) = 0;
  /// A new unit. It becomes runnable when this unit's result is accepted; if this execution fails
  /// or is lost, so is the child. Among equals, higher priorities run first.
  virtual void spawn(Bytes payload, std::int32_t priority) = 0;

  /// The best shared value known here, or null. Looks for news from the master now and then.
  [[nodiscard]] virtual const std::int64_t* shared_value() = 0;
  /// The witness of shared_value().
  [[nodiscard]] virtual ByteView shared_witness() const = 0;
  /// Proposes a better shared value: lower is better, of equal values the lexicographically smaller
  /// witness. It counts for good when this unit's result is accepted, and is told to the others at
  /// once. Returns true if it was better than what is known here.
  virtual bool improve(std::int64_t value, Bytes witness) = 0;
};

}  // namespace steadfarm
