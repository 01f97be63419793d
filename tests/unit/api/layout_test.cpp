// The structural layouts that a store remembers: what is equal, and what is not.
#include <gtest/gtest.h>

#include <cereal/cereal.hpp>
#include <chrono>
#include <complex>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "steadfarm/serialise.hpp"

namespace {

enum class Colour : std::uint8_t { red };
enum Shape : int { round };

struct Point {
  int a = 0;
  double b = 0;
};
struct Swapped {
  double b = 0;
  int a = 0;
};
struct Longer {
  int a = 0;
  double b = 0;
  bool c = false;
};
struct Nested {
  Point point;
  float matrix[2][3] = {};
};
struct Node {
  std::int64_t value = 0;
  std::vector<Node> children;
};
struct Deep {
  std::optional<int> number;
  std::map<std::string, std::pair<bool, std::vector<Deep>>> inner;
};
struct Empty {};

struct Custom {
  int value = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(value);
  }
};
struct Versioned {
  static constexpr std::uint32_t steadfarm_type_version = 3;
  int value = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(value);
  }
};
struct Metres {
  static constexpr std::uint32_t steadfarm_type_version = 2;
  double length = 0;
};
struct Raw {
  Raw() = default;
  explicit Raw(int n) : numbers{n, n} {}
  std::int32_t numbers[2] = {};
};
struct Outside {
  int value = 0;
};

}  // namespace

template <>
inline constexpr bool steadfarm::copy_bytes<Raw> = true;
template <>
inline constexpr std::uint32_t steadfarm::type_version<Outside> = 7;

namespace steadfarm {
namespace {

TEST(Layout, of_a_number_is_its_kind_and_size) {
  EXPECT_EQ(layout_of<bool>(), "bool");
  EXPECT_EQ(layout_of<std::int8_t>(), "i8");
  EXPECT_EQ(layout_of<unsigned char>(), "u8");
  EXPECT_EQ(layout_of<short>(), "i16");
  EXPECT_EQ(layout_of<int>(), "i32");
  EXPECT_EQ(layout_of<unsigned>(), "u32");
  EXPECT_EQ(layout_of<std::size_t>(), "u64");
  EXPECT_EQ(layout_of<float>(), "f32");
  EXPECT_EQ(layout_of<double>(), "f64");
  EXPECT_EQ(layout_of<char>(), "c8") << "its sign differs from machine to machine";
  EXPECT_EQ(layout_of<char32_t>(), "c32");
  EXPECT_EQ(layout_of<Colour>(), "u8");
  EXPECT_EQ(layout_of<Shape>(), "i32");
  EXPECT_EQ(layout_of<std::byte>(), "u8");
}

TEST(Layout, does_not_know_what_the_language_calls_a_number) {
  static_assert(sizeof(long) == sizeof(long long));
  EXPECT_EQ(layout_of<long>(), "i64");
  EXPECT_EQ(layout_of<long>(), layout_of<long long>());
  EXPECT_NE(layout_of<long>(), layout_of<double>());
  EXPECT_NE(layout_of<int>(), layout_of<unsigned>());
}

TEST(Layout, of_containers_is_by_what_they_hold) {
  EXPECT_EQ(layout_of<std::vector<int>>(), "seq<i32>");
  EXPECT_EQ(layout_of<std::deque<int>>(), "seq<i32>") << "the bytes are a vector's";
  EXPECT_EQ(layout_of<std::list<int>>(), "seq<i32>");
  EXPECT_EQ(layout_of<std::vector<bool>>(), "seq<bool>");
  EXPECT_EQ(layout_of<std::string>(), "seq<c8>");
  EXPECT_EQ(layout_of<Bytes>(), "seq<u8>");
  EXPECT_EQ(layout_of<std::set<int>>(), "set<i32>");
  EXPECT_EQ(layout_of<std::unordered_set<int>>(), "set<i32>");
  EXPECT_EQ((layout_of<std::map<int, std::string>>()), "map<i32,seq<c8>>");
  EXPECT_EQ((layout_of<std::unordered_map<int, std::string>>()), "map<i32,seq<c8>>");
  EXPECT_EQ((layout_of<std::array<int, 4>>()), "array<i32,4>");
  EXPECT_EQ(layout_of<std::optional<int>>(), "optional<i32>");
  EXPECT_EQ((layout_of<std::variant<int, std::monostate, float>>()), "variant<i32,{},f32>");
  EXPECT_EQ(layout_of<std::complex<float>>(), "complex<f32>");
}

TEST(Layout, of_durations_has_their_unit) {
  EXPECT_EQ(layout_of<std::chrono::milliseconds>(), "duration<i64,1/1000>");
  EXPECT_EQ((layout_of<std::chrono::duration<double>>()), "duration<f64,1/1>");
}

TEST(Layout, of_a_struct_is_that_of_its_members_in_their_order) {
  EXPECT_EQ(layout_of<Point>(), "{i32,f64}");
  EXPECT_EQ(layout_of<Swapped>(), "{f64,i32}");
  EXPECT_EQ(layout_of<Longer>(), "{i32,f64,bool}");
  EXPECT_EQ(layout_of<Nested>(), "{{i32,f64},array<array<f32,3>,2>}");
  EXPECT_EQ(layout_of<Empty>(), "{}");
}

TEST(Layout, of_a_struct_equals_that_of_a_tuple_with_the_same_bytes) {
  EXPECT_EQ(layout_of<Point>(), (layout_of<std::pair<int, double>>()));
  EXPECT_EQ(layout_of<Point>(), (layout_of<std::tuple<int, double>>()));
  EXPECT_EQ(to_bytes(Point{1, 2}), to_bytes(std::pair<int, double>(1, 2)));
}

TEST(Layout, of_a_recursive_type_ends) {
  EXPECT_EQ(layout_of<Node>(), "{i64,seq<^1>}");
  EXPECT_EQ(layout_of<Deep>(), "{optional<i32>,map<seq<c8>,{bool,seq<^2>}>}");
}

TEST(Layout, of_what_only_its_own_functions_know_has_its_version) {
  EXPECT_EQ(layout_of<Custom>(), "cereal");
  EXPECT_EQ(layout_of<Versioned>(), "cereal#3");
  EXPECT_EQ(layout_of<Raw>(), "raw<8>");
  EXPECT_EQ(layout_of<Metres>(), "{f64}#2");
  EXPECT_EQ(layout_of<Outside>(), "{i32}#7");
  EXPECT_EQ(layout_of<std::vector<Versioned>>(), "seq<cereal#3>");
}

}  // namespace
}  // namespace steadfarm
