#include "transport/mpi/broken_pipe.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace steadfarm::transport {
namespace {

int error_of_write_to_nobody() {
  int ends[2] = {-1, -1};
  if (::pipe(ends) != 0) return -1;
  ::close(ends[0]);
  errno = 0;
  const ssize_t written = ::write(ends[1], "x", 1);
  const int error = written < 0 ? errno : 0;
  ::close(ends[1]);
  return error;
}

class BrokenPipe : public testing::Test {
 protected:
  void SetUp() override { std::signal(SIGPIPE, SIG_DFL); }
  void TearDown() override { std::signal(SIGPIPE, SIG_DFL); }
};

using BrokenPipeDeathTest = BrokenPipe;

TEST_F(BrokenPipeDeathTest, ends_a_process_that_nobody_protects) {
  EXPECT_EXIT(error_of_write_to_nobody(), testing::KilledBySignal(SIGPIPE), "");
}

TEST_F(BrokenPipe, is_an_error_of_the_write) {
  outlive_broken_pipes();
  EXPECT_EQ(EPIPE, error_of_write_to_nobody());
  EXPECT_EQ(EPIPE, error_of_write_to_nobody());
}

TEST_F(BrokenPipe, ends_what_this_process_starts_as_ever) {
  outlive_broken_pipes();
  const int status = std::system("exec sh -c 'kill -s PIPE $$; exit 7'");
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
  EXPECT_EQ(SIGPIPE, WTERMSIG(status));
}

volatile std::sig_atomic_t seen = 0;

TEST_F(BrokenPipe, is_left_to_a_handler_of_the_application) {
  std::signal(SIGPIPE, [](int) { seen = seen + 1; });
  outlive_broken_pipes();
  EXPECT_EQ(EPIPE, error_of_write_to_nobody());
  EXPECT_EQ(1, seen);
}

TEST_F(BrokenPipe, stays_ignored) {
  std::signal(SIGPIPE, SIG_IGN);
  outlive_broken_pipes();
  struct sigaction now = {};
  sigaction(SIGPIPE, nullptr, &now);
  EXPECT_EQ(SIG_IGN, now.sa_handler);
}

}  // namespace
}  // namespace steadfarm::transport
