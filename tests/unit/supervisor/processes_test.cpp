#include "supervisor/processes.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace steadfarm::supervisor {
namespace {

// A child with a name that looks like the rest of its line, which waits to be killed.
pid_t sleeper(const char* name, int ready) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_NAME, name);
  static_cast<void>(write(ready, "x", 1));
  while (true) pause();
}

TEST(Processes, finds_those_below_and_no_others) {
  int ready[2];
  ASSERT_EQ(0, pipe(ready));
  const pid_t first = sleeper("a) Z 1 (b", ready[1]);
  const pid_t second = sleeper("plain", ready[1]);
  char byte = 0;
  for (int i = 0; i < 2; ++i) ASSERT_EQ(1, read(ready[0], &byte, 1));
  std::vector<pid_t> found = descendants_of(getpid());
  std::sort(found.begin(), found.end());
  std::vector<pid_t> expected = {first, second};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(expected, found);
  EXPECT_TRUE(descendants_of(first).empty());

  // One that has ended and was not reaped does not count.
  signal_all({first}, SIGKILL);
  siginfo_t info = {};
  ASSERT_EQ(0, waitid(P_PID, static_cast<id_t>(first), &info, WEXITED | WNOWAIT));
  EXPECT_EQ(std::vector<pid_t>{second}, descendants_of(getpid()));
  EXPECT_EQ(0, kill_descendants(60'000));
  EXPECT_TRUE(descendants_of(getpid()).empty());
  EXPECT_EQ(-1, waitpid(-1, nullptr, WNOHANG));
  close(ready[0]);
  close(ready[1]);
}

}  // namespace
}  // namespace steadfarm::supervisor
