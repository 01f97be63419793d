#include "examples/uts/sha1.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/prng.hpp"

namespace steadfarm::uts {
namespace {

std::string hex(const Digest& digest) {
  std::string out;
  char word[9];
  for (const std::uint32_t w : digest) {
    std::snprintf(word, sizeof word, "%08x", w);
    out += word;
  }
  return out;
}

std::string sha1_hex(std::string_view text) {
  return hex(sha1(std::as_bytes(std::span(text.data(), text.size()))));
}

Digest random_digest(Prng& random) {
  Digest digest;
  for (std::uint32_t& word : digest) word = static_cast<std::uint32_t>(random.next());
  return digest;
}

// The same 24 bytes through the general function.
Digest child_by_bytes(const Digest& parent, std::uint32_t index) {
  std::vector<std::byte> bytes;
  const auto put = [&bytes](std::uint32_t word) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<std::byte>(word >> static_cast<unsigned>(shift)));
    }
  };
  for (const std::uint32_t word : parent) put(word);
  put(index);
  return sha1(bytes);
}

TEST(Sha1, gives_the_published_digests) {
  EXPECT_EQ(sha1_hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(sha1_hex(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(sha1_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(
      sha1_hex("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqk"
               "lmnopqrlmnopqrsmnopqrstnopqrstu"),
      "a49b2446a02c645bf419f995b67091253a04a259");
  EXPECT_EQ(sha1_hex(std::string(1'000'000, 'a')), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

// 55 bytes are the most that fit into one block with the end mark and the length.
TEST(Sha1, pads_right_at_the_edge_of_a_block) {
  EXPECT_EQ(sha1_hex(std::string(55, 'a')), "c1c8bbdc22796e28c0e15163d20899b65621d65a");
  EXPECT_EQ(sha1_hex(std::string(56, 'a')), "c2db330f6083854c99d4b5bfb6e8f29f201be699");
  EXPECT_EQ(sha1_hex(std::string(64, 'a')), "0098ba824b5c16427bd7a1122a5a442a25ec644d");
}

TEST(Sha1, child_is_the_digest_of_parent_and_index) {
  Prng random(1);
  for (int i = 0; i < 1000; ++i) {
    const Digest parent = random_digest(random);
    const auto index = static_cast<std::uint32_t>(random.next());
    EXPECT_EQ(sha1_child(parent, index), child_by_bytes(parent, index));
  }
}

TEST(Sha1, children_together_equal_children_one_by_one) {
  Prng random(2);
  for (std::size_t count = 0; count <= 40; ++count) {
    const Digest parent = random_digest(random);
    const auto first = static_cast<std::uint32_t>(random.below(1'000'000));
    std::vector<Digest> got(count + 1, Digest{1, 2, 3, 4, 5});
    sha1_children(parent, first, count, got.data());
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(got[i], child_by_bytes(parent, first + static_cast<std::uint32_t>(i)));
    }
    EXPECT_EQ(got[count], (Digest{1, 2, 3, 4, 5})) << "wrote past the end";
  }
}

}  // namespace
}  // namespace steadfarm::uts
