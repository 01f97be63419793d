#include "examples/uts/sha1.hpp"

#include <algorithm>

#include "examples/uts/sha1_rounds.hpp"

namespace steadfarm::uts {
namespace {

std::uint32_t big_endian_word(const std::byte* bytes) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i)
    word = (word << 8U) | std::to_integer<std::uint32_t>(bytes[i]);
  return word;
}

void add_block(Digest& digest, const std::byte* block) {
  std::uint32_t w[16];
  for (std::size_t i = 0; i < 16; ++i) w[i] = big_endian_word(block + 4 * i);
  sha1_block(digest.data(), w);
}

bool has_avx2() {
#if defined(STEADFARM_UTS_AVX2)
  static const bool has = __builtin_cpu_supports("avx2") != 0;
  return has;
#else
  return false;
#endif
}

// A vector of eight costs about as much as two single ones.
constexpr std::size_t kLanesWorthwhile = 3;

#if defined(STEADFARM_UTS_AVX2)
std::size_t children8(const Digest& parent, std::uint32_t first, std::size_t count, Digest* out) {
  std::uint32_t lanes[5][8];
  const std::size_t taken = std::min<std::size_t>(count, 8);
  sha1_children8_avx2(parent.data(), first, lanes);
  for (std::size_t i = 0; i < taken; ++i) {
    for (std::size_t word = 0; word < 5; ++word) out[i][word] = lanes[word][i];
  }
  return taken;
}
#else
std::size_t children8(const Digest&, std::uint32_t, std::size_t, Digest*) { return 0; }
#endif

}  // namespace

Digest sha1(ByteView bytes) {
  Digest digest;
  std::copy(std::begin(kSha1Start), std::end(kSha1Start), digest.begin());
  std::size_t at = 0;
  for (; bytes.size() - at >= 64; at += 64) add_block(digest, bytes.data() + at);

  std::array<std::byte, 128> tail{};
  const std::size_t left = bytes.size() - at;
  std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(), tail.begin());
  tail[left] = std::byte{0x80};
  const std::size_t blocks = left + 9 <= 64 ? 1 : 2;
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  for (std::size_t i = 0; i < 8; ++i) {
    tail[blocks * 64 - 1 - i] = static_cast<std::byte>(bits >> (8 * i));
  }
  for (std::size_t i = 0; i < blocks; ++i) add_block(digest, tail.data() + 64 * i);
  return digest;
}

Digest sha1_child(const Digest& parent, std::uint32_t index) {
  Digest out;
  sha1_child_block(parent.data(), index, out.data());
  return out;
}

void sha1_children(const Digest& parent, std::uint32_t first, std::size_t count, Digest* out) {
  std::size_t done = 0;
  while (has_avx2() && count - done >= kLanesWorthwhile) {
    done += children8(parent, first + static_cast<std::uint32_t>(done), count - done, out + done);
  }
  for (; done < count; ++done) {
    out[done] = sha1_child(parent, first + static_cast<std::uint32_t>(done));
  }
}

}  // namespace steadfarm::uts
