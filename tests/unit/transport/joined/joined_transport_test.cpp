#include "transport/joined/joined_transport.hpp"

#include <gtest/gtest.h>

#include "tests/unit/transport/contract.hpp"
#include "transport/local/local_hub.hpp"

namespace steadfarm::transport {
namespace {

using contract::pattern;

// A master and two workers outside, and one worker inside, called 0 like the master.
class Joined : public testing::Test {
 protected:
  LocalHub outside_{3};
  LocalHub inside_{2};
  std::unique_ptr<Transport> outer_ = outside_.take(Rank(0));
  std::unique_ptr<Transport> inner_ = inside_.take(Rank(0));
  std::unique_ptr<Transport> first_ = outside_.take(Rank(1));
  std::unique_ptr<Transport> second_ = outside_.take(Rank(2));
  std::unique_ptr<Transport> own_ = inside_.take(Rank(1));
  JoinedTransport joined_{*outer_, *inner_, Rank(1)};
};

TEST_F(Joined, is_the_master_of_the_outside) {
  EXPECT_EQ(joined_.self(), Rank(0));
  EXPECT_EQ(joined_.rank_count(), 3);
  EXPECT_TRUE(joined_.concurrent());
}

TEST_F(Joined, sends_to_its_own_worker_and_to_the_others) {
  ASSERT_TRUE(joined_.send(Rank(0), pattern(5, 1)).ok());
  ASSERT_TRUE(joined_.send(Rank(1), pattern(6, 2)).ok());
  joined_.send_urgent(Rank(0), pattern(7, 3));
  joined_.send_urgent(Rank(2), pattern(8, 4));
  const auto own = contract::receive(*own_, 2);
  ASSERT_EQ(own.size(), 2U);
  EXPECT_EQ(own[0].bytes, pattern(5, 1));
  EXPECT_EQ(own[1].bytes, pattern(7, 3));
  EXPECT_EQ(contract::receive(*first_, 1).at(0).bytes, pattern(6, 2));
  EXPECT_EQ(contract::receive(*second_, 1).at(0).bytes, pattern(8, 4));
}

TEST_F(Joined, receives_from_both_under_their_names_and_keeps_to_the_limit) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(own_->send(Rank(0), pattern(4, 9)).ok());
    ASSERT_TRUE(first_->send(Rank(0), pattern(4, 8)).ok());
  }
  std::vector<Incoming> messages;
  int calls = 0;
  for (; messages.size() < 6 && calls < 10; ++calls) {
    const std::size_t before = messages.size();
    EXPECT_LE(joined_.poll(messages, 2), 2U);
    EXPECT_LE(messages.size() - before, 2U);
  }
  ASSERT_EQ(messages.size(), 6U);
  EXPECT_EQ(calls, 3);
  for (const Incoming& message : messages) {
    const bool inside = message.from == Rank(0);
    EXPECT_EQ(message.bytes, pattern(4, inside ? 9 : 8));
    EXPECT_TRUE(inside || message.from == Rank(1));
  }
  // Each side was first in turn: with room for two, nobody waits for the other's third.
  EXPECT_NE(messages[0].from, messages[2].from);
}

TEST_F(Joined, forgets_and_readmits_each_by_its_name) {
  joined_.forget(Rank(0));
  joined_.forget(Rank(2));
  ASSERT_TRUE(joined_.send(Rank(0), pattern(5, 1)).ok());
  ASSERT_TRUE(joined_.send(Rank(1), pattern(5, 1)).ok());
  ASSERT_TRUE(joined_.send(Rank(2), pattern(5, 1)).ok());
  joined_.readmit(Rank(0));
  joined_.readmit(Rank(2));
  ASSERT_TRUE(joined_.send(Rank(0), pattern(5, 2)).ok());
  ASSERT_TRUE(joined_.send(Rank(2), pattern(5, 2)).ok());
  EXPECT_EQ(joined_.queued_bytes(Rank(0)), 5U);
  EXPECT_EQ(joined_.queued_bytes(Rank(1)), 5U);
  EXPECT_EQ(contract::receive(*own_, 1).at(0).bytes, pattern(5, 2));
  EXPECT_EQ(contract::receive(*first_, 1).at(0).bytes, pattern(5, 1));
  EXPECT_EQ(contract::receive(*second_, 1).at(0).bytes, pattern(5, 2));
}

TEST_F(Joined, tells_of_the_dead_by_their_names) {
  EXPECT_TRUE(joined_.take_dead_peers().empty());
  inside_.kill(Rank(1));
  outside_.kill(Rank(2));
  EXPECT_EQ(joined_.take_dead_peers(), (std::vector<DeadPeer>{{Rank(2), "rank 2 was killed"},
                                                              {Rank(0), "rank 1 was killed"}}));
  EXPECT_TRUE(joined_.take_dead_peers().empty());
  EXPECT_FALSE(joined_.send(Rank(0), pattern(5, 1)).ok());
}

}  // namespace
}  // namespace steadfarm::transport
