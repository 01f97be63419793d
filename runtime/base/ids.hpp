// Strong types for everything that is counted or numbered, so that they cannot be mixed.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

#include "steadfarm/types.hpp"

namespace steadfarm {

template <class Tag, class Rep>
struct Strong {
  using rep = Rep;
  Rep value{};

  constexpr Strong() = default;
  constexpr explicit Strong(Rep v) : value(v) {}
  [[nodiscard]] constexpr Strong next() const { return Strong(static_cast<Rep>(value + 1)); }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;
};

using Rank = Strong<struct RankTag, std::int32_t>;               // place in the communicator
using Attempt = Strong<struct AttemptTag, std::uint32_t>;        // handing-out of a unit, from 1
using Epoch = Strong<struct EpochTag, std::uint64_t>;            // coordinated checkpoint, from 1
using Generation = Strong<struct GenerationTag, std::uint64_t>;  // what a store published, from 1
using OwnerEpoch = Strong<struct OwnerEpochTag, std::uint64_t>;  // take-overs of a store, from 1
using Session = Strong<struct SessionTag, std::uint64_t>;  // master-worker conversation, from 1

/// Monotone local time in microseconds; its zero has no meaning.
using TimeUs = std::int64_t;

/// The key of child number `ordinal` (from 0) of `parent`.
[[nodiscard]] UnitKey child_key(const UnitKey& parent, std::uint64_t ordinal);

/// The seed of a unit's random streams. Depends on the job seed and the unit key alone.
[[nodiscard]] std::uint64_t unit_seed(std::uint64_t job_seed, const UnitKey& key);

/// Spreads keys over hash tables; index keys are mixed, spawned keys are hashes already.
struct UnitKeyHash {
  [[nodiscard]] std::size_t operator()(const UnitKey& key) const noexcept {
    std::uint64_t x = key.lo ^ (key.hi * 0x9E3779B97F4A7C15ULL);
    x ^= x >> 30U;
    x *= 0xBF58476D1CE4E5B9ULL;
    x ^= x >> 27U;
    x *= 0x94D049BB133111EBULL;
    return static_cast<std::size_t>(x ^ (x >> 31U));
  }
};

}  // namespace steadfarm

template <class Tag, class Rep>
struct std::hash<steadfarm::Strong<Tag, Rep>> {
  std::size_t operator()(const steadfarm::Strong<Tag, Rep>& id) const noexcept {
    return std::hash<Rep>{}(id.value);
  }
};
