#include "transport/mpi/watchdog.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace steadfarm::transport {
namespace {

TEST(WatchdogDeathTest, ends_the_process_with_its_code_and_last_words) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        const Watchdog watchdog(10, 42, "the library hangs");
        for (;;) ::pause();
      },
      testing::ExitedWithCode(42), "^the library hangs\n$");
}

TEST(WatchdogDeathTest, says_nothing_unless_asked) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        const Watchdog watchdog(0, 7, "");
        for (;;) ::pause();
      },
      testing::ExitedWithCode(7), "^$");
}

TEST(WatchdogDeathTest, does_nothing_once_disarmed) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        {
          Watchdog watchdog(3'600'000, 42, "never");
          watchdog.disarm();
        }
        { const Watchdog another(3'600'000, 43, "never"); }
        ::_exit(0);
      },
      testing::ExitedWithCode(0), "^$");
}

}  // namespace
}  // namespace steadfarm::transport
