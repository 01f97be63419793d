// The two-dimensional Ising model on a square torus, updated by the heat bath on a checkerboard:
// all sites of one colour at once, because no two of them are neighbours.
//
// Every random number is a function of (seed, sweep, colour, site): Philox4x32-10 with the seed as
// its key and the rest as its counter. So a sweep gives the same wherever and whenever it is done,
// and nothing of a generator needs to be saved.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace steadfarm::ising {

inline constexpr std::uint32_t kSizeMin = 4;
inline constexpr std::uint32_t kSizeMax = 512;

/// Spins as 0 (down) and 1 (up), row by row.
using Spins = std::vector<std::uint8_t>;

/// All spins up.
[[nodiscard]] Spins ordered_spins(std::uint32_t size);

/// Sums over the lattice. Both are whole numbers, so that sums of them are exact.
struct Measured {
  std::int64_t energy = 0;         // - sum over bonds of s s'; from -2 N to 2 N
  std::int64_t magnetisation = 0;  // sum of s; from -N to N
  friend bool operator==(const Measured&, const Measured&) = default;
};

class Lattice {
 public:
  /// `size` sites a side, even, from kSizeMin to kSizeMax; `temperature` in units of J / k, above
  /// 0.
  Lattice(std::uint32_t size, double temperature, std::uint64_t seed);

  /// Updates every site once. `number` is the sweep's place in the whole run.
  void sweep(Spins& spins, std::uint64_t number) const;
  [[nodiscard]] Measured measure(const Spins& spins) const;

 private:
  void update_colour(Spins& spins, std::uint64_t number, std::uint32_t colour) const;

  std::uint32_t size_;
  std::uint64_t seed_;
  // The chance to become up with so many neighbours up, in units of 2^-32.
  std::array<std::uint64_t, 5> up_below_{};
};

}  // namespace steadfarm::ising
