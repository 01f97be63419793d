// Signals as flags. Handlers are installed only when the application asks for it.
#pragma once

#include "base/ids.hpp"

namespace steadfarm::driver {

/// A unit that does not return within this time after a stop signal is cut off.
inline constexpr TimeUs kStopGraceUs = 15'000'000;

/// SIGUSR1: checkpoint now. SIGUSR2, SIGTERM, and SIGINT where no launcher stands between the
/// terminal and us: checkpoint and stop. The first scope of a process installs the handlers, the
/// last one puts the former handlers back; both clear the flags. From any thread.
class SignalScope {
 public:
  explicit SignalScope(bool install);
  ~SignalScope();
  SignalScope(const SignalScope&) = delete;
  SignalScope& operator=(const SignalScope&) = delete;

 private:
  bool installed_;
};

/// True once for each SIGUSR1 burst.
[[nodiscard]] bool take_checkpoint_signal();
/// The number of the stop signal that came, 0 if none.
[[nodiscard]] int stop_signal();
[[nodiscard]] inline bool stop_was_signalled() { return stop_signal() != 0; }

}  // namespace steadfarm::driver
