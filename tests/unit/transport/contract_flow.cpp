// Contract cases: back-pressure, forgetting a peer, and the end.
#include "tests/unit/transport/contract_flow.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace steadfarm::transport::contract {
namespace {

constexpr std::size_t kLarge = 500'000;
constexpr std::size_t kMany = 40;  // more than any window

void expect_clean_close(Party& party) {
  party.barrier();
  EXPECT_TRUE(party.transport.close(60'000));
}

void send_many_large(Transport& transport, Rank to) {
  for (std::size_t i = 0; i < kMany; ++i) {
    ASSERT_TRUE(transport.send(to, pattern(kLarge, i)).ok());
  }
}

// Takes messages until `last` comes; every other one must be a whole large one, in order.
std::size_t expect_large_ones_until(Transport& transport, const Bytes& last) {
  std::size_t next = 0;
  for (;;) {
    std::vector<Incoming> messages = receive(transport, 1);
    if (messages.size() != 1) {
      ADD_FAILURE() << "the last message never came";
      return next;
    }
    if (messages[0].bytes == last) return next;
    EXPECT_EQ(messages[0].bytes, pattern(kLarge, next));
    ++next;
  }
}

}  // namespace

void queued_bytes_rise_and_fall(Party& party) {
  EXPECT_TRUE(party.transport.flushed());
  if (party.rank() == 0) {
    EXPECT_EQ(party.transport.queued_bytes(Rank(1)), 0U);
    send_many_large(party.transport, Rank(1));
    EXPECT_GE(party.transport.queued_bytes(Rank(1)), kLarge * (kMany - 16));
    EXPECT_FALSE(party.transport.flushed());
    party.barrier();
    EXPECT_TRUE(poll_until(party.transport, [&] { return party.transport.flushed(); }));
    EXPECT_EQ(party.transport.queued_bytes(Rank(1)), 0U);
  } else {
    party.barrier();
    if (party.rank() == 1) {
      EXPECT_EQ(receive(party.transport, kMany).size(), kMany);
    }
  }
  expect_clean_close(party);
}

void a_bad_rank_is_an_error(Party& party) {
  EXPECT_EQ(party.transport.send(Rank(-1), Bytes(1)).error().code, ErrorCode::internal);
  EXPECT_EQ(party.transport.send(Rank(party.size()), Bytes(1)).error().code, ErrorCode::internal);
  EXPECT_EQ(party.transport.queued_bytes(Rank(party.size())), 0U);
  party.transport.send_urgent(Rank(-1), Bytes(1));
  EXPECT_TRUE(party.transport.flushed());
  expect_clean_close(party);
}

void forget_drops_and_readmit_takes_back(Party& party) {
  const Bytes while_forgotten = pattern(10, 1000);
  const Bytes after = pattern(10, 1001);
  if (party.rank() == 0) {
    send_many_large(party.transport, Rank(1));
    party.transport.forget(Rank(1));
    EXPECT_EQ(party.transport.queued_bytes(Rank(1)), 0U);
    EXPECT_TRUE(party.transport.flushed());
    EXPECT_TRUE(party.transport.send(Rank(1), while_forgotten).ok());
    party.transport.send_urgent(Rank(1), while_forgotten);
    EXPECT_EQ(party.transport.queued_bytes(Rank(1)), 0U);
    party.transport.readmit(Rank(1));
    EXPECT_TRUE(party.transport.send(Rank(1), after).ok());
    party.barrier();
    EXPECT_TRUE(poll_until(party.transport, [&] { return party.transport.flushed(); }));
  } else {
    party.barrier();
    if (party.rank() == 1) expect_large_ones_until(party.transport, after);
  }
  expect_clean_close(party);
}

void a_message_given_up_in_the_middle_is_not_mixed(Party& party) {
  const Bytes big = pattern(std::min(party.part_bytes * 100, std::size_t{3'000'000}), 1);
  const Bytes other = pattern(std::min(party.part_bytes * 50, std::size_t{2'000'000}), 2);
  if (party.rank() == 0) {
    ASSERT_TRUE(party.transport.send(Rank(1), big).ok());
    party.transport.forget(Rank(1));
    party.transport.readmit(Rank(1));
    ASSERT_TRUE(party.transport.send(Rank(1), other).ok());
    party.barrier();
    EXPECT_TRUE(poll_until(party.transport, [&] { return party.transport.flushed(); }));
  } else {
    party.barrier();
    if (party.rank() == 1) {
      std::vector<Incoming> messages = receive(party.transport, 1);
      ASSERT_EQ(messages.size(), 1U);
      if (messages[0].bytes == big) messages = receive(party.transport, 1);
      ASSERT_EQ(messages.size(), 1U);
      EXPECT_EQ(messages[0].bytes, other);
    }
  }
  expect_clean_close(party);
}

void a_forgotten_peer_is_still_heard(Party& party) {
  if (party.rank() == 0) {
    party.transport.forget(Rank(1));
    party.barrier();
    const std::vector<Incoming> messages = receive(party.transport, 1);
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].bytes, pattern(kLarge, 3));
  } else {
    party.barrier();
    if (party.rank() == 1) {
      ASSERT_TRUE(party.transport.send(Rank(0), pattern(kLarge, 3)).ok());
      EXPECT_TRUE(poll_until(party.transport, [&] { return party.transport.flushed(); }));
    }
  }
  expect_clean_close(party);
}

void a_silent_peer_does_not_stop_the_others(Party& party) {
  if (party.size() < 3) return expect_clean_close(party);
  if (party.rank() == 0) {
    send_many_large(party.transport, Rank(1));  // which does not listen
    for (std::size_t i = 0; i < kMany; ++i) {
      ASSERT_TRUE(party.transport.send(Rank(2), pattern(kLarge, i)).ok());
    }
    EXPECT_EQ(receive(party.transport, 1).size(), 1U);
    party.transport.forget(Rank(1));
    EXPECT_TRUE(poll_until(party.transport, [&] { return party.transport.flushed(); }));
  } else if (party.rank() == 2) {
    EXPECT_EQ(receive(party.transport, kMany).size(), kMany);
    ASSERT_TRUE(party.transport.send(Rank(0), Bytes(1)).ok());
    EXPECT_TRUE(poll_until(party.transport, [&] { return party.transport.flushed(); }));
  }
  expect_clean_close(party);
}

void close_waits_for_the_last_message(Party& party) {
  if (party.rank() == 0) {
    ASSERT_TRUE(party.transport.send(Rank(1), pattern(kLarge, 8)).ok());
    EXPECT_TRUE(party.transport.close(60'000));
  } else if (party.rank() == 1) {
    const std::vector<Incoming> messages = receive(party.transport, 1);
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].bytes, pattern(kLarge, 8));
  }
  expect_clean_close(party);
}

void close_keeps_its_deadline(Party& party) {
  if (party.rank() == 0) {
    send_many_large(party.transport, Rank(1));
    const auto start = std::chrono::steady_clock::now();
    static_cast<void>(party.transport.close(100));  // false where the bytes are still ours
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
    std::vector<Incoming> messages;
    EXPECT_EQ(party.transport.poll(messages, 1), 0U);
    EXPECT_TRUE(party.transport.send(Rank(1), Bytes(1)).ok());
    party.transport.send_urgent(Rank(1), Bytes(1));
  }
  party.barrier();
}

}  // namespace steadfarm::transport::contract
