// A thread beside a worker's main thread: it listens while a long unit runs there, and becomes the
// master's thread if this worker has to take over. All signals are blocked in it.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace steadfarm::driver {

class Companion {
 public:
  /// Calls `look` some hundred times a second until it returns true, then `take_over`, once.
  /// Throws std::system_error if there is no thread to be had.
  Companion(std::function<bool()> look, std::function<void()> take_over);
  /// Waits for `take_over`, if that is running.
  ~Companion();
  Companion(const Companion&) = delete;
  Companion& operator=(const Companion&) = delete;

 private:
  void run();

  std::function<bool()> look_;
  std::function<void()> take_over_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace steadfarm::driver
