#include "checkpoint/result_fields.hpp"

#include <gtest/gtest.h>

namespace steadfarm::checkpoint {
namespace {

std::string refusal(const std::string& text) {
  const auto parsed = parse_result_fields(text);
  return parsed ? "" : parsed.error().message;
}

TEST(ResultFields, places_each_field_behind_the_ones_before_it) {
  const auto parsed = parse_result_fields("energy:f64 -:i32 spin:i16[3] ok:bool");
  ASSERT_TRUE(parsed) << parsed.error().message;
  const ResultFields& all = parsed.value();
  ASSERT_EQ(all.fields.size(), 3U);
  EXPECT_EQ(all.fields[0].name, "energy");
  EXPECT_EQ(all.fields[0].type, FieldType::f64);
  EXPECT_EQ(all.fields[0].offset, 0U);
  EXPECT_FALSE(all.fields[0].is_array);
  EXPECT_EQ(all.fields[1].name, "spin");
  EXPECT_EQ(all.fields[1].offset, 12U);
  EXPECT_EQ(all.fields[1].count, 3U);
  EXPECT_TRUE(all.fields[1].is_array);
  EXPECT_EQ(all.fields[2].offset, 18U);
  EXPECT_EQ(all.bytes, 19U);
  EXPECT_TRUE(all.known());
  EXPECT_TRUE(all.fits(Bytes(19)));
  EXPECT_FALSE(all.fits(Bytes(18)));
  EXPECT_FALSE(all.fits(Bytes(20)));
}

TEST(ResultFields, may_be_followed_by_any_bytes) {
  const auto parsed = parse_result_fields("n:u64 ...");
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed.value().open);
  EXPECT_TRUE(parsed.value().fits(Bytes(8)));
  EXPECT_TRUE(parsed.value().fits(Bytes(100)));
  EXPECT_FALSE(parsed.value().fits(Bytes(7)));
}

TEST(ResultFields, of_a_text_fit_a_length_and_that_many_bytes) {
  const auto parsed = parse_result_fields("value:text");
  ASSERT_TRUE(parsed);
  Bytes bytes(8 + 3);
  bytes[0] = std::byte{3};
  EXPECT_TRUE(parsed.value().fits(bytes));
  bytes[0] = std::byte{4};
  EXPECT_FALSE(parsed.value().fits(bytes));
  EXPECT_FALSE(parsed.value().fits(Bytes(7)));
}

TEST(ResultFields, of_nothing_know_nothing) {
  const auto parsed = parse_result_fields("");
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed.value().known());
}

TEST(ResultFields, refuse_what_is_malformed_and_say_which_word) {
  EXPECT_EQ(refusal("energy"), "the result field 'energy' has no type; say NAME:TYPE");
  EXPECT_NE(refusal("a:f64 b:f80").find("'b:f80' has a type that is none of"), std::string::npos);
  EXPECT_NE(refusal("a b:f64").find("'a' has no type"), std::string::npos);
  EXPECT_NE(refusal("2a:f64").find("has a name that"), std::string::npos);
  EXPECT_NE(refusal("a/b:f64").find("has a name that"), std::string::npos);
  EXPECT_NE(refusal(std::string(65, 'n') + ":f64").find("has a name that"), std::string::npos);
  EXPECT_EQ(refusal("a:f64 a:f32"), "the result field 'a:f32' comes twice");
  for (const char* count : {"a:f64[0]", "a:f64[]", "a:f64[3", "a:f64[3]x", "a:f64[1048577]",
                            "a:f64[99999999999999999999]", "a:f64[-1]"}) {
    EXPECT_NE(refusal(count).find("has a count"), std::string::npos) << count;
  }
  EXPECT_NE(refusal(std::string(4001, 'n')).find("more than 4000"), std::string::npos);
  EXPECT_NE(refusal("... a:f64").find("'...' has no type"), std::string::npos);
  EXPECT_NE(refusal("a:text").find("has a type"), std::string::npos);
}

}  // namespace
}  // namespace steadfarm::checkpoint
