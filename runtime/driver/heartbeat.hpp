// A thread that says "I live" while the main thread computes. All signals are blocked in it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "transport/transport.hpp"
#include "wire/messages.hpp"

namespace steadfarm::driver {

class Heartbeat {
 public:
  /// Sends `body` to every peer each `interval_us`. The transport must be concurrent() and outlive
  /// this object.
  Heartbeat(transport::Transport& transport, wire::JobId job, wire::Body body, TimeUs interval_us,
            const std::vector<Rank>& peers);
  ~Heartbeat();  // stops the thread
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// From any thread: when this returns, nothing more is sent to a peer that is not welcome.
  void set_peer(Rank peer, bool welcome);

  /// From any thread, also a signal handler's flag reader: if the process is still here after
  /// `grace_us`, it ends with this exit code. For a unit that does not return after a stop.
  void end_process_after(TimeUs grace_us, int exit_code);

 private:
  void run();

  transport::Transport& transport_;
  Bytes message_;
  TimeUs interval_us_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<Rank> peers_;
  bool stop_ = false;
  TimeUs end_at_us_ = -1;
  int end_code_ = 0;
  std::thread thread_;
};

}  // namespace steadfarm::driver
