#include "supervisor/keeper_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>

#include "supervisor/processes.hpp"

namespace steadfarm::supervisor {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kLook{20};      // while somebody is to end
constexpr Milliseconds kWatch{1'000};  // while the command runs; signals wake it up earlier

void report(int reports, Report::Kind kind, int value) {
  const Report message{kind, value};
  // Fits into the pipe. A supervisor that is gone is noticed by its death signal.
  static_cast<void>(write(reports, &message, sizeof message));
}

// In the process that becomes the command. On failure errno goes through `failure`.
[[noreturn]] void become_command(const CommandSpec& spec, const sigset_t& restore_mask,
                                 pid_t keeper, int failure) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() == keeper) {
    const int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0) dup2(nothing, STDIN_FILENO);
    if (spec.error_end >= 0) dup2(spec.error_end, STDERR_FILENO);
    for (const auto& [name, value] : spec.variables) setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> words;
    words.reserve(spec.words.size() + 1);
    for (const std::string& word : spec.words) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    std::signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &restore_mask, nullptr);
    execvp(words[0], words.data());
  }
  const int error = errno;
  static_cast<void>(write(failure, &error, sizeof error));
  _exit(127);
}

class KeeperProcess {
 public:
  KeeperProcess(int reports, pid_t command) : reports_(reports), command_(command) {
    sigemptyset(&signals_);
    for (const int signal : {SIGCHLD, SIGUSR1, SIGUSR2, SIGTERM}) sigaddset(&signals_, signal);
  }

  void run() {
    while (true) {
      reap();
      if (command_gone_ && nothing_left()) return;
      const auto now = Clock::now();
      if (kill_at_ && now >= *kill_at_) {
        const std::vector<pid_t> left = descendants_of(getpid());
        signal_all(left, SIGKILL);
        if (now >= *kill_at_ + Milliseconds(kKillPatienceMs)) {
          report(reports_, Report::Kind::unkillable, static_cast<int>(left.size()));
          return;
        }
      }
      wait_for_signal(now);
    }
  }

 private:
  void reap() {
    int status = 0;
    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
      if (pid != command_) continue;
      command_gone_ = true;
      report(reports_, Report::Kind::ended, status);
    }
  }

  // What the command left behind ends too, unless it was asked to finish what it does.
  bool nothing_left() {
    if (!has_children()) return true;
    const std::vector<pid_t> left = descendants_of(getpid());
    if (left.empty()) return false;  // they end just now
    if (!counted_) report(reports_, Report::Kind::left_behind, static_cast<int>(left.size()));
    counted_ = true;
    if (!stopping_) end_all();
    return false;
  }

  void end_all() {
    if (kill_at_) return;
    kill_at_ = Clock::now() + Milliseconds(kTermGraceMs);
    if (!command_gone_) kill(-command_, SIGTERM);
    const std::vector<pid_t> left = descendants_of(getpid());
    // A launcher passes it on, with a word to its daemons; orphans have nobody who would.
    if (command_gone_) signal_all(left, SIGTERM);
    signal_all(left, SIGCONT);  // whoever is stopped cannot end
  }

  void wait_for_signal(Clock::time_point now) {
    Milliseconds pause = command_gone_ || kill_at_ ? kLook : kWatch;
    if (kill_at_ && now < *kill_at_) {
      const auto left = std::chrono::duration_cast<Milliseconds>(*kill_at_ - now) + Milliseconds(1);
      pause = std::clamp(left, Milliseconds(0), pause);
    }
    const timespec timeout = {pause.count() / 1000, (pause.count() % 1000) * 1'000'000};
    const int signal = sigtimedwait(&signals_, nullptr, &timeout);
    if (signal == SIGTERM) end_all();
    if (signal == SIGUSR1 || signal == SIGUSR2) pass_on(signal);
  }

  void pass_on(int signal) {
    if (signal == SIGUSR2) stopping_ = true;
    std::vector<pid_t> below = descendants_of(getpid());
    const auto hydra = std::stable_partition(below.begin(), below.end(),
                                             [](pid_t process) { return !is_hydra(process); });
    if (signal == SIGUSR2 && hydra != below.end()) {
      // MPICH's launcher dies of it, and hands it on to nobody.
      below.erase(hydra, below.end());
      signal_all(below, signal);
    } else if (!command_gone_) {
      kill(-command_, signal);
    } else {
      signal_all(below, signal);
    }
  }

  int reports_;
  pid_t command_;
  sigset_t signals_;
  bool command_gone_ = false;
  bool stopping_ = false;
  bool counted_ = false;
  std::optional<Clock::time_point> kill_at_;
};

}  // namespace

void keep(const CommandSpec& spec, const sigset_t& restore_mask, pid_t supervisor, int reports) {
  setsid();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != supervisor) _exit(0);  // it died before the kernel was asked
  int failure[2] = {-1, -1};
  if (pipe2(failure, O_CLOEXEC) != 0) {
    report(reports, Report::Kind::cannot_start, errno);
    _exit(1);
  }
  const pid_t self = getpid();
  const pid_t command = fork();
  if (command == 0) become_command(spec, restore_mask, self, failure[1]);
  int error = command < 0 ? errno : 0;
  close(failure[1]);
  if (command > 0) {
    setpgid(command, command);  // both do it, so that it is done for whoever is first
    // Ends with the success of exec, which closes the other end, or with its error.
    if (read(failure[0], &error, sizeof error) != sizeof error) error = 0;
  }
  close(failure[0]);
  if (error != 0) {
    if (command > 0) waitpid(command, nullptr, 0);
    report(reports, Report::Kind::cannot_start, error);
    _exit(1);
  }
  if (spec.error_end >= 0) close(spec.error_end);  // its end is that of the command alone
  report(reports, Report::Kind::started, command);
  KeeperProcess(reports, command).run();
  _exit(0);
}

}  // namespace steadfarm::supervisor
