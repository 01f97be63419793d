#include "supervisor/signal_queue.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "supervisor/inherited_signals.hpp"

namespace steadfarm::supervisor {
namespace {

bool is_ignored(int signal) {
  struct sigaction now = {};
  return sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

SignalQueue::SignalQueue() {
  sigemptyset(&wanted_);
  for (const int signal : {SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD}) sigaddset(&wanted_, signal);
  // A signal that is blocked waits even if it is ignored, so these must not be blocked then.
  for (const int signal : {SIGINT, SIGHUP}) {
    // Also for the command, which a library's handler would cost what this process was given.
    if (started_ignoring(signal)) std::signal(signal, SIG_IGN);
    if (!is_ignored(signal)) sigaddset(&wanted_, signal);
  }
  sigprocmask(SIG_BLOCK, &wanted_, &former_mask_);
  arrived_ = signalfd(-1, &wanted_, SFD_CLOEXEC | SFD_NONBLOCK);
  // A terminal or pipe that is gone must not end those who look after the command.
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  sigemptyset(&ignore.sa_mask);
  sigaction(SIGPIPE, &ignore, &former_pipe_);
}

SignalQueue::~SignalQueue() {
  if (arrived_ >= 0) close(arrived_);
  sigaction(SIGPIPE, &former_pipe_, nullptr);
  sigprocmask(SIG_SETMASK, &former_mask_, nullptr);
}

std::optional<int> SignalQueue::wait(std::int64_t timeout_ms, int readable) {
  std::int64_t left_ms = std::clamp<std::int64_t>(timeout_ms, 0, 1'000'000);
  if (readable >= 0 && arrived_ >= 0) {
    pollfd ends[2] = {{arrived_, POLLIN, 0}, {readable, POLLIN, 0}};
    static_cast<void>(poll(ends, 2, static_cast<int>(left_ms)));
    left_ms = 0;  // only to take what there is
  }
  const timespec timeout = {static_cast<time_t>(left_ms / 1000), (left_ms % 1000) * 1'000'000L};
  const int signal = sigtimedwait(&wanted_, nullptr, &timeout);
  if (signal < 0) return std::nullopt;
  return signal;
}

}  // namespace steadfarm::supervisor
