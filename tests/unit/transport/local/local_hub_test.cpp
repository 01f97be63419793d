#include "transport/local/local_hub.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <string>
#include <thread>
#include <tuple>

#include "tests/unit/transport/contract.hpp"

namespace steadfarm::transport {
namespace {

constexpr std::size_t kPartBytes = 1000;  // memory knows no parts; the sizes are tried all the same

class LocalContract : public testing::TestWithParam<std::tuple<contract::Case, int>> {};

TEST_P(LocalContract, holds) {
  const auto& [contract_case, ranks] = GetParam();
  LocalHub hub(ranks);
  std::barrier everybody(ranks);
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(ranks));
  for (int rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&, rank, body = contract_case.body] {
      const std::unique_ptr<Transport> transport = hub.take(Rank(rank));
      contract::Party party{*transport, kPartBytes, [&] { everybody.arrive_and_wait(); }};
      body(party);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

std::string case_name(const testing::TestParamInfo<LocalContract::ParamType>& info) {
  return std::get<0>(info.param).name + "_on_" + std::to_string(std::get<1>(info.param));
}

INSTANTIATE_TEST_SUITE_P(Local, LocalContract,
                         testing::Combine(testing::ValuesIn(contract::cases()),
                                          testing::Values(2, 4)),
                         case_name);

TEST(LocalHub, serves_both_ends_from_one_thread) {
  LocalHub hub(2);
  const auto a = hub.take(Rank(0));
  const auto b = hub.take(Rank(1));
  ASSERT_TRUE(a->send(Rank(1), contract::pattern(9, 1)).ok());
  EXPECT_TRUE(a->close(0));  // what was sent stays
  const std::vector<Incoming> messages = contract::receive(*b, 1);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].bytes, contract::pattern(9, 1));
}

TEST(LocalHub, sends_to_itself) {
  LocalHub hub(1);
  const auto only = hub.take(Rank(0));
  ASSERT_TRUE(only->send(Rank(0), contract::pattern(9, 2)).ok());
  EXPECT_FALSE(only->flushed());
  EXPECT_EQ(contract::receive(*only, 1).size(), 1U);
  EXPECT_TRUE(only->flushed());
}

TEST(LocalHub, tells_of_a_killed_rank_once) {
  LocalHub hub(3);
  const auto a = hub.take(Rank(0));
  const auto b = hub.take(Rank(1));
  const auto c = hub.take(Rank(2));
  ASSERT_TRUE(b->send(Rank(0), Bytes(1)).ok());
  hub.kill(Rank(2));
  EXPECT_EQ(a->take_dead_peers(), (std::vector<DeadPeer>{{Rank(2), "rank 2 was killed"}}));
  EXPECT_TRUE(a->take_dead_peers().empty());
  EXPECT_EQ(a->send(Rank(2), Bytes(1)).error().code, ErrorCode::lost_peer);
  EXPECT_TRUE(c->send(Rank(0), Bytes(1)).ok());  // goes nowhere
  EXPECT_EQ(contract::receive(*a, 1).front().from, Rank(1));
  std::vector<Incoming> more;
  EXPECT_EQ(a->poll(more, 8), 0U);
  EXPECT_TRUE(a->flushed());
}

TEST(LocalHub, loses_what_is_sent_to_a_closed_end) {
  LocalHub hub(2);
  const auto a = hub.take(Rank(0));
  const auto b = hub.take(Rank(1));
  ASSERT_TRUE(b->close(0));
  EXPECT_TRUE(a->send(Rank(1), Bytes(100)).ok());
  EXPECT_EQ(a->queued_bytes(Rank(1)), 0U);
  EXPECT_TRUE(a->flushed());
}

}  // namespace
}  // namespace steadfarm::transport
