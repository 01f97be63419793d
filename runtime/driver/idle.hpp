// What a loop does when there is nothing to do: spin while messages flow, then yield, and sleep
// only after milliseconds of real idleness. A fixed sleep would cost every round trip; endless
// spinning would take the core from somebody who computes.
#pragma once

#include <optional>

#include "driver/clock.hpp"

namespace steadfarm::driver {

/// After so much idle time: nothing means spin on, 0 means yield, otherwise sleep so long.
[[nodiscard]] std::optional<TimeUs> pause_us(TimeUs idle_us);

class Idle {
 public:
  explicit Idle(Clock& clock) : clock_(clock) {}

  /// After every turn; `worked`: the turn did something.
  void after_turn(bool worked);

 private:
  Clock& clock_;
  TimeUs idle_since_ = -1;
};

}  // namespace steadfarm::driver
