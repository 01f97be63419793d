// Contract cases: what is sent arrives, whole, in order, once.
#include "tests/unit/transport/contract_delivery.hpp"

#include <gtest/gtest.h>

#include <map>
#include <thread>

namespace steadfarm::transport::contract {
namespace {

void expect_clean_close(Party& party) {
  party.barrier();
  EXPECT_TRUE(party.transport.close(60'000));
}

std::uint64_t seed_of(int rank, std::size_t number) {
  return static_cast<std::uint64_t>(rank) * 1'000'000 + number;
}

std::vector<std::size_t> sizes_around(std::size_t part_bytes) {
  std::vector<std::size_t> sizes = {0, 1, 7, 64, 4095, 4096, 4097, 65'536, 300'000};
  if (part_bytes <= 100'000) {
    for (const std::size_t parts : {1, 2, 3, 40}) {
      sizes.push_back(parts * part_bytes - 1);
      sizes.push_back(parts * part_bytes);
      sizes.push_back(parts * part_bytes + 1);
    }
  }
  return sizes;
}

void send_all(Transport& transport, Rank to, const std::vector<std::size_t>& sizes) {
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    ASSERT_TRUE(transport.send(to, pattern(sizes[i], seed_of(transport.self().value, i))).ok());
  }
}

// Sorts by sender and checks that each sender's messages are whole and in order.
void expect_in_order(const std::vector<Incoming>& messages, const std::vector<std::size_t>& sizes) {
  std::map<int, std::size_t> next;
  for (const Incoming& message : messages) {
    const int from = message.from.value;
    const std::size_t number = next[from]++;
    ASSERT_LT(number, sizes.size()) << "too many messages from rank " << from;
    ASSERT_EQ(message.bytes, pattern(sizes[number], seed_of(from, number)))
        << "message " << number << " from rank " << from;
  }
}

}  // namespace

void carries_any_size_there_and_back(Party& party) {
  const std::vector<std::size_t> sizes = sizes_around(party.part_bytes);
  if (party.rank() == 0) {
    send_all(party.transport, Rank(1), sizes);
    const std::vector<Incoming> echoes = receive(party.transport, sizes.size());
    ASSERT_EQ(echoes.size(), sizes.size());
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      EXPECT_EQ(echoes[i].from, Rank(1));
      EXPECT_EQ(echoes[i].bytes, pattern(sizes[i], seed_of(0, i))) << "size " << sizes[i];
    }
  } else if (party.rank() == 1) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      std::vector<Incoming> messages = receive(party.transport, 1);
      ASSERT_EQ(messages.size(), 1U);
      ASSERT_TRUE(party.transport.send(Rank(0), std::move(messages[0].bytes)).ok());
    }
    EXPECT_TRUE(poll_until(party.transport, [&] { return party.transport.flushed(); }));
  }
  expect_clean_close(party);
}

void keeps_the_order_of_every_sender(Party& party) {
  // Small ones after large ones: the small must not overtake.
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < 400; ++i) sizes.push_back(i % 7 == 3 ? 50'000 + i : i);
  if (party.rank() == 0) {
    const std::size_t senders = static_cast<std::size_t>(party.size()) - 1;
    const std::vector<Incoming> messages = receive(party.transport, senders * sizes.size());
    ASSERT_EQ(messages.size(), senders * sizes.size());
    expect_in_order(messages, sizes);
  } else {
    send_all(party.transport, Rank(0), sizes);
    EXPECT_TRUE(poll_until(party.transport, [&] { return party.transport.flushed(); }));
  }
  expect_clean_close(party);
}

void everybody_sends_before_anybody_receives(Party& party) {
  const std::vector<std::size_t> sizes(20, 200'000);
  for (int to = 0; to < party.size(); ++to) {
    if (to != party.rank()) send_all(party.transport, Rank(to), sizes);
  }
  party.barrier();
  const std::size_t senders = static_cast<std::size_t>(party.size()) - 1;
  const std::vector<Incoming> messages = receive(party.transport, senders * sizes.size());
  ASSERT_EQ(messages.size(), senders * sizes.size());
  expect_in_order(messages, sizes);
  EXPECT_TRUE(poll_until(party.transport, [&] { return party.transport.flushed(); }));
  expect_clean_close(party);
}

void poll_returns_at_most_what_was_asked(Party& party) {
  if (party.rank() == 1) {
    send_all(party.transport, Rank(0), std::vector<std::size_t>(10, 100));
    EXPECT_TRUE(poll_until(party.transport, [&] { return party.transport.flushed(); }));
  } else if (party.rank() == 0) {
    std::vector<Incoming> messages;
    std::size_t polled = 0;
    while (messages.size() < 10) {
      const std::size_t before = messages.size();
      const std::size_t returned = party.transport.poll(messages, 3);
      ASSERT_LE(returned, 3U);
      ASSERT_EQ(messages.size(), before + returned);
      polled += returned;
    }
    EXPECT_EQ(polled, 10U);
    EXPECT_EQ(party.transport.poll(messages, 0), 0U);
  }
  expect_clean_close(party);
}

void urgent_messages_arrive_beside_a_stream(Party& party) {
  const std::vector<std::size_t> sizes(60, 30'000);
  const Bytes beat = pattern(32, 99);
  if (party.rank() == 0) {
    // The first is never dropped, so at least one arrives.
    const auto send_beats = [&] {
      for (int i = 0; i < 200; ++i) party.transport.send_urgent(Rank(1), beat);
    };
    std::thread heart;
    if (party.transport.concurrent()) heart = std::thread(send_beats);
    send_all(party.transport, Rank(1), sizes);
    if (!party.transport.concurrent()) send_beats();
    EXPECT_EQ(receive(party.transport, 1).size(), 1U);  // rank 1 has the stream and a beat
    if (heart.joinable()) heart.join();
  } else if (party.rank() == 1) {
    std::vector<Incoming> stream;
    std::size_t beats = 0;
    while (stream.size() < sizes.size() || beats == 0) {
      std::vector<Incoming> messages = receive(party.transport, 1);
      ASSERT_EQ(messages.size(), 1U);
      if (messages[0].bytes == beat) {
        ++beats;
      } else {
        stream.push_back(std::move(messages[0]));
      }
    }
    expect_in_order(stream, sizes);
    ASSERT_TRUE(party.transport.send(Rank(0), Bytes(1)).ok());
    EXPECT_TRUE(poll_until(party.transport, [&] { return party.transport.flushed(); }));
  }
  expect_clean_close(party);
}

void urgent_messages_over_the_limit_are_dropped(Party& party) {
  if (party.rank() == 0) {
    party.transport.send_urgent(Rank(1), Bytes(4097));
    ASSERT_TRUE(party.transport.send(Rank(1), pattern(5, 5)).ok());
    party.transport.send_urgent(Rank(1), pattern(4096, 7));
    EXPECT_TRUE(poll_until(party.transport, [&] { return party.transport.flushed(); }));
  } else if (party.rank() == 1) {
    std::vector<Incoming> messages = receive(party.transport, 2);
    ASSERT_EQ(messages.size(), 2U);
    if (messages[0].bytes.size() == 4096) std::swap(messages[0], messages[1]);
    EXPECT_EQ(messages[0].bytes, pattern(5, 5));
    EXPECT_EQ(messages[1].bytes, pattern(4096, 7));
  }
  expect_clean_close(party);
}

}  // namespace steadfarm::transport::contract
