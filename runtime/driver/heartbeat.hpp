// A thread that says "I live" while the main thread computes, and ends the process if that does not
// return after a stop or before the unit time limit. All signals are blocked in it.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "driver/signals.hpp"
#include "driver/unit_guard.hpp"
#include "transport/transport.hpp"
#include "wire/messages.hpp"

namespace steadfarm::driver {

struct HeartbeatTimes {
  TimeUs interval_us = 1'000'000;
  TimeUs stop_grace_us = kStopGraceUs;  // from a stop signal to the end of the process
};

class Heartbeat {
 public:
  /// Sends `body` to every peer each interval. The transport must outlive this object, and be
  /// concurrent() unless there are never any peers: then the thread only guards the stop. Throws
  /// std::system_error if there is no thread to be had.
  Heartbeat(transport::Transport& transport, wire::JobId job, wire::Body body, HeartbeatTimes times,
            const std::vector<Rank>& peers);
  ~Heartbeat();  // stops the thread
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// From any thread: when this returns, nothing more is sent to a peer that is not welcome.
  void set_peer(Rank peer, bool welcome);

  /// From any thread: if this object still exists after `grace_us`, the process ends with this exit
  /// code. For a unit that does not return after a stop. The first call counts.
  void end_process_after(TimeUs grace_us, int exit_code);

  /// From any thread: if a unit becomes deaf to its time limit, calls `last_words` in this thread
  /// and ends the process.
  void end_deaf_units(std::shared_ptr<UnitGuard> guard,
                      std::function<void(const UnitGuard::Running&)> last_words);

 private:
  void run();
  void end_if_deaf(TimeUs now);
  void end_if_due(TimeUs now);

  transport::Transport& transport_;
  Bytes message_;
  HeartbeatTimes times_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<Rank> peers_;
  bool stop_ = false;
  TimeUs end_at_us_ = -1;
  int end_code_ = 0;
  std::shared_ptr<UnitGuard> units_;
  std::function<void(const UnitGuard::Running&)> last_words_;
  std::thread thread_;
};

}  // namespace steadfarm::driver
