#include "core/ordered_hold.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace steadfarm::core {
namespace {

ByteView view(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

/// Everything whose turn it is, as "index:result ...".
std::string drain(OrderedHold& hold) {
  std::string out;
  while (const auto due = hold.take_due()) {
    out += to_string(due->key) + ":";
    for (const std::byte byte : due->payload) out += static_cast<char>(byte);
    out += ' ';
  }
  return out;
}

TEST(OrderedHold, gives_results_by_index_without_a_gap) {
  OrderedHold hold;
  hold.accepted(2, view("c"));
  hold.accepted(1, view("b"));
  EXPECT_EQ(drain(hold), "");
  EXPECT_EQ(hold.next(), 0U);
  EXPECT_EQ(hold.units(), 2U);
  hold.accepted(0, view("a"));
  EXPECT_EQ(drain(hold), "0:a 1:b 2:c ");
  EXPECT_EQ(hold.next(), 3U);
  EXPECT_EQ(hold.units(), 0U);
}

TEST(OrderedHold, passes_over_what_was_skipped_before_and_after) {
  OrderedHold hold;
  hold.skipped(1);
  hold.skipped(2);
  hold.accepted(3, view("d"));
  hold.accepted(0, view("a"));
  EXPECT_EQ(drain(hold), "0:a 3:d ");
  hold.skipped(4);
  EXPECT_EQ(drain(hold), "");
  EXPECT_EQ(hold.next(), 5U);
}

TEST(OrderedHold, counts_its_bytes_down_to_nothing) {
  OrderedHold hold;
  EXPECT_EQ(hold.bytes(), 0U);
  hold.accepted(1, view("0123456789"));
  const std::uint64_t one = hold.bytes();
  EXPECT_GE(one, 10U);
  hold.accepted(2, view(""));
  EXPECT_GT(hold.bytes(), one);  // an empty result takes memory too
  hold.accepted(0, view("x"));
  EXPECT_EQ(drain(hold), "0:x 1:0123456789 2: ");
  EXPECT_EQ(hold.bytes(), 0U);
}

TEST(OrderedHold, goes_on_from_what_it_held) {
  OrderedHold before;
  before.accepted(0, view("a"));
  before.accepted(3, view("d"));
  before.skipped(4);
  before.accepted(6, view("g"));
  EXPECT_EQ(drain(before), "0:a ");
  const ResultBatch held = before.held();
  ASSERT_EQ(held.size(), 2U);
  EXPECT_EQ(held.keys[0], UnitKey::index(3));
  EXPECT_EQ(held.keys[1], UnitKey::index(6));

  OrderedHold after;
  after.restore({{1, 3}, {5, 6}}, 7, held);
  EXPECT_EQ(after.next(), 1U);
  EXPECT_EQ(after.bytes(), before.bytes());
  after.accepted(2, view("c"));
  after.accepted(1, view("b"));
  EXPECT_EQ(drain(after), "1:b 2:c 3:d ");
  after.accepted(5, view("f"));
  EXPECT_EQ(drain(after), "5:f 6:g ");
  EXPECT_EQ(after.next(), 7U);
}

TEST(OrderedHold, of_a_job_with_nothing_pending_is_at_its_end) {
  OrderedHold hold;
  hold.restore({}, 9, {});
  EXPECT_EQ(drain(hold), "");
  EXPECT_EQ(hold.next(), 9U);
}

}  // namespace
}  // namespace steadfarm::core
