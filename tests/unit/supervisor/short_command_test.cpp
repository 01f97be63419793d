#include "supervisor/short_command.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>

namespace steadfarm::supervisor {
namespace {

sigset_t no_signals() {
  sigset_t mask;
  sigemptyset(&mask);
  return mask;
}

TEST(AskAll, gives_what_each_command_says) {
  const auto answers = ask_all({{"echo", "one two"}, {"false"}, {"sh", "-c", "echo no; exit 3"}},
                               no_signals(), 60'000);
  ASSERT_EQ(3U, answers.size());
  EXPECT_TRUE(answers[0].succeeded);
  EXPECT_EQ("one two\n", answers[0].output);
  EXPECT_FALSE(answers[1].succeeded);
  EXPECT_FALSE(answers[2].succeeded);
  EXPECT_EQ("no\n", answers[2].output);
}

TEST(AskAll, says_no_for_what_cannot_be_started) {
  const auto answers = ask_all({{"/no/such/program"}, {}}, no_signals(), 60'000);
  EXPECT_FALSE(answers[0].succeeded);
  EXPECT_FALSE(answers[1].succeeded);
}

TEST(AskAll, gives_up_what_does_not_answer_and_leaves_nobody) {
  const auto begin = std::chrono::steady_clock::now();
  const auto answers =
      ask_all({{"sh", "-c", "echo begin; sleep 1000; true"}, {"echo", "quick"}}, no_signals(), 300);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(100));
  EXPECT_FALSE(answers[0].succeeded);
  EXPECT_EQ("begin\n", answers[0].output);
  EXPECT_TRUE(answers[1].succeeded);
  // What it had started may have come to us. It was killed too, or this never ends.
  while (waitpid(-1, nullptr, 0) > 0) {
  }
  EXPECT_EQ(ECHILD, errno);
}

TEST(AskAll, drops_what_is_too_much) {
  const auto answers = ask_all({{"head", "-c", "3000000", "/dev/zero"}}, no_signals(), 60'000);
  EXPECT_TRUE(answers[0].succeeded);
  EXPECT_EQ(std::size_t{1} << 20U, answers[0].output.size());
}

}  // namespace
}  // namespace steadfarm::supervisor
