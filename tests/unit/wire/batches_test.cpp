#include <gtest/gtest.h>

#include "samples.hpp"
#include "wire/codec.hpp"
#include "wire/messages.hpp"

namespace steadfarm::wire {
namespace {

using test::view;

TEST(UnitBatch, counts_heads_and_every_index_of_its_runs) {
  UnitBatch batch;
  EXPECT_EQ(batch.unit_count(), 0U);
  batch.add(UnitKey::index(1), Attempt(1), view("abc"));
  batch.add_run(10, 5, Attempt(1));
  batch.add_run(90, 1, Attempt(2));
  EXPECT_EQ(batch.unit_count(), 7U);
  EXPECT_EQ(batch.bytes.size(), 3U);
}

TEST(UnitBatch, keeps_the_states_of_its_heads_apart_from_their_payloads) {
  UnitBatch batch;
  batch.add(UnitKey::index(1), Attempt(1), view("abc"));
  batch.add(UnitKey::index(2), Attempt(2), view("de"));
  batch.add_saved(4, view("state"));
  ASSERT_EQ(batch.saved.size(), 1U);
  EXPECT_EQ(batch.saved[0], (UnitBatch::Saved{1, 4, 5}));
  EXPECT_EQ(batch.bytes.size(), 5U);
  EXPECT_EQ(batch.byte_count(), 10U);
}

TEST(AnswerBatch, visits_its_answers_in_order_and_in_full) {
  std::vector<AnswerView> seen;
  const auto batch = test::sample_answers();
  batch->for_each([&](const AnswerView& answer) { seen.push_back(answer); });
  ASSERT_EQ(seen.size(), 5U);
  EXPECT_EQ(seen[0].key, UnitKey::index(7));
  EXPECT_EQ(seen[0].status, AnswerStatus::done);
  EXPECT_FALSE(seen[0].proposal_value.has_value());
  EXPECT_TRUE(seen[0].children.empty());
  EXPECT_EQ(seen[1].attempt, Attempt(2));
  EXPECT_EQ(seen[1].proposal_value, -578);
  EXPECT_EQ(Bytes(seen[1].proposal_witness.begin(), seen[1].proposal_witness.end()),
            test::bytes("perm"));
  ASSERT_EQ(seen[1].children.size(), 4U);
  EXPECT_EQ(seen[1].children[0].priority, -3);
  EXPECT_EQ(seen[1].children[1].payload.size(), 0U);
  EXPECT_EQ(seen[1].children[1].hints, UnitHints());
  EXPECT_EQ(seen[1].children[2].hints, (UnitHints{1500, 7, false}));
  EXPECT_EQ(seen[1].children[3].hints, (UnitHints{0, 9, true}));
  // Nothing of the answer before it is left over.
  EXPECT_EQ(seen[2].status, AnswerStatus::failed);
  EXPECT_FALSE(seen[2].proposal_value.has_value());
  EXPECT_TRUE(seen[2].proposal_witness.empty());
  EXPECT_TRUE(seen[2].children.empty());
  EXPECT_FALSE(seen[2].place.has_value());
  ASSERT_TRUE(seen[3].place.has_value());
  EXPECT_EQ(seen[3].place->shard.name, (ShardName{OwnerEpoch(3), 0xABCDEF, 7}));
  EXPECT_EQ(seen[3].place->shard.results, 12U);
  EXPECT_EQ(seen[3].place->shard.digest, (Digest{1, 2}));
  EXPECT_EQ(seen[3].place->row, 11U);
  EXPECT_EQ(seen[3].place->bytes, 1'000'000U);
  EXPECT_FALSE(seen[3].unit_digest.has_value());
  EXPECT_EQ(seen[4].unit_digest, 0x1122334455667788ULL);
  EXPECT_EQ(seen[4].children.size(), 4U);
}

TEST(AnswerBatch, refuses_places_that_cannot_be) {
  const auto adopts = [](const AnswerView& answer) {
    AnswerBatch batch;
    batch.add(answer);
    return AnswerBatch().adopt(1, batch.bytes());
  };
  AnswerView answer;
  answer.place = ShardPlace{{{OwnerEpoch(1), 2, 3}, 4, 100, {}}, 3, 100};
  EXPECT_TRUE(adopts(answer));
  answer.place->row = 4;
  EXPECT_FALSE(adopts(answer)) << "past the results of the shard";
  answer.place->row = 0;
  answer.place->bytes = 101;
  EXPECT_FALSE(adopts(answer)) << "larger than its shard";
  answer.place->bytes = 1;
  answer.status = AnswerStatus::failed;
  EXPECT_FALSE(adopts(answer)) << "a failed unit has no result";
}

TEST(AnswerBatch, adopts_what_another_wrote) {
  const auto batch = test::sample_answers();
  AnswerBatch copy;
  ASSERT_TRUE(copy.adopt(batch->size(), batch->bytes()));
  EXPECT_EQ(copy, *batch);
  AnswerBatch none;
  EXPECT_TRUE(none.adopt(0, {}));
}

TEST(AnswerBatch, refuses_another_count_than_the_bytes_hold) {
  const auto batch = test::sample_answers();
  for (const std::uint64_t count :
       {std::uint64_t{0}, std::uint64_t{4}, std::uint64_t{6}, ~std::uint64_t{0}}) {
    AnswerBatch copy;
    EXPECT_FALSE(copy.adopt(count, batch->bytes())) << count;
    EXPECT_TRUE(copy.empty());
  }
}

// Offsets within an answer: key 16, attempt 4, status 1, flags 1, children 4, payload 8 + n.
TEST(AnswerBatch, refuses_unknown_status_and_flags_and_impossible_counts) {
  AnswerBatch batch;
  AnswerView answer;
  answer.payload = view("r");
  batch.add(answer);
  const auto adopts = [&](std::size_t at, int value) {
    Bytes bytes = batch.bytes();
    bytes[at] = static_cast<std::byte>(value);
    return AnswerBatch().adopt(1, bytes);
  };
  EXPECT_TRUE(adopts(20, 0));
  EXPECT_TRUE(adopts(20, 1));
  EXPECT_FALSE(adopts(20, 2));
  EXPECT_FALSE(adopts(21, 1));  // a proposal that is not there
  EXPECT_FALSE(adopts(21, 2));  // a place that is not there
  EXPECT_FALSE(adopts(21, 4));
  EXPECT_FALSE(adopts(22, 1));  // a child that is not there
  EXPECT_FALSE(adopts(25, 255));
  EXPECT_FALSE(adopts(26, 2));  // a payload longer than the bytes
  EXPECT_FALSE(adopts(33, 255));
}

// A child after that: priority 4, hint bits 1, then what they say is there.
TEST(AnswerBatch, has_one_form_for_the_hints_of_a_child) {
  AnswerBatch batch;
  AnswerView answer;
  answer.children = {{0, {}, {5, 0, true}}};
  batch.add(answer);
  constexpr std::size_t kBits = 38;
  ASSERT_EQ(batch.bytes()[kBits], std::byte{1});
  ASSERT_EQ(batch.bytes()[kBits + 1], std::byte{5});
  const auto adopts = [&](std::size_t at, int value) {
    Bytes bytes = batch.bytes();
    bytes[at] = static_cast<std::byte>(value);
    return AnswerBatch().adopt(1, bytes);
  };
  EXPECT_TRUE(adopts(kBits, 1));
  EXPECT_TRUE(adopts(kBits, 2));   // an affinity instead
  EXPECT_TRUE(adopts(kBits, 5));   // not repeatable
  EXPECT_FALSE(adopts(kBits, 3));  // an affinity that is not there
  EXPECT_FALSE(adopts(kBits, 9));  // a bit that nobody knows
  EXPECT_FALSE(adopts(kBits + 1, 0));
}

}  // namespace
}  // namespace steadfarm::wire
