// Transports that follow one another on the same ranks, as farms in a row do: what one leaves
// behind never reaches the next. Runs on any number of ranks from 2 on.
#include <gtest/gtest.h>
#include <mpi.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "tests/mpi/mpi_test_world.hpp"
#include "transport/mpi/mpi_transport.hpp"
#include "transport/mpi/mpi_version.hpp"

namespace steadfarm::transport {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{60};  // only a hang meets it
constexpr int kSettleMs = 60000;

Bytes number(std::uint32_t value) {
  Bytes bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::uint32_t number_in(const Bytes& bytes) {
  std::uint32_t value = 0;
  if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

MPI_Comm farms_communicator() {
  return MPI_Comm_f2c(static_cast<MPI_Fint>(mpi_test_world().communicator));
}

std::unique_ptr<Transport> open_on(MPI_Comm communicator) {
  MpiTransportOptions options;
  options.communicator = static_cast<std::int32_t>(MPI_Comm_c2f(communicator));
  auto opened = open_mpi_transport(*mpi_test_world().environment, options);
  EXPECT_TRUE(opened) << opened.error().message;
  return std::move(opened).value();
}

/// One message to everybody, with the farm's number, and heartbeats with it.
void greet(Transport& transport, std::uint32_t farm) {
  for (std::int32_t i = 0; i < transport.rank_count(); ++i) {
    if (Rank(i) == transport.self()) continue;
    EXPECT_TRUE(transport.send(Rank(i), number(farm)));
    transport.send_urgent(Rank(i), number(farm));
  }
}

/// Gets a message from everybody; none may be of another farm, or come twice.
void hear_all(Transport& transport, std::uint32_t farm) {
  std::map<std::int32_t, int> heard;
  const auto deadline = Clock::now() + kPatience;
  std::vector<Incoming> arrived;
  const auto others = static_cast<std::size_t>(transport.rank_count() - 1);
  while (heard.size() < others && Clock::now() < deadline) {
    arrived.clear();
    if (transport.poll(arrived, 16) == 0) std::this_thread::yield();
    for (const Incoming& message : arrived) {
      ASSERT_EQ(number_in(message.bytes), farm) << "from rank " << message.from.value;
      ASSERT_LE(++heard[message.from.value], 4);  // two greetings
    }
  }
  ASSERT_EQ(heard.size(), others) << "in farm " << farm;
}

// In turn a rank leaves without having received anything, and without a word.
TEST(FarmsInARow, no_message_of_one_reaches_the_next) {
  constexpr std::uint32_t kFarms = 100;
  for (std::uint32_t farm = 1; farm <= kFarms; ++farm) {
    const std::unique_ptr<Transport> transport = open_on(farms_communicator());
    greet(*transport, farm);
    const bool leaves = farm % static_cast<std::uint32_t>(transport->rank_count()) ==
                        static_cast<std::uint32_t>(transport->self().value);
    if (!leaves) hear_all(*transport, farm);
    if (HasFatalFailure()) return;
    greet(*transport, farm);  // late: the one that left never receives it in this farm
    EXPECT_TRUE(transport->close(kSettleMs)) << farm;
  }
  mpi_test_barrier();
}

TEST(FarmsInARow, all_that_was_sent_is_received_before_a_settled_end) {
  constexpr std::uint32_t kFarms = 50;
  for (std::uint32_t farm = 1; farm <= kFarms; ++farm) {
    const std::unique_ptr<Transport> transport = open_on(farms_communicator());
    for (int i = 0; i < 20; ++i) greet(*transport, farm);
    EXPECT_TRUE(transport->settle(kSettleMs)) << farm;
    greet(*transport, farm);  // sends nothing any more
    EXPECT_TRUE(transport->close(kSettleMs)) << farm;
  }
  mpi_test_barrier();
}

// MPICH has about 2,000 numbers for communicators. Its ranks spin, so that two are enough there.
TEST(FarmsInARow, a_communicator_goes_with_the_applications_own) {
  const bool few_numbers = mpi_library_version().starts_with("MPICH");
  const int farms = few_numbers && mpi_test_world().size == 2 ? 2'500 : 50;
  for (int farm = 0; farm < farms; ++farm) {
    MPI_Comm own = MPI_COMM_NULL;
    ASSERT_EQ(MPI_Comm_dup(farms_communicator(), &own), MPI_SUCCESS) << farm;
    {
      const std::unique_ptr<Transport> transport = open_on(own);
      greet(*transport, 1);
      EXPECT_TRUE(transport->settle(kSettleMs)) << farm;
    }
    ASSERT_EQ(MPI_Comm_free(&own), MPI_SUCCESS) << farm;
  }
}

TEST(FarmsInARow, who_does_not_wait_keeps_nobody_waiting) {
  const auto begun = Clock::now();
  for (std::int32_t hasty = 0; hasty < mpi_test_world().size; ++hasty) {
    MPI_Comm own = MPI_COMM_NULL;
    ASSERT_EQ(MPI_Comm_dup(farms_communicator(), &own), MPI_SUCCESS);
    {
      const std::unique_ptr<Transport> transport = open_on(own);
      greet(*transport, 1);
      EXPECT_FALSE(transport->settle(transport->self() == Rank(hasty) ? 0 : kSettleMs));
    }
    MPI_Comm_free(&own);
  }
  EXPECT_LT(Clock::now() - begun, std::chrono::milliseconds(kSettleMs));
  mpi_test_barrier();
}

// Made together, and run the other way round: each gets its own messages.
TEST(FarmsInARow, two_open_ones_share_their_ranks) {
  const std::unique_ptr<Transport> first = open_on(farms_communicator());
  const std::unique_ptr<Transport> second = open_on(farms_communicator());
  greet(*second, 2);
  greet(*first, 1);
  hear_all(*second, 2);
  hear_all(*first, 1);
  EXPECT_TRUE(second->settle(kSettleMs));
  EXPECT_TRUE(first->settle(kSettleMs));
  mpi_test_barrier();
}

// A farm that was open meanwhile, and lost nobody, does not bring it back.
TEST(FarmsInARow, what_another_farm_has_lost_stays_lost) {
  MPI_Comm own = MPI_COMM_NULL;
  ASSERT_EQ(MPI_Comm_dup(farms_communicator(), &own), MPI_SUCCESS);
  std::unique_ptr<Transport> first = open_on(own);
  {
    const std::unique_ptr<Transport> second = open_on(own);
    second->forget(Rank(0));
  }
  first.reset();
  const std::unique_ptr<Transport> third = open_on(own);
  EXPECT_TRUE(third->was_lost(Rank(0)));
  mpi_test_barrier();
}

TEST(FarmsInARow, a_lost_rank_stays_lost_until_it_is_heard_of) {
  MPI_Comm own = MPI_COMM_NULL;
  ASSERT_EQ(MPI_Comm_dup(farms_communicator(), &own), MPI_SUCCESS);
  constexpr Rank kLost{1};
  {
    const std::unique_ptr<Transport> transport = open_on(own);
    EXPECT_FALSE(transport->was_lost(kLost));
    if (transport->self() == Rank(0)) transport->forget(kLost);
    EXPECT_FALSE(transport->settle(transport->self() == kLost ? 0 : kSettleMs));
  }
  {
    const std::unique_ptr<Transport> transport = open_on(own);
    const bool knows = transport->self() == Rank(0);
    EXPECT_EQ(transport->was_lost(kLost), knows);
    std::vector<Incoming> arrived;
    transport->poll(arrived, 1);
    const std::vector<DeadPeer> dead = transport->take_dead_peers();
    ASSERT_EQ(dead.size(), knows ? 1U : 0U);
    if (knows) {
      EXPECT_EQ(dead[0], (DeadPeer{kLost, "rank 1 was lost by an earlier farm"}));
      EXPECT_FALSE(transport->send(kLost, number(1)));
      transport->readmit(kLost);
      EXPECT_TRUE(transport->send(kLost, number(1)));
    }
  }
  mpi_test_barrier();
  const std::unique_ptr<Transport> transport = open_on(own);
  EXPECT_FALSE(transport->was_lost(kLost));
  mpi_test_barrier();
}

}  // namespace
}  // namespace steadfarm::transport
