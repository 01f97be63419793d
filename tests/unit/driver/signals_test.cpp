#include "driver/signals.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>

namespace steadfarm::driver {
namespace {

void handler_of_the_application(int /*number*/) {}

using Handler = void (*)(int);

Handler handler_now(int number) {
  struct sigaction action = {};
  sigaction(number, nullptr, &action);
  return action.sa_handler;
}

TEST(SignalScope, turns_usr1_into_a_flag_that_is_taken_once) {
  const SignalScope scope(true);
  EXPECT_FALSE(take_checkpoint_signal());
  std::raise(SIGUSR1);
  std::raise(SIGUSR1);
  EXPECT_TRUE(take_checkpoint_signal());
  EXPECT_FALSE(take_checkpoint_signal());
  EXPECT_FALSE(stop_was_signalled());
}

TEST(SignalScope, remembers_the_stop_signal_that_came) {
  for (const int number : {SIGUSR2, SIGTERM, SIGINT}) {
    const SignalScope scope(true);
    EXPECT_EQ(stop_signal(), 0);
    std::raise(number);
    EXPECT_EQ(stop_signal(), number);
    EXPECT_TRUE(stop_was_signalled());
    EXPECT_FALSE(take_checkpoint_signal());
  }
}

TEST(SignalScope, forgets_what_came_when_it_ends) {
  {
    const SignalScope scope(true);
    std::raise(SIGUSR1);
    std::raise(SIGTERM);
  }
  EXPECT_FALSE(stop_was_signalled()) << "or a later farm that handles no signals would stop";
  EXPECT_FALSE(take_checkpoint_signal());
}

TEST(SignalScope, puts_former_handlers_back) {
  std::signal(SIGTERM, handler_of_the_application);
  {
    const SignalScope scope(true);
    EXPECT_NE(handler_now(SIGTERM), handler_of_the_application);
    EXPECT_NE(handler_now(SIGUSR1), SIG_DFL);
  }
  EXPECT_EQ(handler_now(SIGTERM), handler_of_the_application);
  EXPECT_EQ(handler_now(SIGUSR1), SIG_DFL);
  EXPECT_EQ(handler_now(SIGUSR2), SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

TEST(SignalScope, touches_nothing_unless_asked) {
  std::signal(SIGUSR1, handler_of_the_application);
  {
    const SignalScope scope(false);
    EXPECT_EQ(handler_now(SIGUSR1), handler_of_the_application);
    EXPECT_EQ(handler_now(SIGTERM), SIG_DFL);
  }
  EXPECT_EQ(handler_now(SIGUSR1), handler_of_the_application);
  std::signal(SIGUSR1, SIG_DFL);
}

TEST(SignalScope, is_shared_by_two_farms_whichever_ends_first) {
  std::signal(SIGTERM, handler_of_the_application);
  auto first = std::make_unique<SignalScope>(true);
  auto second = std::make_unique<SignalScope>(true);
  first.reset();
  std::raise(SIGTERM);  // still a flag
  EXPECT_TRUE(stop_was_signalled());
  auto third = std::make_unique<SignalScope>(true);
  EXPECT_TRUE(stop_was_signalled()) << "a scope beside others clears nothing";
  second.reset();
  EXPECT_NE(handler_now(SIGTERM), handler_of_the_application);
  third.reset();
  EXPECT_EQ(handler_now(SIGTERM), handler_of_the_application);
  std::signal(SIGTERM, SIG_DFL);
}

TEST(SignalScope, leaves_a_handler_alone_that_came_later) {
  {
    const SignalScope scope(true);
    std::signal(SIGUSR2, handler_of_the_application);
  }
  EXPECT_EQ(handler_now(SIGUSR2), handler_of_the_application);
  std::signal(SIGUSR2, SIG_DFL);
}

}  // namespace
}  // namespace steadfarm::driver
