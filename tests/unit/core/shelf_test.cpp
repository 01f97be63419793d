#include "core/shelf.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace steadfarm::core {
namespace {

wire::AnswerView answer_of(std::uint64_t unit) {
  wire::AnswerView answer;
  answer.key = UnitKey::index(unit);
  answer.attempt = Attempt(static_cast<std::uint32_t>(unit + 1));
  return answer;
}

ShardInfo shard_of(std::uint64_t sequence, std::uint64_t results) {
  return {{OwnerEpoch(4), 77, sequence}, results, 1000, Digest{sequence, 2}};
}

struct Seen {
  std::uint64_t unit;
  std::uint64_t sequence;
  std::uint64_t row;
  std::uint64_t bytes;
  friend bool operator==(const Seen&, const Seen&) = default;
};
std::vector<Seen> seen_in(const wire::AnswerBatch& batch) {
  std::vector<Seen> seen;
  batch.for_each([&](const wire::AnswerView& answer) {
    ASSERT_TRUE(answer.place.has_value());
    EXPECT_EQ(answer.attempt, Attempt(static_cast<std::uint32_t>(answer.key.lo + 1)));
    seen.push_back(
        {answer.key.lo, answer.place->shard.name.sequence, answer.place->row, answer.place->bytes});
  });
  return seen;
}

TEST(Shelf, gives_each_answer_its_place_in_the_shard_that_holds_it) {
  Shelf shelf;
  shelf.add(answer_of(5), 100);
  shelf.add(answer_of(3), 200);
  EXPECT_EQ(shelf.open_count(), 2U);
  EXPECT_EQ(shelf.open_bytes(), 300U);
  shelf.seal();
  EXPECT_TRUE(shelf.sealing());
  EXPECT_EQ(shelf.open_count(), 0U);
  shelf.add(answer_of(9), 400);  // while that one is written: goes into the next
  EXPECT_EQ(shelf.count(), 3U);
  wire::AnswerBatch out;
  const auto add = [&](const wire::AnswerView& answer) { out.add(answer); };
  shelf.durable(shard_of(1, 2), add);
  EXPECT_EQ(seen_in(out), (std::vector<Seen>{{5, 1, 0, 100}, {3, 1, 1, 200}}));
  EXPECT_FALSE(shelf.sealing());
  EXPECT_EQ(shelf.count(), 1U);
  EXPECT_EQ(shelf.open_bytes(), 400U);
  shelf.seal();
  shelf.durable(shard_of(2, 1), add);
  EXPECT_EQ(seen_in(out), (std::vector<Seen>{{5, 1, 0, 100}, {3, 1, 1, 200}, {9, 2, 0, 400}}));
  EXPECT_EQ(shelf.count(), 0U);
}

TEST(Shelf, remembers_that_it_was_asked_for_what_it_had_then) {
  Shelf shelf;
  shelf.ask();
  EXPECT_FALSE(shelf.asked()) << "there was nothing to seal";
  shelf.add(answer_of(0), 1);
  shelf.ask();
  EXPECT_TRUE(shelf.asked());
  shelf.seal();
  EXPECT_FALSE(shelf.asked());
  // Asked again while the first is written: what came meanwhile is asked for.
  shelf.ask();
  EXPECT_FALSE(shelf.asked());
  shelf.add(answer_of(1), 1);
  shelf.ask();
  EXPECT_TRUE(shelf.asked());
}

}  // namespace
}  // namespace steadfarm::core
