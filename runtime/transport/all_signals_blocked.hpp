#pragma once

#include <csignal>

namespace steadfarm::transport {

// Blocks every signal in the calling thread as long as it lives. A thread inherits the mask of the
// one that starts it: with this around its start, no handler of the application runs in it, and
// signals stay with the thread that the farm runs on.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace steadfarm::transport
