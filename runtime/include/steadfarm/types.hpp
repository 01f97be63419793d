// The few value types that every layer and every user of Steadfarm shares.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace steadfarm {

/// An owned run of bytes. Everything that travels or is stored is bytes underneath.
using Bytes = std::vector<std::byte>;

/// A borrowed run of bytes. Valid only as long as its owner.
using ByteView = std::span<const std::byte>;

/// The identity of a unit of work, for the whole life of the job and across restarts.
///
/// A submitted or range unit has `hi == 0` and its index in `lo`. A spawned unit has the top bit
/// of `hi` set; the other 127 bits are a hash of its parent's key and its ordinal among the
/// parent's children. A key never depends on which rank ran what, or when.
struct UnitKey {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;

  [[nodiscard]] static constexpr UnitKey index(std::uint64_t i) { return {0, i}; }
  [[nodiscard]] constexpr bool is_index() const { return hi == 0; }
  [[nodiscard]] constexpr bool is_spawned() const { return (hi >> 63U) != 0; }
  friend constexpr auto operator<=>(const UnitKey&, const UnitKey&) = default;
};

/// The key as text: the decimal index, or 32 hexadecimal digits for a spawned unit.
[[nodiscard]] std::string to_string(const UnitKey& key);

}  // namespace steadfarm
