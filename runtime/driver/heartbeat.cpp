#include "driver/heartbeat.hpp"

#include <csignal>
#include <cstdlib>
#include <utility>

#include "driver/clock.hpp"
#include "driver/signals.hpp"

namespace steadfarm::driver {

Heartbeat::Heartbeat(transport::Transport& transport, wire::JobId job, wire::Body body,
                     TimeUs interval_us, const std::vector<Rank>& peers)
    : transport_(transport),
      message_(wire::encode(job, {Session(0), std::move(body)})),
      interval_us_(interval_us),
      peers_(peers.begin(), peers.end()) {
  // A thread inherits the mask of its maker, so the application's handlers never run in it.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
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
  const std::lock_guard lock(mutex_);
  if (end_at_us_ >= 0) return;
  end_at_us_ = SteadyClock().now() + grace_us;
  end_code_ = exit_code;
}

void Heartbeat::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    for (const Rank peer : peers_) transport_.send_urgent(peer, message_);
    if (stop_was_signalled() && end_at_us_ < 0) {
      end_at_us_ = SteadyClock().now() + kStopGraceUs;
      end_code_ = 75;
    }
    if (end_at_us_ >= 0 && SteadyClock().now() >= end_at_us_) std::_Exit(end_code_);
    changed_.wait_for(lock, std::chrono::microseconds(interval_us_), [this] { return stop_; });
  }
}

}  // namespace steadfarm::driver
