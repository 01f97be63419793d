// Shows those who watch the store from outside that its owner lives, whether it has anything to
// make durable or not.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "base/ids.hpp"

namespace steadfarm::driver {

/// Calls `show` at once and then each interval, on a thread of its own in which all signals are
/// blocked. What it throws is ignored: the next one may do better.
class LifeSign {
 public:
  /// How long the end waits for a `show` that does not return.
  static constexpr TimeUs kEndUs = 1'000'000;

  /// Throws std::system_error if there is no thread to be had.
  LifeSign(std::function<void()> show, TimeUs interval_us);
  /// No `show` begins after it. One that does not return (a dead file server) is left behind.
  ~LifeSign();
  LifeSign(const LifeSign&) = delete;
  LifeSign& operator=(const LifeSign&) = delete;

 private:
  friend void keep_to_the_end(std::unique_ptr<LifeSign> sign);
  struct Shared;

  std::shared_ptr<Shared> shared_;  // also the thread's, which may be left behind
  std::thread thread_;
};

/// Sets the time of a store's folder at once and then every ten heartbeats, at least once a minute:
/// units may take hours in which nothing becomes durable. An error if the folder has no such time.
[[nodiscard]] Result<std::unique_ptr<LifeSign>> show_life(const std::string& folder,
                                                          TimeUs heartbeat_us);

/// Lets it go on to the end of the process, or until the next one is kept: a program may work for
/// hours after its farm. From any thread.
void keep_to_the_end(std::unique_ptr<LifeSign> sign);

}  // namespace steadfarm::driver
