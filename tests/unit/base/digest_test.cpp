#include "base/digest.hpp"

#include <gtest/gtest.h>

#include <string>

namespace steadfarm {
namespace {

TEST(Digest, has_the_published_value_for_no_bytes) {
  EXPECT_EQ(to_hex(digest(std::string_view())), "99aa06d3014798d86001c324468d497f");
}

TEST(Digest, has_the_value_that_stores_on_disk_carry) {
  EXPECT_EQ(to_hex(digest(std::string_view("steadfarm"))), "65852337c43a766e4dfe5f58476cc033");
}

TEST(Digest, text_and_bytes_agree) {
  const std::string text = "some bytes";
  EXPECT_EQ(digest(std::string_view(text)), digest(std::as_bytes(std::span(text))));
}

TEST(Digest, reads_back_its_own_hexadecimal_text) {
  const Digest value{0x0123456789abcdefULL, 0xfedcba9876543210ULL};
  EXPECT_EQ(to_hex(value), "0123456789abcdeffedcba9876543210");
  EXPECT_EQ(digest_from_hex(to_hex(value)), value);
}

TEST(Digest, refuses_text_that_is_no_digest) {
  const std::string good = to_hex(digest(std::string_view("x")));
  EXPECT_FALSE(digest_from_hex("").has_value());
  EXPECT_FALSE(digest_from_hex(good.substr(1)).has_value());
  EXPECT_FALSE(digest_from_hex(good + "0").has_value());
  for (const char bad : {'g', 'A', ' ', '/', ':', '`', '\0'}) {
    for (std::size_t at = 0; at < good.size(); ++at) {
      std::string text = good;
      text[at] = bad;
      EXPECT_FALSE(digest_from_hex(text).has_value()) << text;
    }
  }
}

TEST(DigestStream, does_not_depend_on_how_the_bytes_are_cut) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += std::to_string(i);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{239}, text.size()}) {
    DigestStream stream;
    stream.update(std::string_view(text).substr(0, cut));
    stream.update(std::as_bytes(std::span(text).subspan(cut)));
    EXPECT_EQ(stream.finish(), digest(std::string_view(text))) << cut;
  }
}

}  // namespace
}  // namespace steadfarm
