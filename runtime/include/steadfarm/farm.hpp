// Steadfarm: a task farm for MPI that survives. This is the header that programs include.
//
//   steadfarm::Farm<int, long> farm(argc, argv);
//   long sum = 0;
//   farm.fold(sum, [](long& total, long square) { total += square; });
//   for (int i = 1; i <= 1000; ++i) farm.submit(i);
//   farm.work([](int i) { return long{i} * i; });
//   const steadfarm::Outcome outcome = farm.run();
//   if (farm.is_master() && outcome.complete) std::printf("%ld\n", sum);
#pragma once

#include <concepts>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "steadfarm/byte_farm.hpp"
#include "steadfarm/command_line.hpp"
#include "steadfarm/serialise.hpp"

namespace steadfarm {

/// What a unit may ask and do while it runs. Valid during the call only.
template <class Unit>
class Context {
 public:
  explicit Context(UnitCall& call) : call_(call) {}

  [[nodiscard]] UnitKey key() const { return call_.key(); }
  /// 1 for the first handing-out of the unit, then rising.
  [[nodiscard]] std::uint32_t attempt() const { return call_.attempt(); }
  /// For Random123 or any other generator: depends on the job seed and the unit key alone.
  [[nodiscard]] std::uint64_t seed() const { return call_.seed(); }
  /// A new unit, runnable as soon as this one's result is accepted. Higher priorities first.
  void spawn(const Unit& unit, std::int32_t priority = 0) { call_.spawn(to_bytes(unit), priority); }
  /// The best shared value known here (lower is better), or null.
  [[nodiscard]] const std::int64_t* shared_value() const { return call_.shared_value(); }
  [[nodiscard]] ByteView shared_witness() const { return call_.shared_witness(); }
  /// Offers a better shared value with its witness; of equal values the lexicographically smaller
  /// witness is better. True if it beats what is known here.
  bool improve(std::int64_t value, Bytes witness) const {
    return call_.improve(value, std::move(witness));
  }

 private:
  UnitCall& call_;
};

/// A farm that turns units of type Unit into results of type Result. Both may be numbers, enums,
/// standard containers, plain structs of these, or anything with a cereal `serialize` function.
template <class Unit, class Result>
class Farm {
 public:
  /// Takes the options from the command line and the environment. Says what is wrong with them and
  /// ends the process (exit code 64) if they cannot be understood; `--help` explains them.
  Farm(int argc, char** argv, Options defaults = {})
      : farm_(options_from_command_line(argc, argv, std::move(defaults))) {}
  explicit Farm(Options options) : farm_(std::move(options)) {}

  [[nodiscard]] bool is_master() const { return farm_.is_master(); }
  [[nodiscard]] std::int32_t rank() const { return farm_.rank(); }
  [[nodiscard]] std::int32_t rank_count() const { return farm_.rank_count(); }
  [[nodiscard]] const Options& options() const { return farm_.options(); }

  /// Adds a unit. The same units in the same order at every start.
  void submit(const Unit& unit, std::int32_t priority = 0) {
    if (farm_.is_master()) farm_.submit(to_bytes(unit), priority);
  }
  /// The units 0 .. count-1, never materialised.
  void range(std::uint64_t count) requires std::integral<Unit> {
    farm_.range(count);
    *ranged_ = true;
  }

  /// What to do with a unit: a callable with (Unit) or (Unit, Context<Unit>&) that returns a
  /// Result.
  template <class Function>
  void work(Function function) {
    farm_.work([function = std::move(function), ranged = ranged_](UnitCall& call) mutable {
      Unit unit{};
      if (!read(call, *ranged, unit)) throw std::runtime_error("the unit's bytes are malformed");
      Context<Unit> context(call);
      if constexpr (std::invocable<Function&, const Unit&, Context<Unit>&>) {
        call.set_result(to_bytes<Result>(function(std::as_const(unit), context)));
      } else {
        call.set_result(to_bytes<Result>(function(std::as_const(unit))));
      }
    });
  }

  /// Folds every accepted result into `state`, once each and in no particular order, so the fold
  /// must be commutative and exact. `state` is part of the checkpoint. The callable takes (State&,
  /// Result) or (State&, UnitKey, Result). Only the master's state changes.
  template <class State, class Function>
  void fold(State& state, Function function) {
    ByteFarm::Fold fold;
    fold.apply = [&state, function = std::move(function)](const UnitKey& key, ByteView bytes) {
      Result result{};
      if (!from_bytes(bytes, result)) throw std::runtime_error("a result's bytes are malformed");
      if constexpr (std::invocable<Function&, State&, const UnitKey&, const Result&>) {
        function(state, key, std::as_const(result));
      } else {
        function(state, std::as_const(result));
      }
    };
    fold.save = [&state] { return to_bytes(state); };
    fold.load = [&state](ByteView bytes) { return from_bytes(bytes, state); };
    farm_.fold(std::move(fold));
  }

  /// Runs until every unit is done, or it has to stop. To be called once, on every rank.
  [[nodiscard]] Outcome run() { return farm_.run(); }

 private:
  // The units of a range travel as their index alone; spawned ones carry bytes.
  static bool read(UnitCall& call, bool ranged, Unit& unit) {
    if constexpr (std::integral<Unit>) {
      if (ranged && call.key().is_index()) {
        unit = static_cast<Unit>(call.key().lo);
        return true;
      }
    }
    return from_bytes(call.payload(), unit);
  }

  ByteFarm farm_;
  std::shared_ptr<bool> ranged_ = std::make_shared<bool>(false);  // seen by the work function
};

}  // namespace steadfarm
