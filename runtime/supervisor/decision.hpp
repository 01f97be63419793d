// What the supervisor does after its command has ended: pure, numbers in and a decision out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace steadfarm::supervisor {

/// How one start of the command ended.
struct CommandEnd {
  enum class Kind : std::uint8_t {
    cannot_start,  // value: errno
    exited,        // value: exit code
    signalled,     // value: the signal that killed it
    stalled,       // no new generation for too long, so it was killed; value: seconds without one
    silent,        // no sign of life, the same
  };
  Kind kind = Kind::exited;
  int value = 0;
  std::int64_t lived_ms = 0;  // from its start to its end
};

/// What the store said at one moment.
struct StoreView {
  enum class State : std::uint8_t {
    absent,   // no store there (yet)
    damaged,  // a store of which no generation verifies
    unknown,  // it could not be read just now
    good,
  };
  State state = State::absent;
  bool complete = false;
  std::uint64_t failed = 0;
  std::uint64_t committed = 0;
  std::uint64_t generation = 0;
  std::string trouble;  // one line, if neither good nor absent
};

/// Whether the user, or the batch system, asked for the end of it all.
enum class Asked : std::uint8_t { nothing, stop, stop_now };

struct Limits {
  std::uint64_t restarts_max = 100;
  std::uint64_t idle_restarts_max = 5;  // in a row that bring no progress
  std::int64_t backoff_ms = 1'000;      // before a restart; doubles with each that is idle
  std::int64_t backoff_ms_max = 60'000;
};

/// What counts against the limits.
struct Tally {
  std::uint64_t restarts = 0;
  std::uint64_t idle = 0;  // starts in a row that brought no progress
};

struct Circumstances {
  CommandEnd end;
  StoreView before;  // when the command was started
  StoreView after;
  Asked asked = Asked::nothing;
  std::optional<std::int64_t> left_ms;  // until the wall-time limit, if there is one
  bool host_lost = false;               // a host was lost, which is left out of the next start
};

struct Decision {
  bool restart = false;
  int exit_code = 0;          // of the supervisor, unless restart
  std::int64_t delay_ms = 0;  // until the restart
  Tally tally;                // with this end, and the restart if any, counted
  std::string reason;         // why; part of a line
};

/// True if the start made something durable that was not: units, or more generations than a start
/// publishes by itself (one to take the store over, one that is empty in a new store).
[[nodiscard]] bool made_progress(const StoreView& before, const StoreView& after);

[[nodiscard]] Decision decide(const Limits& limits, Tally tally, const Circumstances& now);

/// "was killed by signal 9 (Killed)" and the like: a verb, to follow "the command".
[[nodiscard]] std::string describe(const CommandEnd& end);
/// "3 units committed in generation 7" and the like.
[[nodiscard]] std::string describe(const StoreView& view);

}  // namespace steadfarm::supervisor
