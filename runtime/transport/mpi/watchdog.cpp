#include "transport/mpi/watchdog.hpp"

#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <utility>

namespace steadfarm::transport {

Watchdog::Watchdog(int deadline_ms, int exit_code, std::string last_words,
                   std::function<void()> last_act)
    : last_words_(std::move(last_words)), last_act_(std::move(last_act)) {
  if (!last_words_.empty()) last_words_.push_back('\n');
  // A new thread inherits the mask, so that signals stay with the application's threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this, deadline_ms, exit_code] { watch(deadline_ms, exit_code); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Watchdog::~Watchdog() { disarm(); }

void Watchdog::disarm() {
  {
    const std::lock_guard lock(mutex_);
    disarmed_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Watchdog::watch(int deadline_ms, int exit_code) {
  std::unique_lock lock(mutex_);
  const auto deadline = std::chrono::milliseconds(deadline_ms);
  if (changed_.wait_for(lock, deadline, [this] { return disarmed_; })) return;
  // Only calls that cannot block on a lock another thread holds.
  if (!last_words_.empty()) {
    [[maybe_unused]] const ssize_t n =
        ::write(STDERR_FILENO, last_words_.data(), last_words_.size());
  }
  if (last_act_) last_act_();
  ::_exit(exit_code);
}

}  // namespace steadfarm::transport
