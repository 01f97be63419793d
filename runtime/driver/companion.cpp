#include "driver/companion.hpp"

#include <chrono>
#include <utility>

#include "transport/all_signals_blocked.hpp"

namespace steadfarm::driver {
namespace {
// Death is noticed, and others are answered, so much later at most.
constexpr std::chrono::milliseconds kLook(5);
}  // namespace

Companion::Companion(std::function<bool()> look, std::function<void()> take_over)
    : look_(std::move(look)), take_over_(std::move(take_over)) {
  const transport::AllSignalsBlocked blocked;
  thread_ = std::thread([this] { run(); });
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
