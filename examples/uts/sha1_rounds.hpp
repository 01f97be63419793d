// The eighty rounds of SHA-1, written once for one word and for a vector of words. No standard
// header but <cstdint>: sha1_avx2.cpp compiles this for a newer processor, and an inline function
// of the library compiled there could end up in programs that run on older ones.
#pragma once

#include <cstdint>

namespace steadfarm::uts {

constexpr std::uint32_t kSha1Start[5] = {0x67452301U, 0xEFCDAB89U, 0x98BADCFEU, 0x10325476U,
                                         0xC3D2E1F0U};

/// Eight digests side by side: out[word][lane]. Indices are first, first + 1, ..., first + 7.
void sha1_children8_avx2(const std::uint32_t parent[5], std::uint32_t first,
                         std::uint32_t out[5][8]);

namespace {  // each source gets its own copy, compiled for its own processor

template <unsigned N, class V>
inline __attribute__((always_inline)) void rotate_left(V& out, const V& x) {
  out = (x << N) | (x >> (32U - N));
}

/// One block: w holds its sixteen words and is overwritten; h is read and updated.
template <class V>
inline __attribute__((always_inline)) void sha1_block(V h[5], V w[16]) {
  V a = h[0];
  V b = h[1];
  V c = h[2];
  V d = h[3];
  V e = h[4];
#pragma GCC unroll 80
  for (unsigned i = 0; i < 80; ++i) {
    if (i >= 16) {
      const V mixed = w[(i + 13) & 15U] ^ w[(i + 8) & 15U] ^ w[(i + 2) & 15U] ^ w[i & 15U];
      rotate_left<1>(w[i & 15U], mixed);
    }
    V next;
    rotate_left<5>(next, a);
    if (i < 20) {
      next = next + (d ^ (b & (c ^ d))) + 0x5A827999U;
    } else if (i < 40) {
      next = next + (b ^ c ^ d) + 0x6ED9EBA1U;
    } else if (i < 60) {
      next = next + ((b & c) | (d & (b | c))) + 0x8F1BBCDCU;
    } else {
      next = next + (b ^ c ^ d) + 0xCA62C1D6U;
    }
    next = next + e + w[i & 15U];
    e = d;
    d = c;
    rotate_left<30>(c, b);
    b = a;
    a = next;
  }
  h[0] = h[0] + a;
  h[1] = h[1] + b;
  h[2] = h[2] + c;
  h[3] = h[3] + d;
  h[4] = h[4] + e;
}

/// The only block of a 24-byte message: parent, index, end mark, zeros, length in bits.
template <class V>
inline __attribute__((always_inline)) void sha1_child_block(const std::uint32_t parent[5],
                                                            const V& index, V out[5]) {
  const V zero = index - index;
  V w[16];
#pragma GCC unroll 16
  for (V& word : w) word = zero;
#pragma GCC unroll 5
  for (unsigned i = 0; i < 5; ++i) {
    w[i] = zero + parent[i];
    out[i] = zero + kSha1Start[i];
  }
  w[5] = index;
  w[6] = zero + 0x80000000U;
  w[15] = zero + 192U;
  sha1_block(out, w);
}

}  // namespace
}  // namespace steadfarm::uts
