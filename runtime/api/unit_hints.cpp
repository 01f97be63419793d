#include "api/unit_hints.hpp"

namespace steadfarm::api {

UnitHints JobHints::hints(std::uint64_t index) const {
  UnitHints hints = units_ != nullptr ? units_->hints(index) : UnitHints();
  if (!function_) return hints;
  const UnitHints more =
      function_(UnitKey::index(index), units_ != nullptr ? units_->payload(index) : ByteView());
  if (hints.expected_us == 0) hints.expected_us = more.expected_us;
  if (hints.affinity == 0) hints.affinity = more.affinity;
  hints.repeatable = hints.repeatable && more.repeatable;
  return hints;
}

}  // namespace steadfarm::api
