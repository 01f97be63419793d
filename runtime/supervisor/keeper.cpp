#include "supervisor/keeper.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "supervisor/keeper_process.hpp"
#include "supervisor/processes.hpp"

namespace steadfarm::supervisor {

void adopt_orphans() { prctl(PR_SET_CHILD_SUBREAPER, 1); }

Result<Keeper> Keeper::start(const CommandSpec& spec, const sigset_t& restore_mask) {
  int reports[2] = {-1, -1};
  if (pipe2(reports, O_CLOEXEC) != 0) {
    return Error{ErrorCode::io, std::string("cannot make a pipe: ") + std::strerror(errno) +
                                    "; see the limits of processes and files (ulimit -a)"};
  }
  const pid_t self = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    close(reports[0]);
    keep(spec, restore_mask, self, reports[1]);
  }
  const int error = errno;
  close(reports[1]);
  if (pid < 0) {
    close(reports[0]);
    return Error{ErrorCode::io, std::string("cannot start a process: ") + std::strerror(error) +
                                    "; see the limits of processes and memory (ulimit -a)"};
  }
  fcntl(reports[0], F_SETFL, O_NONBLOCK);
  return Keeper(pid, reports[0]);
}

Keeper::Keeper(Keeper&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      reports_(std::exchange(other.reports_, -1)),
      kept_(other.kept_),
      give_up_at_(other.give_up_at_) {}

Keeper::~Keeper() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    static_cast<void>(kill_descendants(kKillPatienceMs));
  }
  if (reports_ >= 0) close(reports_);
}

void Keeper::pass_on(int signal) const {
  if (pid_ < 0) return;
  kill(pid_, signal);
  kill(pid_, SIGCONT);  // somebody may have stopped all of us
}

void Keeper::end() {
  pass_on(SIGTERM);
  const auto patience = std::chrono::milliseconds(kTermGraceMs + 2 * kKillPatienceMs);
  if (!give_up_at_) give_up_at_ = std::chrono::steady_clock::now() + patience;
}

bool Keeper::has_ended() {
  if (pid_ < 0) return false;
  // A keeper that hangs is no keeper; what it kept comes to us.
  if (give_up_at_ && std::chrono::steady_clock::now() >= *give_up_at_) kill(pid_, SIGKILL);
  bool ended = false;
  // Whatever else ends is an orphan that came to us because its keeper died.
  for (pid_t pid = waitpid(-1, nullptr, WNOHANG); pid > 0; pid = waitpid(-1, nullptr, WNOHANG)) {
    ended = ended || pid == pid_;
  }
  take_reports();
  if (!ended) return false;
  pid_ = -1;
  kept_.unkillable += kill_descendants(kKillPatienceMs);
  return true;
}

void Keeper::take_reports() {
  Report report = {};
  while (read(reports_, &report, sizeof report) == static_cast<ssize_t>(sizeof report)) {
    switch (report.kind) {
      case Report::Kind::started:
        kept_.pid = report.value;
        break;
      case Report::Kind::cannot_start:
        kept_.start_error = report.value;
        break;
      case Report::Kind::ended:
        kept_.wait_status = report.value;
        break;
      case Report::Kind::left_behind:
        kept_.left_behind = report.value;
        break;
      case Report::Kind::unkillable:
        kept_.unkillable = report.value;
        break;
    }
  }
}

}  // namespace steadfarm::supervisor
