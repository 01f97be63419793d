#include "cli/result_text.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <tuple>

#include "steadfarm/serialise.hpp"

namespace steadfarm::cli {
namespace {

checkpoint::ResultFields fields(const std::string& text) {
  return checkpoint::parse_result_fields(text).value();
}

template <class Value>
std::string line(ResultStyle style, const std::string& names, const Value& value,
                 const UnitKey& key = UnitKey::index(3)) {
  return ResultText(style, fields(names), UnitKey::index(100)).line(key, to_bytes(value));
}

const UnitKey kSpawned{1ULL << 63U, 5};
using Mixed = std::tuple<double, std::int8_t, std::array<float, 2>, bool>;
const Mixed kMixed{0.1, -7, {1.5F, -2}, true};
constexpr const char* kMixedFields = "energy:f64 step:i8 spin:f32[2] ok:bool";

TEST(ResultText, csv_has_a_column_a_value_and_digits_that_read_back) {
  EXPECT_EQ(ResultText(ResultStyle::csv, fields(kMixedFields), {}).head(),
            "unit,energy,step,spin[0],spin[1],ok\n");
  EXPECT_EQ(line(ResultStyle::csv, kMixedFields, kMixed), "3,0.1,-7,1.5,-2,true\n");
  EXPECT_EQ(line(ResultStyle::csv, "x:f64", 1.0 / 3), "3,0.3333333333333333\n");
  EXPECT_EQ(line(ResultStyle::csv, "x:f64", std::numeric_limits<double>::infinity()), "3,inf\n");
  EXPECT_EQ(line(ResultStyle::csv, "x:u64", ~0ULL), "3,18446744073709551615\n");
  EXPECT_EQ(line(ResultStyle::csv, "value:text", std::string("a \"b\"\n,c")),
            "3,\"a \"\"b\"\"\n,c\"\n");
}

TEST(ResultText, json_is_one_object_a_line) {
  EXPECT_EQ(line(ResultStyle::json, kMixedFields, kMixed),
            "{\"unit\":3,\"energy\":0.1,\"step\":-7,\"spin\":[1.5,-2.0],\"ok\":true}\n");
  EXPECT_EQ(line(ResultStyle::json, "n:u64[1]", 5ULL), "{\"unit\":3,\"n\":[5]}\n");
  EXPECT_EQ(line(ResultStyle::json, "x:f64", std::numeric_limits<double>::quiet_NaN()),
            "{\"unit\":3,\"x\":null}\n");
  EXPECT_EQ(line(ResultStyle::json, "value:text", std::string("a\n\xff")),
            "{\"unit\":3,\"text\":\"a\\n\xef\xbf\xbd\"}\n");
  EXPECT_EQ(line(ResultStyle::json, "x:u8", std::uint8_t{65}, kSpawned),
            "{\"unit\":\"80000000000000000000000000000005\",\"x\":65}\n");
}

TEST(ResultText, a_table_is_aligned) {
  const ResultText text(ResultStyle::table, fields("e:f64 n:i32"), UnitKey::index(12345));
  const std::string head = text.head();
  EXPECT_EQ(head, " unit                         e            n\n");
  const std::string first = text.line(UnitKey::index(7), to_bytes(std::pair<double, int>{-1, 2}));
  EXPECT_EQ(first, "    7                        -1            2\n");
  const double longest = -std::numeric_limits<double>::denorm_min();
  EXPECT_EQ(
      text.line(UnitKey::index(7), to_bytes(std::pair<double, int>{longest, INT32_MIN})).size(),
      head.size());
  EXPECT_EQ(line(ResultStyle::table, "value:text", std::string("red\x1b[31m\n")),
            "   3  red [31m \n");
}

TEST(ResultText, shows_bytes_where_nothing_is_known_or_nothing_fits) {
  EXPECT_EQ(line(ResultStyle::csv, "", std::uint16_t{0x0AFF}), "3,ff0a\n");
  EXPECT_EQ(ResultText(ResultStyle::csv, {}, {}).head(), "unit,bytes\n");
  EXPECT_EQ(line(ResultStyle::csv, "x:f64", std::uint16_t{1}), "3,0100\n");
  EXPECT_EQ(line(ResultStyle::json, "x:f64", std::uint16_t{1}),
            "{\"unit\":3,\"bytes\":\"0100\"}\n");
  EXPECT_EQ(line(ResultStyle::table, "", std::uint16_t{1}), "   3  0100\n");
}

TEST(ResultText, canonical_is_the_bytes_whatever_their_names) {
  EXPECT_EQ(line(ResultStyle::canonical, "x:f64", std::uint16_t{0x0AFF}), "result 3 ff0a\n");
  EXPECT_EQ(line(ResultStyle::canonical, "", std::uint16_t{0x0AFF}), "result 3 ff0a\n");
  EXPECT_EQ(ResultText(ResultStyle::canonical, fields("x:f64"), {}).head(), "");
}

}  // namespace
}  // namespace steadfarm::cli
