// What a result type and the names given to its members become; reading it is the store's part.
#include <gtest/gtest.h>

#include <array>
#include <complex>
#include <cstdint>
#include <stdexcept>
#include <steadfarm/farm.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "checkpoint/result_fields.hpp"

namespace steadfarm {
namespace {

enum class Phase : std::uint8_t { ordered, disordered };
struct Point {
  double energy = 0;
  std::int32_t sweeps = 0;
  float spin[2] = {};
  Phase phase = Phase::ordered;
  bool equilibrated = false;
};
struct Trace {
  std::uint64_t steps = 0;
  std::complex<double> amplitude;
  std::vector<double> path;
  double last = 0;
};

template <class Result>
std::string named(const std::vector<std::string_view>& names) {
  return detail::fields_text<Result>(names);
}

TEST(StoreResults, names_the_members_in_their_order) {
  EXPECT_EQ(named<Point>({"e", "n", "s", "p", "q"}), "e:f64 n:i32 s:f32[2] p:u8 q:bool");
  EXPECT_EQ((named<std::pair<int, long>>({"steps", "number"})), "steps:i32 number:i64");
  EXPECT_EQ((named<std::tuple<float, std::array<std::int16_t, 4>>>({"a", "b"})), "a:f32 b:i16[4]");
  EXPECT_EQ(named<double>({"energy"}), "energy:f64");
  EXPECT_EQ((named<std::array<double, 3>>({"x"})), "x:f64[3]");
}

TEST(StoreResults, leaves_members_without_a_name_in_the_bytes) {
  EXPECT_EQ(named<Point>({"e"}), "e:f64 -:i32 -:f32[2] -:u8 -:bool");
  EXPECT_EQ(named<Point>({"-", "n"}), "-:f64 n:i32 -:f32[2] -:u8 -:bool");
  EXPECT_EQ(named<Trace>({"steps", "a"}), "steps:u64 a:f64[2] ...");
}

TEST(StoreResults, says_which_name_cannot_be) {
  const auto refusal = [](auto call) -> std::string {
    try {
      call();
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_NE(refusal([] {
              return named<Trace>({"n", "a", "path"});
            }).find("'path' is no number"),
            std::string::npos);
  EXPECT_NE(refusal([] {
              return named<Trace>({"n", "a", "-", "last"});
            }).find("'last' is no number, or comes after a member that is none"),
            std::string::npos);
  EXPECT_NE(refusal([] {
              return named<double>({"a", "b"});
            }).find("more names than members"),
            std::string::npos);
}

TEST(StoreResults, finds_members_by_pointer_in_any_order) {
  Point probe{};
  std::vector<std::string_view> names(5, "-");
  detail::name_members(probe, names, "spin", &Point::spin, "energy", &Point::energy);
  EXPECT_EQ(detail::fields_text<Point>(names), "energy:f64 -:i32 spin:f32[2] -:u8 -:bool");
}

TEST(StoreResults, knows_numbers_and_text_without_a_name) {
  EXPECT_EQ(detail::default_fields<double>(), "value:f64");
  EXPECT_EQ(detail::default_fields<char>(), "value:i8");
  EXPECT_EQ(detail::default_fields<std::string>(), "value:text");
  EXPECT_EQ((detail::default_fields<std::array<int, 2>>()), "value:i32[2]");
  EXPECT_EQ(detail::default_fields<Point>(), "");
  EXPECT_EQ(detail::default_fields<std::vector<double>>(), "");
}

// The offsets that the store reckons are those of the bytes.
TEST(StoreResults, agrees_with_the_bytes_of_a_value) {
  Point point;
  point.sweeps = 77;
  point.equilibrated = true;
  const Bytes bytes = to_bytes(point);
  const auto fields = checkpoint::parse_result_fields(named<Point>({"e", "n", "s", "p", "q"}));
  ASSERT_TRUE(fields);
  EXPECT_TRUE(fields.value().fits(bytes));
  EXPECT_EQ(bytes[fields.value().fields[1].offset], std::byte{77});
  EXPECT_EQ(bytes[fields.value().fields[4].offset], std::byte{1});
}

}  // namespace
}  // namespace steadfarm
