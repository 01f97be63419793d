// Makes the N-th operation fail, for N = 1, 2, 3 and so on until a run ends without meeting the
// fault; once, and from then on; with every kind of error, and with errors that are lies.
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/crash/scale.hpp"
#include "tests/crash/scenario.hpp"

namespace steadfarm::checkpoint::test {
namespace {

struct Kind {
  Fault fault;
  bool from_then_on = false;
};

/// Runs the loop for one kind of fault; returns how many runs met it.
std::uint64_t loop(const Kind& kind, bool crash_afterwards, std::uint64_t job = 2) {
  constexpr std::uint64_t runs_max = 1000;
  // One failure must not stop a user who tries again; a lasting one stops anybody.
  const int tries_max = kind.from_then_on ? 2 : 3;
  for (std::uint64_t n = 1; n < runs_max; ++n) {
    MemoryFileSystem files(n);
    Scenario scenario(files, job, tries_max);
    files.faults().fail_operation(n, kind.fault, kind.from_then_on);
    const bool finished = scenario.run();
    const bool hit = files.faults().script_hit();
    files.faults().clear();
    if (crash_afterwards) files.crash();
    const std::string where = "operation " + std::to_string(n) + " with errno " +
                              std::to_string(kind.fault.error_number) + ", effect " +
                              std::to_string(static_cast<int>(kind.fault.effect)) +
                              (kind.from_then_on ? ", from then on" : ", once");
    EXPECT_EQ(scenario.strange_errors(), std::vector<std::string>()) << where;
    EXPECT_EQ(scenario.judge(crash_afterwards), "") << where;
    EXPECT_EQ(scenario.breaches(), std::vector<std::string>()) << where;
    if (!kind.from_then_on || !hit) {
      EXPECT_TRUE(finished) << where;
    }
    if (testing::Test::HasFailure() || !hit) return n - 1;
  }
  return runs_max;
}

class CountingLoop : public testing::TestWithParam<int> {};

TEST_P(CountingLoop, one_failure_is_survived_and_the_run_completes) {
  Tried tried("operations that fail once");
  for (std::uint64_t job = 2; job < 2 + times(1, 5); ++job) {
    for (const Effect effect : {Effect::none, Effect::partial, Effect::whole}) {
      for (const bool crash : {false, true}) {
        const std::uint64_t operations = loop({{GetParam(), effect}, false}, crash, job);
        EXPECT_GT(operations, 60U);
        tried += operations;
      }
    }
  }
}

TEST_P(CountingLoop, lasting_failure_loses_nothing_that_was_reported) {
  Tried tried("operations that fail from then on");
  for (std::uint64_t job = 2; job < 2 + times(1, 5); ++job) {
    for (const Effect effect : {Effect::none, Effect::partial, Effect::whole}) {
      for (const bool crash : {false, true}) {
        const std::uint64_t operations = loop({{GetParam(), effect}, true}, crash, job);
        EXPECT_GT(operations, 60U);
        tried += operations;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Errno, CountingLoop,
                         testing::Values(EIO, ENOSPC, EROFS, EDQUOT, EACCES, EMFILE, ESTALE));

TEST(Swarm, random_faults_and_crashes_never_break_a_promise) {
  std::array<std::uint64_t, operation_count> injected{};
  Tried tried("runs with random faults and crashes");
  for (std::uint64_t seed = 1; seed <= times(3000, 30'000); ++seed) {
    ++tried;
    Prng prng(seed);
    MemoryFileSystem files(seed);
    FaultRates rates;
    for (double& rate : rates.fail) rate = prng.chance(0.5) ? 0.08 * prng.uniform() : 0.0;
    // Four failing reads of one file in a row count as damage, which is another test's matter.
    rates.fail[static_cast<std::size_t>(Operation::read)] *= 0.2;
    rates.whole_effect = prng.uniform();
    Scenario scenario(files, seed, 4);
    files.faults().set_rates(rates);
    scenario.run();
    files.faults().clear();
    const bool crash = prng.chance(0.5);
    if (crash) files.crash();
    ASSERT_EQ(scenario.strange_errors(), std::vector<std::string>()) << "seed " << seed;
    ASSERT_EQ(scenario.judge(crash), "") << "seed " << seed;
    ASSERT_EQ(scenario.breaches(), std::vector<std::string>()) << "seed " << seed;
    for (std::size_t i = 0; i < operation_count; ++i) {
      injected[i] += files.faults().counts().injected[i];
    }
  }
  for (const Operation operation :
       {Operation::create, Operation::write, Operation::sync, Operation::link, Operation::unlink,
        Operation::sync_folder, Operation::read, Operation::list, Operation::close}) {
    EXPECT_GT(injected[static_cast<std::size_t>(operation)], 50U) << to_string(operation);
  }
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
