// Ends the process if something does not return in time. For calls into libraries that may hang.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace steadfarm::transport {

class Watchdog {
 public:
  /// Unless disarmed within `deadline_ms`, writes `last_words` (may be empty) to stderr and calls
  /// _exit(exit_code) from a thread of its own, in which all signals are blocked.
  /// Before that it calls `last_act`, if there is one.
  Watchdog(int deadline_ms, int exit_code, std::string last_words,
           std::function<void()> last_act = {});
  ~Watchdog();  // disarms
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  void disarm();

 private:
  void watch(int deadline_ms, int exit_code);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool disarmed_ = false;
  std::string last_words_;
  std::function<void()> last_act_;
  std::thread thread_;
};

}  // namespace steadfarm::transport
