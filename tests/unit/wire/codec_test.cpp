#include "wire/codec.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace steadfarm::wire {
namespace {

std::vector<int> values(const Bytes& bytes) {
  std::vector<int> out;
  for (const std::byte b : bytes) out.push_back(std::to_integer<int>(b));
  return out;
}

TEST(Writer, puts_the_lowest_byte_first) {
  Bytes out;
  Writer writer(out);
  writer.number(std::uint16_t{0x0102});
  writer.number(std::int32_t{-2});
  EXPECT_EQ(values(out), (std::vector<int>{2, 1, 0xFE, 0xFF, 0xFF, 0xFF}));
}

TEST(Writer, puts_a_length_of_64_bits_before_a_block) {
  Bytes out;
  Writer(out).text("ab");
  EXPECT_EQ(values(out), (std::vector<int>{2, 0, 0, 0, 0, 0, 0, 0, 'a', 'b'}));
}

TEST(Writer, puts_the_high_word_of_a_key_first) {
  Bytes out;
  Writer(out).key({1, 2});
  EXPECT_EQ(values(out), (std::vector<int>{1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(Reader, gives_back_what_was_written) {
  Bytes bytes;
  bytes.reserve(64);
  Writer out(bytes);
  out.number(std::numeric_limits<std::int64_t>::min());
  out.number(std::uint8_t{7});
  out.key({3, 4});
  out.text("text");
  out.block({});
  Reader in(bytes);
  EXPECT_EQ(in.number<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(in.number<std::uint8_t>(), 7);
  EXPECT_EQ(in.key(), (UnitKey{3, 4}));
  EXPECT_EQ(in.text(), "text");
  EXPECT_FALSE(in.done());
  EXPECT_TRUE(in.block().empty());
  EXPECT_TRUE(in.done());
}

TEST(Reader, fails_for_good_at_the_first_read_past_the_end) {
  Bytes bytes;
  Writer(bytes).number(std::uint32_t{0x01010101});
  Reader in(bytes);
  EXPECT_EQ(in.number<std::uint64_t>(), 0U);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.number<std::uint8_t>(), 0U);  // although four bytes were there
  EXPECT_EQ(in.left(), 0U);
  EXPECT_FALSE(in.done());
}

TEST(Reader, refuses_a_block_that_says_it_is_longer_than_the_bytes) {
  for (const std::uint64_t length : {std::uint64_t{3}, std::numeric_limits<std::uint64_t>::max()}) {
    Bytes bytes;
    Writer out(bytes);
    out.number(length);
    out.number(std::uint16_t{0});
    Reader in(bytes);
    EXPECT_TRUE(in.block().empty());
    EXPECT_FALSE(in.ok()) << length;
  }
}

}  // namespace
}  // namespace steadfarm::wire
