#include "examples/ising/lattice.hpp"

#include <Random123/philox.h>

#include <cmath>

namespace steadfarm::ising {
namespace {

constexpr std::uint32_t kLane = 4;  // random numbers that Philox makes at once

}  // namespace

Spins ordered_spins(std::uint32_t size) { return Spins(std::size_t{size} * size, 1); }

Lattice::Lattice(std::uint32_t size, double temperature, std::uint64_t seed)
    : size_(size), seed_(seed) {
  for (int up = 0; up <= 4; ++up) {
    const double field = 2.0 * up - 4.0;  // the sum of the neighbours' spins
    const double chance = 1.0 / (1.0 + std::exp(-2.0 * field / temperature));
    up_below_.at(static_cast<std::size_t>(up)) =
        static_cast<std::uint64_t>(std::llround(chance * 0x1p32));
  }
}

void Lattice::sweep(Spins& spins, std::uint64_t number) const {
  update_colour(spins, number, 0);
  update_colour(spins, number, 1);
}

// Row by row; the sites of one colour in a row are every second one, size / 2 of them.
void Lattice::update_colour(Spins& spins, std::uint64_t number, std::uint32_t colour) const {
  const r123::Philox4x32::key_type key = {
      {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32U)}};
  const std::uint32_t per_row = size_ / 2;
  const std::uint32_t groups = (per_row + kLane - 1) / kLane;
  for (std::uint32_t y = 0; y < size_; ++y) {
    std::uint8_t* row = spins.data() + std::size_t{y} * size_;
    const std::uint8_t* above = spins.data() + std::size_t{y == 0 ? size_ - 1 : y - 1} * size_;
    const std::uint8_t* below = spins.data() + std::size_t{y + 1 == size_ ? 0 : y + 1} * size_;
    const std::uint32_t first = (y + colour) % 2;
    for (std::uint32_t group = 0; group < groups; ++group) {
      const r123::Philox4x32::ctr_type counter = {{y * groups + group, colour,
                                                   static_cast<std::uint32_t>(number),
                                                   static_cast<std::uint32_t>(number >> 32U)}};
      const r123::Philox4x32::ctr_type random = r123::Philox4x32()(counter, key);
      for (std::uint32_t lane = 0; lane < kLane; ++lane) {
        const std::uint32_t at = group * kLane + lane;
        if (at == per_row) break;
        const std::uint32_t x = first + 2 * at;
        const std::uint32_t left = x == 0 ? size_ - 1 : x - 1;
        const std::uint32_t right = x + 1 == size_ ? 0 : x + 1;
        const std::size_t up = std::size_t{above[x]} + below[x] + row[left] + row[right];
        row[x] = random[lane] < up_below_[up] ? 1 : 0;
      }
    }
  }
}

Measured Lattice::measure(const Spins& spins) const {
  std::int64_t up = 0;
  std::int64_t unlike = 0;
  for (std::uint32_t y = 0; y < size_; ++y) {
    const std::uint8_t* row = spins.data() + std::size_t{y} * size_;
    const std::uint8_t* below = spins.data() + std::size_t{y + 1 == size_ ? 0 : y + 1} * size_;
    for (std::uint32_t x = 0; x < size_; ++x) {
      up += row[x];
      unlike += row[x] ^ row[x + 1 == size_ ? 0 : x + 1];
      unlike += row[x] ^ below[x];
    }
  }
  const std::int64_t sites = std::int64_t{size_} * size_;
  return {2 * unlike - 2 * sites, 2 * up - sites};
}

}  // namespace steadfarm::ising
