// Bounds the start of MPI: a rank that dies in it can leave all others waiting for ever.
#pragma once

#include <memory>

namespace steadfarm::transport {

class Watchdog;

/// Ends the process with exit code 75 and a line on standard error if it is not disarmed in time:
/// within STEADFARM_START_TIMEOUT seconds, by default 120; 0 means any time. Asks an mpirun that is
/// its parent to end as well: told to let others live, Open MPI's says 0 whatever its ranks said,
/// and that would pass for a run that went well. A process that is to replace a lost worker ends
/// alone: the farm goes on without it.
class StartGuard {
 public:
  StartGuard();
  ~StartGuard();  // disarms
  StartGuard(const StartGuard&) = delete;
  StartGuard& operator=(const StartGuard&) = delete;

  void disarm();

 private:
  std::unique_ptr<Watchdog> watchdog_;
};

}  // namespace steadfarm::transport
