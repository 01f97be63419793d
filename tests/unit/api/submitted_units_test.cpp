#include "api/submitted_units.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>

namespace steadfarm::api {
namespace {

ByteView view(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

Digest digest_of(std::initializer_list<std::pair<const char*, int>> units) {
  SubmittedUnits submitted;
  for (const auto& [payload, priority] : units) submitted.add(view(payload), priority);
  return submitted.digest();
}

TEST(SubmittedUnits, gives_back_each_payload_by_its_place) {
  SubmittedUnits submitted;
  EXPECT_EQ(submitted.count(), 0U);
  for (const char* payload : {"ab", "", "cde"}) submitted.add(view(payload), 0);
  ASSERT_EQ(submitted.count(), 3U);
  const auto text = [&](std::uint64_t i) {
    const ByteView bytes = submitted.payload(i);
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  EXPECT_EQ(text(0), "ab");
  EXPECT_EQ(text(1), "");
  EXPECT_EQ(text(2), "cde");
}

TEST(SubmittedUnits, has_a_digest_of_every_payload_and_where_it_ends) {
  const Digest digest = digest_of({{"ab", 0}, {"c", 0}});
  EXPECT_EQ(digest, digest_of({{"ab", 0}, {"c", 0}}));
  EXPECT_NE(digest, digest_of({{"a", 0}, {"bc", 0}}));
  EXPECT_NE(digest, digest_of({{"abc", 0}}));
  EXPECT_NE(digest, digest_of({{"ab", 0}, {"d", 0}}));
  EXPECT_NE(digest, digest_of({{"ab", 0}}));
  EXPECT_NE(digest, digest_of({{"ab", 0}, {"c", 0}, {"", 0}}));
}

TEST(SubmittedUnits, has_a_digest_of_the_order) {
  EXPECT_NE(digest_of({{"a", 0}, {"b", 0}}), digest_of({{"b", 0}, {"a", 0}}));
}

TEST(SubmittedUnits, leaves_priorities_out_of_the_digest) {
  // They change when a unit runs, not what comes out.
  EXPECT_EQ(digest_of({{"a", 0}, {"b", 5}}), digest_of({{"a", 7}, {"b", 0}}));
}

TEST(SubmittedUnits, have_the_digest_of_the_first_ones_too) {
  SubmittedUnits submitted;
  EXPECT_EQ(submitted.digest_of_first(0), submitted.digest());
  submitted.add(view("a"), 0);
  const Digest one = submitted.digest();
  submitted.add(view("bc"), 0);
  EXPECT_EQ(submitted.digest_of_first(1), one);
  EXPECT_EQ(submitted.digest_of_first(2), submitted.digest());
  EXPECT_EQ(submitted.digest_of_first(9), submitted.digest());
  EXPECT_NE(submitted.digest(), one);
}

TEST(SubmittedUnits, keeps_priorities_as_runs) {
  SubmittedUnits submitted;
  for (const int priority : {0, 4, 4, 0, 4, -1, -1}) submitted.add({}, priority);
  const auto& runs = submitted.priorities();
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_EQ(runs[0].indices, (core::Interval{1, 3}));
  EXPECT_EQ(runs[0].priority, 4);
  EXPECT_EQ(runs[1].indices, (core::Interval{4, 5}));
  EXPECT_EQ(runs[1].priority, 4);
  EXPECT_EQ(runs[2].indices, (core::Interval{5, 7}));
  EXPECT_EQ(runs[2].priority, -1);
}

TEST(SubmittedUnits, keeps_hints_and_leaves_them_out_of_the_digest) {
  SubmittedUnits submitted;
  submitted.add(view("a"), 0);
  EXPECT_FALSE(submitted.has_hints());
  submitted.add(view("b"), 0, {700, 3, false});
  submitted.add(view("c"), 0);
  EXPECT_TRUE(submitted.has_hints());
  EXPECT_EQ(submitted.hints(0), UnitHints());
  EXPECT_EQ(submitted.hints(1), (UnitHints{700, 3, false}));
  EXPECT_EQ(submitted.hints(2), UnitHints());
  EXPECT_EQ(submitted.digest(), digest_of({{"a", 0}, {"b", 0}, {"c", 0}}));
}

}  // namespace
}  // namespace steadfarm::api
