#include "driver/signals.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <mutex>

namespace steadfarm::driver {
namespace {

std::atomic<bool> checkpoint_wanted{false};
std::atomic<int> stop_wanted{0};
static_assert(std::atomic<int>::is_always_lock_free, "used in a signal handler");

constexpr std::array<int, 4> kSignals = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT};

std::mutex scopes_mutex;  // guards what follows
int scopes = 0;
std::array<struct sigaction, kSignals.size()> former;

void clear_flags() {
  checkpoint_wanted.store(false);
  stop_wanted.store(0);
}

extern "C" void steadfarm_on_signal(int number) {
  if (number == SIGUSR1) {
    checkpoint_wanted.store(true);
  } else {
    stop_wanted.store(number);
  }
}

}  // namespace

SignalScope::SignalScope(bool install) : installed_(install) {
  if (!installed_) return;
  const std::lock_guard lock(scopes_mutex);
  if (++scopes > 1) return;
  clear_flags();
  struct sigaction action = {};
  action.sa_handler = steadfarm_on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &former[i]);
}

SignalScope::~SignalScope() {
  if (!installed_) return;
  const std::lock_guard lock(scopes_mutex);
  if (--scopes > 0) return;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    // A handler that the application installed meanwhile is its own and stays.
    struct sigaction now = {};
    sigaction(kSignals[i], nullptr, &now);
    if (now.sa_handler == steadfarm_on_signal) sigaction(kSignals[i], &former[i], nullptr);
  }
  clear_flags();  // a stop of this farm is none of a later one that handles no signals
}

bool take_checkpoint_signal() { return checkpoint_wanted.exchange(false); }
int stop_signal() { return stop_wanted.load(); }

}  // namespace steadfarm::driver
