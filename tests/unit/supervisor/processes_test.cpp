#include "supervisor/processes.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>

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

// Ends its first thread; a second one lives, and has a child.
pid_t zombie_with_a_thread(int ready) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  std::thread([ready] {
    sleeper("below", ready);
    while (true) pause();
  }).detach();
  syscall(SYS_exit, 0);
  return 0;
}

char state_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');
  return name_end == std::string::npos ? '?' : line[name_end + 2];
}

// mpirun has threads. Killed together with its keeper it was such a zombie for a moment, its ranks
// were not found below it, and lived on.
TEST(Processes, finds_and_kills_those_below_a_zombie_whose_threads_still_run) {
  ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
  int ready[2];
  ASSERT_EQ(0, pipe(ready));
  const pid_t zombie = zombie_with_a_thread(ready[1]);
  char byte = 0;
  ASSERT_EQ(1, read(ready[0], &byte, 1));
  while (state_of(zombie) != 'Z') usleep(1'000);
  const std::vector<pid_t> found = descendants_of(getpid());
  ASSERT_EQ(2U, found.size());
  EXPECT_EQ(zombie, found[0]);
  EXPECT_TRUE(has_children());
  EXPECT_EQ(0, kill_descendants(60'000));
  EXPECT_FALSE(has_children());
  EXPECT_EQ(-1, kill(found[1], 0));
  close(ready[0]);
  close(ready[1]);
}

// Nothing of ours is left to kill, and still it is not over: the child was not reaped.
TEST(Processes, has_children_until_they_are_reaped) {
  EXPECT_FALSE(has_children());
  const pid_t child = fork();
  if (child == 0) _exit(0);
  siginfo_t info = {};
  ASSERT_EQ(0, waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT));
  EXPECT_TRUE(descendants_of(getpid()).empty());
  EXPECT_TRUE(has_children());
  EXPECT_EQ(child, waitpid(child, nullptr, 0));
  EXPECT_FALSE(has_children());
}

}  // namespace
}  // namespace steadfarm::supervisor
