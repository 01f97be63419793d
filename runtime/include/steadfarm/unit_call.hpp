// One execution of one unit, in bytes. Typed programs use steadfarm::Context of farm.hpp instead.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "steadfarm/types.hpp"
#include "steadfarm/unit_hints.hpp"

namespace steadfarm {

/// The largest state that UnitCall::save takes, in bytes. The master keeps one for each running
/// unit, so states should be small.
inline constexpr std::uint64_t state_bytes_max = 64ULL << 20U;

/// The largest result of a unit with all units that it spawns, in bytes. Larger ones fail.
inline constexpr std::uint64_t answer_bytes_max = 8ULL << 30U;

/// What a work function is given. Valid only during the call, and only on the calling thread, but
/// for try_save() and stopping().
///
/// An execution that was told to end never has a result, whatever it does with the word: at a stop
/// it has left and costs no try, over the unit time limit it has failed. Told it is by save() and
/// try_save() that return false, and by an exception of save() or shared_value().
class UnitCall {
 public:
  virtual ~UnitCall() = default;

  /// Identity of the unit; does not depend on where or when it runs.
  [[nodiscard]] virtual UnitKey key() const = 0;
  /// 1 for the first handing-out of this unit, then rising. A unit with side effects outside can
  /// use it to tell its own earlier tries apart.
  [[nodiscard]] virtual std::uint32_t attempt() const = 0;
  /// Seed for the unit's random streams: depends on the job seed and the key alone.
  [[nodiscard]] virtual std::uint64_t seed() const = 0;
  /// What was submitted or spawned; empty for the units of a range.
  [[nodiscard]] virtual ByteView payload() const = 0;

  /// The result. Without a call the result is empty.
  virtual void set_result(Bytes result) = 0;
  /// A new unit. It becomes runnable when this unit's result is accepted; if this execution fails
  /// or is lost, so is the child. Higher priorities run first. The hints are kept with the unit,
  /// also in the store.
  virtual void spawn(Bytes payload, std::int32_t priority, const UnitHints& hints) = 0;
  void spawn(Bytes payload, std::int32_t priority) { spawn(std::move(payload), priority, {}); }

  /// A safe point: offers the unit's state, from which another execution of the same unit can go on
  /// after a failure or a restart. `state` makes the bytes; it is called only if they are needed
  /// now: by a checkpoint, by a stop, or because some time has passed since the last ones, about a
  /// second and a second more for each MiB. Otherwise a safe point costs less than a microsecond.
  /// Returns false if the run is being stopped: the unit should return at once. It will be executed
  /// again from this state, and whatever else it did, its result or an exception, is ignored.
  /// Throws a std::runtime_error if the unit is over its time limit, which is a failed try;
  /// std::length_error if there are more than state_bytes_max bytes; and what `state` throws.
  /// Called again after it has said that the unit is to end, it says the same again and takes no
  /// state. On another thread than the unit's own it does nothing and returns true: see
  /// Context::save.
  [[nodiscard]] virtual bool save(const std::function<Bytes()>& state) = 0;
  /// The same without an exception: false if the unit is to end, for whatever reason. Too large a
  /// state, or an exception of `state`, ends it too, and is a failed try with that message. From
  /// any thread that the unit has started and waits for; on another than its own no state is taken
  /// and `state` is not called.
  [[nodiscard]] virtual bool try_save(const std::function<Bytes()>& state) = 0;
  /// A hint: true if the run is being stopped or the unit is over its time limit. A unit may end
  /// early because of it, and what it returns then counts. Throws nothing; from any thread that the
  /// unit has started and waits for. On another than its own it knows of a stop only from a signal
  /// to this process, or where a worker could take over.
  [[nodiscard]] virtual bool stopping() = 0;
  /// The state that an earlier execution of this unit saved, or nothing: then start at the
  /// beginning. An execution after a death, a stop or a restart goes on from the newest state that
  /// is known. So does one after an exception, except the last try, which starts anew.
  [[nodiscard]] virtual std::optional<ByteView> saved_state() const = 0;

  /// The best shared value known here, or null. Looks for news from the master now and then. Throws
  /// a std::runtime_error if the unit is over its time limit.
  [[nodiscard]] virtual const std::int64_t* shared_value() = 0;
  /// The witness of shared_value().
  [[nodiscard]] virtual ByteView shared_witness() const = 0;
  /// Proposes a better shared value: lower is better, of equal values the lexicographically smaller
  /// witness. It counts for good when this unit's result is accepted, and is told to the others at
  /// once. Returns true if it was better than what is known here.
  virtual bool improve(std::int64_t value, Bytes witness) = 0;
};

}  // namespace steadfarm
