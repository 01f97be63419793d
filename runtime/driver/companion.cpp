#include "driver/companion.hpp"

#include <chrono>
#include <csignal>
#include <utility>

namespace steadfarm::driver {
namespace {
// Death is noticed, and others are answered, so much later at most.
constexpr std::chrono::milliseconds kLook(5);
}  // namespace

Companion::Companion(std::function<bool()> look, std::function<void()> take_over)
    : look_(std::move(look)), take_over_(std::move(take_over)) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Companion::~Companion() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Companion::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    lock.unlock();
    if (look_()) {
      take_over_();
      return;
    }
    lock.lock();
    changed_.wait_for(lock, kLook, [this] { return stop_; });
  }
}

}  // namespace steadfarm::driver
