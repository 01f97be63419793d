#include "transport/mpi/settlement.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <utility>
#include <vector>

#include "transport/mpi/mpi_tags.hpp"

namespace steadfarm::transport {
namespace {

/// Ranks that exchange their words, in the order that a test wants.
class Ranks {
 public:
  /// `sent[a][b]`: messages from a to b. `unclean`: who knows of a loss.
  explicit Ranks(std::vector<std::vector<std::uint64_t>> sent,
                 const std::vector<int>& unclean = {}) {
    for (std::size_t rank = 0; rank < sent.size(); ++rank) {
      const bool clean = std::find(unclean.begin(), unclean.end(), rank) == unclean.end();
      ranks_.emplace_back(static_cast<int>(rank), std::move(sent[rank]), clean);
    }
  }

  void begin(int rank) { post(rank, at(rank).begin()); }
  void begin_all() {
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) begin(static_cast<int>(rank));
  }
  /// Delivers what is under way, the newest first if `reversed`.
  void deliver(bool reversed = false) {
    while (!under_way_.empty()) {
      const auto [from, word] = reversed ? under_way_.back() : under_way_.front();
      reversed ? under_way_.pop_back() : under_way_.pop_front();
      post(word.to, at(word.to).hear(from, word.kind, word.bytes));
    }
  }
  Settlement& at(int rank) { return ranks_.at(static_cast<std::size_t>(rank)); }
  [[nodiscard]] std::size_t under_way() const { return under_way_.size(); }

 private:
  void post(int from, Settlement::Words words) {
    for (Settlement::Word& word : words) under_way_.emplace_back(from, std::move(word));
  }
  std::vector<Settlement> ranks_;
  std::deque<std::pair<int, Settlement::Word>> under_way_;
};

TEST(Settlement, a_rank_alone_knows_at_once) {
  Ranks ranks(std::vector<std::vector<std::uint64_t>>{{3}});
  ranks.begin(0);
  EXPECT_EQ(ranks.at(0).expected(), 3U);
  EXPECT_EQ(ranks.under_way(), 0U);
}

TEST(Settlement, tells_each_rank_how_many_messages_there_are_for_it) {
  for (const bool reversed : {false, true}) {
    Ranks ranks({{0, 5, 7}, {11, 0, 13}, {17, 19, 2}});
    ranks.begin_all();
    ranks.deliver(reversed);
    EXPECT_EQ(ranks.at(0).expected(), 28U);
    EXPECT_EQ(ranks.at(1).expected(), 24U);
    EXPECT_EQ(ranks.at(2).expected(), 22U);
    for (int rank = 0; rank < 3; ++rank) EXPECT_FALSE(ranks.at(rank).failed());
  }
}

TEST(Settlement, says_nothing_before_all_have_spoken) {
  Ranks ranks({{0, 1, 1}, {1, 0, 0}, {1, 0, 0}});
  ranks.begin(0);
  ranks.begin(1);
  ranks.deliver();
  for (int rank = 0; rank < 2; ++rank) {
    EXPECT_FALSE(ranks.at(rank).expected());
    EXPECT_FALSE(ranks.at(rank).failed());
  }
  ranks.begin(2);
  ranks.deliver();
  EXPECT_EQ(ranks.at(0).expected(), 2U);
}

TEST(Settlement, all_give_up_as_soon_as_one_knows_of_a_loss) {
  for (const int knows : {0, 1, 2}) {
    Ranks ranks({{0, 1, 1, 1}, {1, 0, 0, 0}, {1, 0, 0, 0}, {1, 0, 0, 0}}, {knows});
    ranks.begin(0);
    ranks.begin(1);
    ranks.begin(2);
    ranks.deliver();
    for (int rank = 0; rank < 3; ++rank) EXPECT_TRUE(ranks.at(rank).failed()) << knows << rank;
    ranks.begin(3);  // late, and not left waiting
    EXPECT_TRUE(ranks.at(3).failed()) << knows;
    EXPECT_FALSE(ranks.at(3).expected());
  }
}

TEST(Settlement, a_word_that_makes_no_sense_fails_it) {
  const auto text = [](std::string_view raw) {
    Bytes bytes(raw.size());
    std::transform(raw.begin(), raw.end(), bytes.begin(), [](char c) { return std::byte(c); });
    return bytes;
  };
  using namespace std::string_view_literals;
  const std::string_view bad[] = {
      ""sv,
      "1"sv,
      "\1\0\0\0\0\0\0\0x"sv,
      "\1\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"sv,  // for rank 7
      "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"sv,                  // half a pair
  };
  for (const std::string_view word : bad) {
    Settlement hub(0, {0, 1}, true);
    EXPECT_TRUE(hub.begin().empty());
    const Settlement::Words answer = hub.hear(1, kTagCounts, text(word));
    EXPECT_TRUE(hub.failed());
    ASSERT_EQ(answer.size(), 1U);
    Settlement other(1, {1, 0}, true);
    static_cast<void>(other.begin());
    EXPECT_TRUE(other.hear(0, answer[0].kind, answer[0].bytes).empty());
    EXPECT_TRUE(other.failed());
  }
}

TEST(Settlement, hears_each_rank_once_and_nobody_from_outside) {
  Settlement hub(0, {0, 1, 1}, true);
  Settlement one(1, {4, 0, 0}, true);
  const Bytes counts = one.begin().at(0).bytes;
  for (const int from : {1, 1, 3, -1}) EXPECT_TRUE(hub.hear(from, kTagCounts, counts).empty());
  EXPECT_FALSE(hub.expected());
  EXPECT_FALSE(hub.failed());
  EXPECT_TRUE(one.hear(2, kTagTotal, counts).empty());
  EXPECT_FALSE(one.expected());
}

}  // namespace
}  // namespace steadfarm::transport
