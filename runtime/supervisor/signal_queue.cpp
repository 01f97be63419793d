#include "supervisor/signal_queue.hpp"

#include <algorithm>
#include <ctime>

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
    if (!is_ignored(signal)) sigaddset(&wanted_, signal);
  }
  sigprocmask(SIG_BLOCK, &wanted_, &former_mask_);
  // A terminal or pipe that is gone must not end those who look after the command.
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  sigemptyset(&ignore.sa_mask);
  sigaction(SIGPIPE, &ignore, &former_pipe_);
}

SignalQueue::~SignalQueue() {
  sigaction(SIGPIPE, &former_pipe_, nullptr);
  sigprocmask(SIG_SETMASK, &former_mask_, nullptr);
}

std::optional<int> SignalQueue::wait(std::int64_t timeout_ms) {
  const std::int64_t left_ms = std::max<std::int64_t>(0, timeout_ms);
  const timespec timeout = {static_cast<time_t>(left_ms / 1000), (left_ms % 1000) * 1'000'000L};
  const int signal = sigtimedwait(&wanted_, nullptr, &timeout);
  if (signal < 0) return std::nullopt;
  return signal;
}

}  // namespace steadfarm::supervisor
