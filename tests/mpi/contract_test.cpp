// The contract of transports, over MPI. Runs on any number of ranks from 2 on.
#include "tests/unit/transport/contract.hpp"

#include <gtest/gtest.h>
#include <mpi.h>

#include <string>
#include <tuple>

#include "tests/mpi/mpi_test_world.hpp"
#include "transport/mpi/mpi_transport.hpp"

namespace steadfarm::transport {
namespace {

constexpr std::size_t kSmallParts = 1'000;     // below every eager limit
constexpr std::size_t kMiddleParts = 100'000;  // these need a handshake
constexpr std::size_t kNoParts = std::size_t{1} << 30U;

MpiTransportOptions options_of(std::size_t part_bytes) {
  MpiTransportOptions options;
  options.part_bytes = part_bytes;
  // With the middle size large messages are let in one at a time.
  if (part_bytes == kMiddleParts) options.receive_bytes_max = 1;
  if (mpi_test_world().communicator_given) options.communicator = mpi_test_world().communicator;
  return options;
}

/// Each case on a communicator of its own: a rank that one has given up stays lost to the next.
class MpiContract : public testing::TestWithParam<std::tuple<contract::Case, std::size_t>> {
 protected:
  void SetUp() override {
    const auto tests = static_cast<MPI_Fint>(mpi_test_world().communicator);
    ASSERT_EQ(MPI_Comm_dup(MPI_Comm_f2c(tests), &own_), MPI_SUCCESS);
  }
  void TearDown() override { MPI_Comm_free(&own_); }
  MPI_Comm own_ = MPI_COMM_NULL;
};

TEST_P(MpiContract, holds) {
  const auto& [contract_case, part_bytes] = GetParam();
  MpiTransportOptions options = options_of(part_bytes);
  options.communicator = static_cast<std::int32_t>(MPI_Comm_c2f(own_));
  Result<std::unique_ptr<Transport>> opened =
      open_mpi_transport(*mpi_test_world().environment, options);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  Transport& transport = *opened.value();
  ASSERT_EQ(transport.rank_count(), mpi_test_world().size);
  ASSERT_EQ(transport.self(), Rank(mpi_test_world().rank));
  contract::Party party{transport, part_bytes, mpi_test_barrier};
  contract_case.body(party);
}

std::string case_name(const testing::TestParamInfo<MpiContract::ParamType>& info) {
  return std::get<0>(info.param).name + "_in_parts_of_" + std::to_string(std::get<1>(info.param));
}

INSTANTIATE_TEST_SUITE_P(Mpi, MpiContract,
                         testing::Combine(testing::ValuesIn(contract::cases()),
                                          testing::Values(kSmallParts, kMiddleParts, kNoParts)),
                         case_name);

TEST(MpiTransport, is_concurrent_only_at_thread_level_multiple) {
  const MpiTestWorld& world = mpi_test_world();
  auto opened = open_mpi_transport(*world.environment, options_of(1000));
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(world.environment->thread_level(), world.asked);
  EXPECT_EQ(opened.value()->concurrent(), world.asked == ThreadLevel::multiple);
  EXPECT_NE(world.environment->owns_mpi(), world.application_init);
  EXPECT_TRUE(opened.value()->close(10'000));
}

TEST(MpiTransport, refuses_options_that_cannot_be) {
  const MpiEnvironment& environment = *mpi_test_world().environment;
  for (const std::size_t part_bytes : {std::size_t{0}, std::size_t{1} << 31U}) {
    auto opened = open_mpi_transport(environment, options_of(part_bytes));
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::usage);
  }
  MpiTransportOptions options = options_of(1000);
  options.window = 0;
  EXPECT_EQ(open_mpi_transport(environment, options).error().code, ErrorCode::usage);
}

}  // namespace
}  // namespace steadfarm::transport
