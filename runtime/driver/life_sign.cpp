#include "driver/life_sign.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "checkpoint/posix_file_system.hpp"
#include "transport/all_signals_blocked.hpp"

namespace steadfarm::driver {
namespace {

constexpr TimeUs kHeartbeats = 10;      // a file server is not to be troubled more often
constexpr TimeUs kMostUs = 60'000'000;  // well below what `steadfarm run` waits

}  // namespace

struct LifeSign::Shared {
  void run();

  std::function<void()> show;
  std::chrono::microseconds interval{0};
  std::mutex mutex;
  std::condition_variable changed;
  bool ending = false;
  bool ended = false;
};

void LifeSign::Shared::run() {
  std::unique_lock lock(mutex);
  while (!ending) {
    lock.unlock();
    try {
      show();
    } catch (...) {  // NOLINT(bugprone-empty-catch): said by the silence
    }
    lock.lock();
    changed.wait_for(lock, interval, [this] { return ending; });
  }
  ended = true;
  changed.notify_all();
}

LifeSign::LifeSign(std::function<void()> show, TimeUs interval_us)
    : shared_(std::make_shared<Shared>()) {
  shared_->show = std::move(show);
  shared_->interval = std::chrono::microseconds(interval_us);
  const transport::AllSignalsBlocked blocked;
  thread_ = std::thread([shared = shared_] { shared->run(); });
}

LifeSign::~LifeSign() {
  std::unique_lock lock(shared_->mutex);
  shared_->ending = true;
  shared_->changed.notify_all();
  const bool ended = shared_->changed.wait_for(lock, std::chrono::microseconds(kEndUs),
                                               [this] { return shared_->ended; });
  lock.unlock();
  if (!thread_.joinable()) return;  // it was kept
  if (ended) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

Result<std::unique_ptr<LifeSign>> show_life(const std::string& folder, TimeUs heartbeat_us) {
  if (const Status shown = checkpoint::touch_folder(folder); !shown) {
    return Error{shown.error().code,
                 shown.error().message +
                     "; `steadfarm run` cannot see that this farm lives: give it --silence 0"};
  }
  return std::make_unique<LifeSign>(
      [folder] { static_cast<void>(checkpoint::touch_folder(folder)); },
      std::min(kMostUs, kHeartbeats * heartbeat_us));
}

void keep_to_the_end(std::unique_ptr<LifeSign> sign) {
  // Never destroyed: the thread must not meet the end of static objects.
  static auto* const mutex = new std::mutex;
  static auto* const kept = new std::unique_ptr<LifeSign>;
  sign->thread_.detach();
  const std::lock_guard lock(*mutex);
  kept->swap(sign);
}

}  // namespace steadfarm::driver
