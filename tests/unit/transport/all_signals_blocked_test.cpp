#include "transport/all_signals_blocked.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

namespace steadfarm::transport {
namespace {

bool blocked_here(int signal) {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

TEST(AllSignalsBlocked, AThreadStartedMeanwhileTakesNoSignal) {
  bool usr1 = false;
  bool term = false;
  {
    const AllSignalsBlocked blocked;
    std::thread([&] {
      usr1 = blocked_here(SIGUSR1);
      term = blocked_here(SIGTERM);
    }).join();
  }
  EXPECT_TRUE(usr1);
  EXPECT_TRUE(term);
}

TEST(AllSignalsBlocked, TheMaskOfBeforeComesBack) {
  sigset_t one;
  sigset_t before;
  sigemptyset(&one);
  sigaddset(&one, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &one, &before);
  {
    const AllSignalsBlocked blocked;
    EXPECT_TRUE(blocked_here(SIGUSR1));
  }
  EXPECT_FALSE(blocked_here(SIGUSR1));
  EXPECT_TRUE(blocked_here(SIGUSR2));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace steadfarm::transport
