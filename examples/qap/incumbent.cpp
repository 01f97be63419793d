#include "examples/qap/incumbent.hpp"

#include <vector>

namespace steadfarm::qap {

Bytes encode_witness(const Permutation& permutation) {
  Bytes out;
  out.reserve(permutation.size());
  for (const std::uint8_t location : permutation) out.push_back(std::byte{location});
  return out;
}

std::optional<Permutation> decode_witness(ByteView witness, std::size_t n) {
  if (witness.size() != n) return std::nullopt;
  Permutation out;
  std::vector<bool> seen(n, false);
  for (const std::byte byte : witness) {
    const auto location = std::to_integer<std::uint8_t>(byte);
    if (location >= n || seen[location]) return std::nullopt;
    seen[location] = true;
    out.push_back(location);
  }
  return out;
}

}  // namespace steadfarm::qap
