#include "supervisor/keeper.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <thread>

#include "supervisor/processes.hpp"
#include "supervisor/signal_queue.hpp"
#include "tests/unit/driver/scratch_folder.hpp"

namespace steadfarm::supervisor {
namespace {

using Clock = std::chrono::steady_clock;

bool wait_until(const std::function<bool()>& condition) {
  const auto deadline = Clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

bool alive(pid_t pid) { return kill(pid, 0) == 0; }

// Starts shell commands in a scratch folder, where they leave files for the test to look at.
class KeeperTest : public ::testing::Test {
 protected:
  void SetUp() override { adopt_orphans(); }

  Keeper start(const std::string& script) {
    CommandSpec spec;
    spec.words = {"bash", "-c", script};
    spec.variables = {{"FOLDER", folder_.path()}};
    return start(spec);
  }
  Keeper start(const CommandSpec& spec) {
    Result<Keeper> keeper = Keeper::start(spec, signals_.former_mask());
    EXPECT_TRUE(keeper.ok());
    return std::move(keeper).value();
  }

  // Waits for the keeper to say that all is over; nothing may be left then.
  Kept finish(Keeper& keeper) {
    EXPECT_TRUE(wait_until([&] { return keeper.has_ended(); }));
    EXPECT_TRUE(descendants_of(getpid()).empty());
    EXPECT_FALSE(keeper.has_ended());
    return keeper.kept();
  }

  std::string text(const std::string& name) {
    std::ifstream file(folder_.path() + "/" + name);
    std::string line;
    std::getline(file, line);
    return file.eof() ? "" : line;  // a line without its end is still being written
  }
  void wait_for(const std::string& name) {
    ASSERT_TRUE(wait_until([&] { return !text(name).empty(); })) << name;
  }
  pid_t pid_in(const std::string& name) { return static_cast<pid_t>(std::stol(text(name))); }

  ScratchFolder folder_;
  SignalQueue signals_;
};

TEST_F(KeeperTest, reports_an_exit_code) {
  Keeper keeper = start("exit 7");
  const Kept kept = finish(keeper);
  ASSERT_TRUE(kept.wait_status.has_value());
  EXPECT_TRUE(WIFEXITED(*kept.wait_status));
  EXPECT_EQ(7, WEXITSTATUS(*kept.wait_status));
  EXPECT_FALSE(kept.start_error.has_value());
  EXPECT_EQ(0, kept.left_behind);
  EXPECT_GT(kept.pid, 0);
}

TEST_F(KeeperTest, reports_the_signal_that_killed_the_command) {
  Keeper keeper = start("kill -KILL $$");
  const Kept kept = finish(keeper);
  ASSERT_TRUE(kept.wait_status.has_value());
  EXPECT_TRUE(WIFSIGNALED(*kept.wait_status));
  EXPECT_EQ(SIGKILL, WTERMSIG(*kept.wait_status));
}

TEST_F(KeeperTest, reports_why_a_command_cannot_be_started) {
  CommandSpec spec;
  spec.words = {"steadfarm-no-such-command"};
  Keeper absent = start(spec);
  EXPECT_EQ(ENOENT, finish(absent).start_error);
  spec.words = {folder_.path()};
  Keeper refused = start(spec);
  const Kept kept = finish(refused);
  EXPECT_EQ(EACCES, kept.start_error);
  EXPECT_FALSE(kept.wait_status.has_value());
}

TEST_F(KeeperTest, gives_the_command_its_words_variables_and_an_empty_input) {
  CommandSpec spec;
  spec.words = {"bash", "-c",          "echo \"$1|$2|$VALUE|$(cat)|\" >$3/out", "x", "a b",
                "*",    folder_.path()};
  spec.variables = {{"VALUE", "v w"}};
  Keeper keeper = start(spec);
  static_cast<void>(finish(keeper));
  EXPECT_EQ("a b|*|v w||", text("out"));
}

TEST_F(KeeperTest, gives_the_command_the_signal_mask_of_before) {
  Keeper keeper = start("grep SigBlk /proc/self/status >$FOLDER/mask");
  static_cast<void>(finish(keeper));
  EXPECT_EQ("SigBlk:\t0000000000000000", text("mask"));
}

TEST_F(KeeperTest, passes_signals_on) {
  Keeper keeper = start(
      "trap 'echo one >$FOLDER/one' USR1; trap 'exit 75' USR2; echo >$FOLDER/up ready;"
      "while :; do sleep 0.02; done");
  wait_for("up");
  keeper.pass_on(SIGUSR1);
  wait_for("one");
  keeper.pass_on(SIGUSR2);
  const Kept kept = finish(keeper);
  EXPECT_EQ(75, WEXITSTATUS(*kept.wait_status));
}

TEST_F(KeeperTest, stops_what_a_shell_without_a_trap_has_started) {
  Keeper keeper = start(
      "(trap 'sleep 0.3; echo done >$FOLDER/done; exit' USR2; echo up >$FOLDER/up;"
      " while :; do sleep 0.02; done); true");
  wait_for("up");
  keeper.pass_on(SIGUSR2);
  const Kept kept = finish(keeper);
  EXPECT_TRUE(WIFSIGNALED(*kept.wait_status));  // the shell dies of it
  EXPECT_EQ("done", text("done"));              // its child had the time it wanted
}

// MPICH's mpiexec dies of SIGUSR2 and takes the ranks along before they have stopped in order.
TEST_F(KeeperTest, stops_the_ranks_of_hydra_and_not_hydra) {
  Keeper keeper = start(
      "echo 'trap \"echo done >$FOLDER/done; exit 75\" USR2; echo up >$FOLDER/up;"
      "      while :; do sleep 0.02; done' >$FOLDER/rank;"
      "cp /bin/bash $FOLDER/mpiexec.hydra;"
      "exec $FOLDER/mpiexec.hydra -c '/bin/bash $FOLDER/rank; exit $?'");
  wait_for("up");
  keeper.pass_on(SIGUSR2);
  const Kept kept = finish(keeper);
  ASSERT_TRUE(WIFEXITED(*kept.wait_status));
  EXPECT_EQ(75, WEXITSTATUS(*kept.wait_status));
  EXPECT_EQ("done", text("done"));
}

TEST_F(KeeperTest, ends_what_the_command_leaves_behind) {
  Keeper keeper = start(
      "setsid bash -c 'trap \"\" TERM; echo $$ >$FOLDER/stubborn; while :; do sleep 0.02; done' &"
      "setsid sleep 1000 & until [ -s $FOLDER/stubborn ]; do sleep 0.02; done; exit 5");
  const Kept kept = finish(keeper);
  EXPECT_EQ(5, WEXITSTATUS(*kept.wait_status));
  EXPECT_GE(kept.left_behind, 2);
  EXPECT_EQ(0, kept.unkillable);
  EXPECT_FALSE(alive(pid_in("stubborn")));
}

TEST_F(KeeperTest, ends_a_command_that_is_stopped_or_ignores_it) {
  Keeper stopped = start("echo up >$FOLDER/up; kill -STOP $$; exit 9");
  wait_for("up");
  stopped.end();
  EXPECT_TRUE(WIFSIGNALED(*finish(stopped).wait_status));
  Keeper deaf = start("trap '' TERM USR2; echo up >$FOLDER/deaf; while :; do sleep 0.02; done");
  wait_for("deaf");
  deaf.end();
  EXPECT_EQ(SIGKILL, WTERMSIG(*finish(deaf).wait_status));
}

TEST_F(KeeperTest, is_missed_when_it_is_killed_and_nothing_lives_on) {
  Keeper keeper = start("echo $PPID >$FOLDER/keeper; setsid sleep 1000 & sleep 1000");
  wait_for("keeper");
  ASSERT_TRUE(wait_until([] { return descendants_of(getpid()).size() == 4; }));
  kill(pid_in("keeper"), SIGKILL);
  const Kept kept = finish(keeper);
  EXPECT_FALSE(kept.wait_status.has_value());
}

TEST_F(KeeperTest, leaves_nothing_when_it_is_dropped) {
  {
    Keeper keeper = start("setsid sleep 1000 & echo up >$FOLDER/up; sleep 1000");
    wait_for("up");
  }
  EXPECT_TRUE(descendants_of(getpid()).empty());
}

// A supervisor that is killed has no chance to do anything.
TEST_F(KeeperTest, ends_the_command_when_its_supervisor_dies) {
  const pid_t supervisor = fork();
  if (supervisor == 0) {
    const Result<Keeper> keeper = Keeper::start(
        {{"bash", "-c",
          "setsid sleep 1000 & echo $! >$FOLDER/rank; echo $$ >$FOLDER/command; sleep 1000"},
         {{"FOLDER", folder_.path()}}},
        signals_.former_mask());
    pause();
    _exit(1);
  }
  wait_for("command");
  kill(supervisor, SIGKILL);
  waitpid(supervisor, nullptr, 0);
  const auto reaped = [](pid_t pid) {
    while (waitpid(-1, nullptr, WNOHANG) > 0) {  // they come to us
    }
    return !alive(pid);
  };
  EXPECT_TRUE(wait_until([&] { return reaped(pid_in("command")); }));
  EXPECT_TRUE(wait_until([&] { return reaped(pid_in("rank")); }));
  EXPECT_TRUE(wait_until([&] { return reaped(-1) || descendants_of(getpid()).empty(); }));
}

}  // namespace
}  // namespace steadfarm::supervisor
