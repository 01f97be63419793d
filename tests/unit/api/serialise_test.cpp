#include "steadfarm/serialise.hpp"

#include <gtest/gtest.h>

#include <cereal/types/memory.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

#include "base/prng.hpp"

namespace steadfarm {
namespace {

Bytes bytes_of(std::initializer_list<int> values) {
  Bytes out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

template <class T>
void expect_round_trip(const T& value) {
  const Bytes bytes = to_bytes(value);
  T back{};
  ASSERT_TRUE(from_bytes(bytes, back));
  EXPECT_TRUE(back == value);
  EXPECT_EQ(to_bytes(back), bytes);
}

enum class Colour : std::uint8_t { red = 1, blue = 200 };

struct Point {
  double x = 0;
  double y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};
struct Padded {
  std::int8_t small = 0;  // seven bytes of padding follow
  double large = 0;
  friend bool operator==(const Padded&, const Padded&) = default;
};
struct Empty {
  friend bool operator==(const Empty&, const Empty&) = default;
};
struct Arrays {
  double row[3];
  std::int32_t grid[2][2];
  char name[5];
  std::int32_t one[1];
  std::string text;
  friend bool operator==(const Arrays&, const Arrays&) = default;
};
struct Sixteen {
  int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o;
  std::string p;
  friend bool operator==(const Sixteen&, const Sixteen&) = default;
};
struct Mixed {
  std::string text;
  std::vector<Point> points;
  std::optional<std::int64_t> maybe;
  std::variant<std::monostate, int, std::string> either;
  std::map<std::string, Padded> table;
  std::array<Colour, 2> colours{};
  std::tuple<bool, float> pair;
  std::vector<bool> flags;
  std::chrono::milliseconds time{};
  std::complex<double> amplitude;
  Empty nothing;
  friend bool operator==(const Mixed&, const Mixed&) = default;
};
struct Nested {
  std::vector<Nested> inner;
  std::int32_t value = 0;
  friend bool operator==(const Nested&, const Nested&) = default;
};

// Through cereal: not an aggregate, private members.
class Account {
 public:
  Account() = default;
  Account(std::string owner, std::vector<double> amounts)
      : owner_(std::move(owner)), amounts_(std::move(amounts)) {}
  template <class Archive>
  void serialize(Archive& archive) {
    archive(owner_, cereal::make_nvp("amounts", amounts_), open_);
  }
  friend bool operator==(const Account&, const Account&) = default;

 private:
  std::string owner_;
  std::vector<double> amounts_;
  bool open_ = true;
};
// A plain struct that says how: its word counts.
struct Even {
  std::uint32_t half = 0;
  std::uint32_t cache = 0;
  template <class Archive>
  void save(Archive& archive) const {
    archive(half * 2);
  }
  template <class Archive>
  void load(Archive& archive) {
    std::uint32_t doubled = 0;
    archive(doubled);
    if (doubled % 2 != 0) throw std::runtime_error("odd");
    half = doubled / 2;
  }
  friend bool operator==(const Even& a, const Even& b) { return a.half == b.half; }
};
// Private members and no cereal, but it may be copied.
class Id {
 public:
  Id() = default;
  explicit Id(std::uint32_t value) : value_(value) {}
  friend bool operator==(const Id&, const Id&) = default;

 private:
  std::uint32_t value_ = 0;
};

}  // namespace
template <>
inline constexpr bool copy_bytes<Id> = true;
namespace {

static_assert(detail::member_count<Empty> == 0);
static_assert(detail::member_count<Point> == 2);
static_assert(detail::member_count<Arrays> == 5);
static_assert(detail::member_count<Sixteen> == 16);
static_assert(detail::member_count<Mixed> == 11);
static_assert(detail::member_count<Nested> == 2);
// What is copied in one go.
static_assert(detail::is_packed<std::int64_t> && detail::is_packed<double>);
static_assert(detail::is_packed<Point> && detail::is_packed<UnitKey> && detail::is_packed<Id>);
static_assert(detail::is_packed<std::array<Point, 3>>);
// What is not: padding, bool (two of 256 values are valid), pointers inside.
static_assert(!detail::is_packed<Padded> && !detail::is_packed<bool>);
static_assert(!detail::is_packed<std::array<bool, 2>> && !detail::is_packed<Even>);

Mixed some_mixed() {
  Mixed mixed;
  mixed.text = "steady";
  mixed.points = {{1.5, -2}, {0, 1e300}};
  mixed.maybe = -7;
  mixed.either = "word";
  mixed.table = {{"a", {1, 2.5}}, {"b", {}}};
  mixed.colours = {Colour::red, Colour::blue};
  mixed.pair = {true, 0.25F};
  mixed.flags = {true, false, true};
  mixed.time = std::chrono::milliseconds(1234);
  mixed.amplitude = {1, -1};
  return mixed;
}

TEST(Serialise, numbers_are_little_endian_in_their_own_size) {
  EXPECT_EQ(to_bytes(std::uint32_t{0x01020304}), bytes_of({4, 3, 2, 1}));
  EXPECT_EQ(to_bytes(std::int16_t{-2}), bytes_of({0xFE, 0xFF}));
  EXPECT_EQ(to_bytes(1.0), bytes_of({0, 0, 0, 0, 0, 0, 0xF0, 0x3F}));
  EXPECT_EQ(to_bytes(Colour::blue), bytes_of({200}));
  EXPECT_EQ(to_bytes(true), bytes_of({1}));
}

TEST(Serialise, sizes_are_eight_bytes_and_elements_follow) {
  EXPECT_EQ(to_bytes(std::string("ab")), bytes_of({2, 0, 0, 0, 0, 0, 0, 0, 'a', 'b'}));
  EXPECT_EQ(to_bytes(std::vector<std::uint16_t>{1, 256}),
            bytes_of({2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1}));
}

TEST(Serialise, padding_never_travels) {
  Padded one;
  Padded two;
  std::memset(static_cast<void*>(&one), 0x00, sizeof one);
  std::memset(static_cast<void*>(&two), 0xFF, sizeof two);
  one.small = two.small = 3;
  one.large = two.large = 1.0;
  EXPECT_EQ(to_bytes(one), bytes_of({3, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F}));
  EXPECT_EQ(to_bytes(two), to_bytes(one));
}

TEST(Serialise, brings_numbers_back) {
  expect_round_trip(std::numeric_limits<std::int64_t>::min());
  expect_round_trip(std::numeric_limits<std::uint64_t>::max());
  expect_round_trip(-0.1F);
  expect_round_trip('x');
  expect_round_trip(false);
  expect_round_trip(Colour::red);
  expect_round_trip(std::byte{7});
  expect_round_trip(std::complex<float>(1, 2));
  expect_round_trip(std::chrono::nanoseconds(-5));
}

TEST(Serialise, brings_containers_back) {
  expect_round_trip(std::string());
  expect_round_trip(std::string("\0nul", 4));
  expect_round_trip(std::u16string(u"wide"));
  expect_round_trip(std::vector<double>{});
  expect_round_trip(std::vector<std::vector<std::string>>{{"a", "b"}, {}, {"c"}});
  expect_round_trip(std::vector<bool>{true, false});
  expect_round_trip(std::deque<int>{1, 2, 3});
  expect_round_trip(std::list<std::string>{"x", "y"});
  expect_round_trip(std::array<std::string, 2>{"x", "y"});
  expect_round_trip(std::array<int, 0>{});
  expect_round_trip(std::pair<int, std::string>{1, "one"});
  expect_round_trip(std::tuple<int, double, std::string>{1, 2.0, "3"});
  expect_round_trip(std::tuple<>{});
  expect_round_trip(std::optional<std::string>{});
  expect_round_trip(std::optional<std::string>{"there"});
  expect_round_trip(std::variant<int, std::string>{"second"});
  expect_round_trip(std::map<int, std::string>{{1, "a"}, {2, "b"}});
  expect_round_trip(std::multimap<int, int>{{1, 1}, {1, 2}});
  expect_round_trip(std::set<std::string>{"p", "q"});
  expect_round_trip(std::multiset<int>{5, 5, 6});
  expect_round_trip(std::unordered_map<std::string, int>{{"a", 1}, {"b", 2}});
  expect_round_trip(std::unordered_set<int>{3, 1, 2});
  expect_round_trip(std::unordered_multimap<int, int>{{1, 1}, {1, 2}});
}

TEST(Serialise, brings_plain_structs_back) {
  expect_round_trip(Point{1, 2});
  expect_round_trip(Padded{-1, 2});
  expect_round_trip(Empty{});
  expect_round_trip(Arrays{{1, 2, 3}, {{4, 5}, {6, 7}}, {'n', 'a', 'm', 'e', 0}, {8}, "text"});
  expect_round_trip(Sixteen{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, "sixteen"});
  expect_round_trip(Nested{{{{}, 1}, {{{{}, 2}}, 3}}, 4});
  expect_round_trip(UnitKey{1, 2});
  expect_round_trip(some_mixed());
  expect_round_trip(Mixed{});
  expect_round_trip(std::vector<Empty>(3));
}

TEST(Serialise, a_struct_is_its_members_one_after_the_other) {
  const Arrays arrays{{1, 2, 3}, {{4, 5}, {6, 7}}, {'n', 'a', 'm', 'e', 0}, {8}, "text"};
  Bytes expected;
  const auto append = [&expected](const Bytes& bytes) {
    expected.insert(expected.end(), bytes.begin(), bytes.end());
  };
  for (const double x : {1.0, 2.0, 3.0}) append(to_bytes(x));
  for (const std::int32_t i : {4, 5, 6, 7}) append(to_bytes(i));
  for (const char c : {'n', 'a', 'm', 'e', '\0'}) append(to_bytes(c));
  append(to_bytes(std::int32_t{8}));
  append(to_bytes(std::string("text")));
  EXPECT_EQ(to_bytes(arrays), expected);
}

TEST(Serialise, brings_cereal_types_back) {
  expect_round_trip(Account("me", {1.5, -2}));
  expect_round_trip(std::vector<Account>{{"a", {}}, {"b", {1}}});
  expect_round_trip(Even{21, 0});
  expect_round_trip(Id(77));
  const Bytes bytes = to_bytes(std::make_unique<std::string>("owned"));
  std::unique_ptr<std::string> back;
  ASSERT_TRUE(from_bytes(bytes, back));
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(*back, "owned");
}

TEST(Serialise, a_plain_struct_with_a_cereal_function_is_cereals) {
  EXPECT_EQ(to_bytes(Even{3, 99}), bytes_of({0, 6, 0, 0, 0}));
}

TEST(Serialise, a_cereal_type_that_throws_makes_malformed_bytes) {
  Even even;
  EXPECT_FALSE(from_bytes(bytes_of({0, 7, 0, 0, 0}), even));
  EXPECT_FALSE(from_bytes(bytes_of({1, 6, 0, 0, 0}), even));
}

TEST(Serialise, order_in_a_hash_table_does_not_matter) {
  std::unordered_set<int> few;
  std::unordered_set<int> many(10'000);  // other buckets, other order
  for (int i = 0; i < 100; ++i) {
    few.insert(i * 7919);
    many.insert((99 - i) * 7919);
  }
  EXPECT_EQ(to_bytes(few), to_bytes(many));
}

TEST(Serialise, replaces_what_was_there) {
  std::vector<std::string> words{"old", "older"};
  ASSERT_TRUE(from_bytes(to_bytes(std::vector<std::string>{"new"}), words));
  EXPECT_EQ(words, std::vector<std::string>{"new"});
  std::optional<int> maybe = 3;
  ASSERT_TRUE(from_bytes(to_bytes(std::optional<int>{}), maybe));
  EXPECT_FALSE(maybe.has_value());
  std::map<int, int> table{{1, 1}};
  ASSERT_TRUE(from_bytes(to_bytes(std::map<int, int>{{2, 2}}), table));
  EXPECT_EQ(table.size(), 1U);
}

TEST(Serialise, refuses_bytes_that_follow) {
  Bytes bytes = to_bytes(some_mixed());
  bytes.push_back(std::byte{0});
  Mixed mixed;
  EXPECT_FALSE(from_bytes(bytes, mixed));
  std::int64_t number = 0;
  EXPECT_FALSE(from_bytes(Bytes(9), number));
  EXPECT_FALSE(from_bytes(Bytes(7), number));
}

TEST(Serialise, refuses_values_that_cannot_be) {
  bool flag = false;
  EXPECT_FALSE(from_bytes(bytes_of({2}), flag));
  std::variant<int, char> either;
  EXPECT_FALSE(from_bytes(bytes_of({2, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1}), either));
  std::set<std::uint8_t> twice;
  EXPECT_FALSE(from_bytes(bytes_of({2, 0, 0, 0, 0, 0, 0, 0, 5, 5}), twice));
  Empty empty;
  EXPECT_FALSE(from_bytes(bytes_of({1}), empty));
}

// A size says nothing about what can be allocated for it.
TEST(Serialise, believes_no_size) {
  for (int high : {0x7F, 0xFF, 0x01, 0x00}) {
    const Bytes bytes = bytes_of({0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0, high, high, 1, 2, 3});
    std::string text;
    EXPECT_FALSE(from_bytes(bytes, text));
    std::vector<double> numbers;
    EXPECT_FALSE(from_bytes(bytes, numbers));
    EXPECT_EQ(numbers.capacity(), 0U);
    std::vector<std::array<std::string, 100>> large;
    EXPECT_FALSE(from_bytes(bytes, large));
    std::map<int, int> table;
    EXPECT_FALSE(from_bytes(bytes, table));
    std::vector<Empty> empties;
    EXPECT_FALSE(from_bytes(bytes, empties));
    Bytes account = bytes_of({0});
    account.insert(account.end(), bytes.begin(), bytes.end());
    Account through_cereal;
    EXPECT_FALSE(from_bytes(account, through_cereal));
  }
}

TEST(Serialise, refuses_bytes_that_nest_without_end) {
  const auto nested = [](std::size_t levels) {
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < levels; ++i) {
      const Bytes one = to_bytes(std::uint64_t{1});
      bytes.insert(bytes.end(), one.begin(), one.end());
    }
    const Bytes none = to_bytes(std::uint64_t{0});
    bytes.insert(bytes.end(), none.begin(), none.end());
    bytes.resize(bytes.size() + 4 * levels);  // every level's value
    return bytes;
  };
  Nested value;
  EXPECT_TRUE(from_bytes(nested(400), value));
  EXPECT_FALSE(from_bytes(nested(1'000'000), value));
}

// Every proper prefix is too short: nothing in these types is optional at the end.
TEST(Serialise, refuses_every_truncation) {
  const Bytes mixed = to_bytes(some_mixed());
  for (std::size_t size = 0; size < mixed.size(); ++size) {
    Mixed value;
    EXPECT_FALSE(from_bytes(ByteView(mixed).first(size), value)) << size;
  }
  const Bytes account = to_bytes(Account("name", {1, 2, 3}));
  for (std::size_t size = 0; size < account.size(); ++size) {
    Account value;
    EXPECT_FALSE(from_bytes(ByteView(account).first(size), value)) << size;
  }
}

// Bent bytes either make a value that goes the same way again, or are refused.
template <class T>
std::pair<int, int> bend(const T& value, std::uint64_t seed) {
  const Bytes good = to_bytes(value);
  Prng random(seed);
  int accepted = 0;
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes = good;
    for (std::uint64_t n = 1 + random.below(3); n > 0; --n) {
      bytes[random.below(bytes.size())] = static_cast<std::byte>(random.next());
    }
    if (random.chance(0.3)) bytes.resize(random.below(bytes.size() + 20));
    T back{};
    if (!from_bytes(bytes, back)) {
      ++refused;
      continue;
    }
    ++accepted;
    T again{};
    EXPECT_TRUE(from_bytes(to_bytes(back), again));
    EXPECT_EQ(to_bytes(again), to_bytes(back));
  }
  return {accepted, refused};
}

TEST(Serialise, survives_bent_bytes) {
  const auto [mixed_accepted, mixed_refused] = bend(some_mixed(), 1);
  EXPECT_GT(mixed_accepted, 1000);
  EXPECT_GT(mixed_refused, 1000);
  const auto [account_accepted, account_refused] = bend(Account("name", {1, 2, 3}), 2);
  EXPECT_GT(account_accepted, 1000);
  EXPECT_GT(account_refused, 1000);
  const auto [nested_accepted, nested_refused] = bend(Nested{{{{}, 1}, {{{{}, 2}}, 3}}, 4}, 3);
  EXPECT_GT(nested_accepted, 1000);
  EXPECT_GT(nested_refused, 1000);
}

}  // namespace
}  // namespace steadfarm
