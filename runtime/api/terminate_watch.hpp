// An exception that ends a unit at a safe point may meet a function that it cannot pass. Then the
// C++ runtime calls std::terminate on the unit's thread, and here is who hears of it.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace steadfarm::api {

class TerminateWatch {
 public:
  /// Gets why the execution has failed; nothing, if it was to leave.
  using Heard = std::function<void(const std::optional<std::string>& failure)>;

  /// Until the end of this object: `heard` is called, on the thread that made it, if that thread
  /// terminates with an exception of a safe point. If it returns, or for any other exception, the
  /// handler that was installed before goes on. One at a time on each thread. From any thread.
  explicit TerminateWatch(Heard heard);
  ~TerminateWatch();
  TerminateWatch(const TerminateWatch&) = delete;
  TerminateWatch& operator=(const TerminateWatch&) = delete;

 private:
  Heard heard_;
};

}  // namespace steadfarm::api
