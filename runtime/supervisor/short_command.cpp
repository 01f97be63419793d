#include "supervisor/short_command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace steadfarm::supervisor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kOutputMax = 1U << 20U;

struct Running {
  pid_t pid = -1;
  int output = -1;  // -1: it has closed its end
};

[[noreturn]] void become(const std::vector<std::string>& words, const sigset_t& mask, int output) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int nothing = open("/dev/null", O_RDWR);
  if (nothing >= 0) {
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDERR_FILENO);
  }
  dup2(output, STDOUT_FILENO);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

Running start(const std::vector<std::string>& words, const sigset_t& mask) {
  Running running;
  int ends[2] = {-1, -1};
  if (words.empty() || pipe2(ends, O_CLOEXEC) != 0) return running;
  running.pid = fork();
  if (running.pid == 0) become(words, mask, ends[1]);
  close(ends[1]);
  if (running.pid < 0) {
    close(ends[0]);
    return running;
  }
  running.output = ends[0];
  return running;
}

void read_some(Running& running, std::string& output) {
  char bytes[4096];
  const ssize_t count = read(running.output, bytes, sizeof bytes);
  if (count < 0 && errno == EINTR) return;
  if (count <= 0) {
    close(running.output);
    running.output = -1;
    return;
  }
  const auto room = kOutputMax - std::min(kOutputMax, output.size());
  output.append(bytes, std::min(static_cast<std::size_t>(count), room));
}

}  // namespace

std::vector<ShortAnswer> ask_all(const std::vector<std::vector<std::string>>& commands,
                                 const sigset_t& mask, std::int64_t patience_ms) {
  const auto until = Clock::now() + std::chrono::milliseconds(patience_ms);
  std::vector<ShortAnswer> answers(commands.size());
  std::vector<Running> all;
  all.reserve(commands.size());
  for (const auto& words : commands) all.push_back(start(words, mask));
  while (true) {
    std::vector<pollfd> waiting;
    std::vector<std::size_t> whose;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].output < 0) continue;
      waiting.push_back({all[i].output, POLLIN, 0});
      whose.push_back(i);
    }
    using std::chrono::milliseconds;
    const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now()).count();
    if (waiting.empty() || left <= 0) break;
    const int ready = poll(waiting.data(), waiting.size(), static_cast<int>(left) + 1);
    for (std::size_t i = 0; ready > 0 && i < waiting.size(); ++i) {
      if (waiting[i].revents != 0) read_some(all[whose[i]], answers[whose[i]].output);
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].pid < 0) continue;
    // Whoever still holds its output is late; whoever has closed it ends now.
    if (all[i].output >= 0) {
      kill(-all[i].pid, SIGKILL);
      close(all[i].output);
    }
    int status = 0;
    while (waitpid(all[i].pid, &status, 0) < 0 && errno == EINTR) {
    }
    answers[i].succeeded = all[i].output < 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  return answers;
}

}  // namespace steadfarm::supervisor
