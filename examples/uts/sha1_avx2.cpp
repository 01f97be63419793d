// Compiled with -mavx2 on x86-64 and called only where the processor has it.
#include "examples/uts/sha1_rounds.hpp"

namespace steadfarm::uts {

void sha1_children8_avx2(const std::uint32_t parent[5], std::uint32_t first,
                         std::uint32_t out[5][8]) {
  using Lanes = std::uint32_t __attribute__((vector_size(32)));
  const Lanes step = {0, 1, 2, 3, 4, 5, 6, 7};
  const Lanes index = step + first;
  Lanes digests[5];
  sha1_child_block(parent, index, digests);
  for (unsigned word = 0; word < 5; ++word) {
    __builtin_memcpy(out[word], &digests[word], sizeof(Lanes));
  }
}

}  // namespace steadfarm::uts
