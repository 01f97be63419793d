#include "supervisor/signal_queue.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace steadfarm::supervisor {
namespace {

TEST(SignalQueue, gives_each_signal_once) {
  SignalQueue queue;
  EXPECT_EQ(std::nullopt, queue.wait(0));
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD}) {
    kill(getpid(), signal);
    EXPECT_EQ(signal, queue.wait(60'000));
    EXPECT_EQ(std::nullopt, queue.wait(0));
  }
}

TEST(SignalQueue, wakes_up_for_what_can_be_read) {
  SignalQueue queue;
  int ends[2] = {-1, -1};
  ASSERT_EQ(0, pipe(ends));
  EXPECT_EQ(std::nullopt, queue.wait(0, ends[0]));
  ASSERT_EQ(1, write(ends[1], "x", 1));
  EXPECT_EQ(std::nullopt, queue.wait(60'000, ends[0]));  // at once
  kill(getpid(), SIGUSR1);
  EXPECT_EQ(SIGUSR1, queue.wait(60'000, ends[0]));
  close(ends[0]);
  close(ends[1]);
}

TEST(SignalQueue, leaves_ignored_what_was_ignored) {
  std::signal(SIGHUP, SIG_IGN);
  std::signal(SIGINT, SIG_IGN);
  {
    SignalQueue queue;
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGINT);
    EXPECT_EQ(std::nullopt, queue.wait(0));
  }
  std::signal(SIGHUP, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
}

TEST(SignalQueue, puts_everything_back) {
  sigset_t before;
  sigset_t after;
  sigprocmask(SIG_BLOCK, nullptr, &before);
  {
    const SignalQueue queue;
    EXPECT_EQ(0, sigismember(&queue.former_mask(), SIGTERM));
    sigprocmask(SIG_BLOCK, nullptr, &after);
    EXPECT_EQ(1, sigismember(&after, SIGTERM));
  }
  sigprocmask(SIG_BLOCK, nullptr, &after);
  for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) {
    EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal));
  }
  struct sigaction pipe = {};
  sigaction(SIGPIPE, nullptr, &pipe);
  EXPECT_EQ(SIG_DFL, pipe.sa_handler);
}

}  // namespace
}  // namespace steadfarm::supervisor
