#include "supervisor/inherited_signals.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "supervisor/signal_queue.hpp"

namespace steadfarm::supervisor {
namespace {

constexpr const char* kInside = "STEADFARM_TEST_STARTED_IGNORING";
constexpr const char* kTest =
    "--gtest_filter=InheritedSignals.a_hang_up_stays_ignored_whatever_a_library_installs";

// As a process that was started with SIGHUP ignored and SIGINT not.
void look_from_inside() {
  EXPECT_TRUE(started_ignoring(SIGHUP));
  EXPECT_FALSE(started_ignoring(SIGINT));
  EXPECT_FALSE(started_ignoring(SIGTERM));
  const auto of_a_library = [](int) { _exit(9); };
  std::signal(SIGHUP, of_a_library);
  {
    SignalQueue queue;
    EXPECT_EQ(0, raise(SIGHUP));
    EXPECT_EQ(std::nullopt, queue.wait(0));
    struct sigaction now = {};
    sigaction(SIGHUP, nullptr, &now);
    EXPECT_EQ(SIG_IGN, now.sa_handler);  // and so for what it starts
  }
}

// `nohup steadfarm run` on a system whose MPI loads UCX: the hang-up stopped it.
TEST(InheritedSignals, a_hang_up_stays_ignored_whatever_a_library_installs) {
  if (std::getenv(kInside) != nullptr) return look_from_inside();
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGHUP, SIG_IGN);
    std::signal(SIGINT, SIG_DFL);
    setenv(kInside, "1", 1);
    execl("/proc/self/exe", "supervisor_test", kTest, nullptr);
    _exit(127);
  }
  int status = 0;
  ASSERT_EQ(child, waitpid(child, &status, 0));
  ASSERT_TRUE(WIFEXITED(status)) << status;
  EXPECT_EQ(0, WEXITSTATUS(status));
}

}  // namespace
}  // namespace steadfarm::supervisor
