// Signals taken one at a time, between other work, instead of in handlers.
#pragma once

#include <csignal>
#include <cstdint>
#include <optional>

namespace steadfarm::supervisor {

/// While it lives, SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 and SIGCHLD wait until they are asked
/// for. SIGINT and SIGHUP stay ignored if they were (nohup, a script's background job). For a
/// process of one thread.
class SignalQueue {
 public:
  SignalQueue();
  ~SignalQueue();  // puts the former mask back
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;

  /// The next signal, or none within this time, or none as soon as `readable` can be read from.
  [[nodiscard]] std::optional<int> wait(std::int64_t timeout_ms, int readable = -1);
  /// The mask that a command should start with.
  [[nodiscard]] const sigset_t& former_mask() const { return former_mask_; }

 private:
  sigset_t wanted_;
  int arrived_ = -1;  // readable while a signal waits
  sigset_t former_mask_;
  struct sigaction former_pipe_ = {};
};

}  // namespace steadfarm::supervisor
