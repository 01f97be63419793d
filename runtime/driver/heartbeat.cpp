#include "driver/heartbeat.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "driver/clock.hpp"
#include "transport/all_signals_blocked.hpp"

namespace steadfarm::driver {
namespace {

// A signal handler cannot wake the thread, so it looks this often, however rare the heartbeats are.
constexpr TimeUs kSignalLookUs = 250'000;
constexpr int kExitStopped = 75;

}  // namespace

Heartbeat::Heartbeat(transport::Transport& transport, wire::JobId job, wire::Body body,
                     HeartbeatTimes times, const std::vector<Rank>& peers)
    : transport_(transport),
      message_(wire::encode(job, {Session(0), std::move(body)})),
      times_(times),
      peers_(peers.begin(), peers.end()) {
  const transport::AllSignalsBlocked blocked;
  thread_ = std::thread([this] { run(); });
}

Heartbeat::~Heartbeat() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Heartbeat::set_peer(Rank peer, bool welcome) {
  const std::lock_guard lock(mutex_);
  if (welcome) {
    peers_.insert(peer);
  } else {
    peers_.erase(peer);
  }
}

void Heartbeat::end_process_after(TimeUs grace_us, int exit_code) {
  {
    const std::lock_guard lock(mutex_);
    if (end_at_us_ >= 0) return;
    end_at_us_ = SteadyClock().now() + grace_us;
    end_code_ = exit_code;
  }
  changed_.notify_all();
}

void Heartbeat::end_if_due(TimeUs now) {
  if (stop_was_signalled() && end_at_us_ < 0) {
    end_at_us_ = now + times_.stop_grace_us;
    end_code_ = kExitStopped;
  }
  if (end_at_us_ >= 0 && now >= end_at_us_) std::_Exit(end_code_);
}

void Heartbeat::end_deaf_units(std::shared_ptr<UnitGuard> guard,
                               std::function<void(const UnitGuard::Running&)> last_words) {
  const std::lock_guard lock(mutex_);
  if (units_ != nullptr) units_->set_watched(false);
  units_ = std::move(guard);
  if (units_ != nullptr) units_->set_watched(true);
  last_words_ = std::move(last_words);
}

void Heartbeat::end_if_deaf(TimeUs now) {
  if (units_ == nullptr) return;
  const auto unit = units_->deaf(now);
  if (!unit) return;
  last_words_(*unit);
  std::_Exit(kExitStopped);
}

void Heartbeat::run() {
  SteadyClock clock;
  std::unique_lock lock(mutex_);
  TimeUs next_beat = clock.now();
  while (!stop_) {
    const TimeUs now = clock.now();
    if (now >= next_beat) {
      for (const Rank peer : peers_) transport_.send_urgent(peer, message_);
      next_beat = now + times_.interval_us;
    }
    end_if_due(now);
    end_if_deaf(now);
    TimeUs wake_at = std::min(next_beat, now + kSignalLookUs);
    if (units_ != nullptr) wake_at = std::min(wake_at, now + units_->limit_us() / 4);
    if (end_at_us_ >= 0) wake_at = std::min(wake_at, end_at_us_);
    // Woken by a change or by nobody: the loop looks at everything anew.
    changed_.wait_for(lock, std::chrono::microseconds(std::max<TimeUs>(wake_at - now, 0)));
  }
}

}  // namespace steadfarm::driver
