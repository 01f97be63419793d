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

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "steadfarm/byte_farm.hpp"
#include "steadfarm/command_line.hpp"
#include "steadfarm/detail/hinting.hpp"
#include "steadfarm/detail/result_fields.hpp"
#include "steadfarm/serialise.hpp"

namespace steadfarm {

namespace detail {
/// Ends an execution at a safe point. No std::exception, so that it passes those who catch these.
struct LeaveUnit {};
}  // namespace detail

/// What a unit may ask and do while it runs. Valid during the call only.
template <class Unit>
class Context {
 public:
  explicit Context(UnitCall& call, const detail::Hinting<Unit>* hinting = nullptr)
      : call_(call), hinting_(hinting) {}

  [[nodiscard]] UnitKey key() const { return call_.key(); }
  /// 1 for the first handing-out of the unit, then rising.
  [[nodiscard]] std::uint32_t attempt() const { return call_.attempt(); }
  /// For Random123 or any other generator: depends on the job seed and the unit key alone.
  [[nodiscard]] std::uint64_t seed() const { return call_.seed(); }
  /// A new unit, runnable as soon as this one's result is accepted. Higher priorities first; inside
  /// a priority those of a declared time, the longest first, then the ones spawned last.
  void spawn(const Unit& unit, std::int32_t priority = 0) { spawn(unit, UnitHints(), priority); }
  /// The same with hints; what they leave open is taken from Farm::cost and Farm::affinity.
  void spawn(const Unit& unit, const UnitHints& hints, std::int32_t priority = 0) {
    call_.spawn(to_bytes(unit), priority, hinting_ ? hinting_->complete(unit, hints) : hints);
  }
  /// A safe point of a long unit. Whoever gets the unit after a failure or a restart resumes it
  /// from the newest state that was taken; see restore(). Cheap: the state is serialised only when
  /// it is needed, for a checkpoint, for a stop, or about once a second (and a second more for each
  /// MiB). With one rank the master's work is done here too, so the fold may be called. Throws
  /// std::length_error above state_bytes_max.
  ///
  /// When the run is being stopped, or the unit is over Options::unit_timeout_s, this does not
  /// return: the execution ends here, by an exception that is not for you to catch. After a stop
  /// the unit is resumed at the next start, which costs no try; over its time limit it is a failed
  /// try. A unit that catches the exception and returns has no result all the same.
  ///
  ///   State state = context.template restore<State>().value_or(State{});
  ///   for (; state.step < steps; ++state.step) { advance(state); context.save(state); }
  ///
  /// must give the same result wherever it was interrupted: everything that the rest depends on has
  /// to be in the state. Random numbers best come from a counter-based generator, keyed by seed(),
  /// whose counter follows from the position in the work.
  ///
  /// No exception can leave a noexcept function, an OpenMP region or a std::thread, and few C
  /// libraries let one pass through a callback. Call try_save() there, and return from the work
  /// function when it is false. Otherwise, where a noexcept function or an OpenMP region is met, a
  /// message says so. At a stop the worker then ends with the run: the unit's state has been taken,
  /// and it is charged with nothing. Over the time limit the worker's process ends, which counts
  /// against the unit as the death of a worker does. With one rank alone, and over the time limit
  /// also on the master's own rank, the process aborts, and what came after the last checkpoint is
  /// done again. On another thread than the unit's own save() takes no state and ends nothing,
  /// which is said once.
  template <class State>
  void save(const State& state) const {
    if (!call_.save([&] { return to_bytes(state); })) throw detail::LeaveUnit{};
  }
  /// The same safe point without an exception: false if the unit is to end, because the run is
  /// being stopped or the unit is over its time limit. Return from the work function then: what it
  /// returns does not count. Further calls are false, too. For OpenMP regions, noexcept functions
  /// and callbacks of C code. Threads that the unit starts and waits for may call it as well: it
  /// takes no state there, and says what the unit was told at its own thread's last safe point, or
  /// what is known of a stop from a signal to this process. No other thread may be changing the
  /// state. Too large a state, or one whose serialisation throws, ends the unit as well, and is a
  /// failed try with that message.
  ///
  ///   // `done` is what was complete before the loop.
  ///   #pragma omp parallel for
  ///   for (int i = 0; i < n; ++i) if (context.try_save(done)) part[i] = work(i);
  template <class State>
  [[nodiscard]] bool try_save(const State& state) const {
    return call_.try_save([&] { return to_bytes(state); });
  }
  /// A hint: true if the run is being stopped or the unit is over its time limit. A unit may end
  /// earlier because of it, and what it returns then is its result, as good as any other: so it
  /// must be right. Does not throw. From the threads that try_save() may be called from.
  [[nodiscard]] bool stopping() const { return call_.stopping(); }
  /// What an earlier execution of this unit saved, or nothing: then start at the beginning. After
  /// an exception the unit is resumed too, except on its last try, which starts anew. Throws
  /// std::runtime_error if the bytes are no State.
  template <class State>
  [[nodiscard]] std::optional<State> restore() const {
    const std::optional<ByteView> bytes = call_.saved_state();
    if (!bytes) return std::nullopt;
    std::optional<State> state(std::in_place);
    if (!from_bytes(*bytes, *state)) throw std::runtime_error("the saved state is malformed");
    return state;
  }
  /// The best shared value known here (lower is better), or null. Ends a unit that is over its time
  /// limit, as save() does.
  [[nodiscard]] const std::int64_t* shared_value() const { return call_.shared_value(); }
  [[nodiscard]] ByteView shared_witness() const { return call_.shared_witness(); }
  /// Offers a better shared value with its witness; of equal values the lexicographically smaller
  /// witness is better. True if it beats what is known here.
  bool improve(std::int64_t value, Bytes witness) const {
    return call_.improve(value, std::move(witness));
  }

 private:
  UnitCall& call_;
  const detail::Hinting<Unit>* hinting_;
};

/// A farm that turns units of type Unit into results of type Result. Both may be numbers, enums,
/// standard containers, plain structs of these, or anything with a cereal `serialize` function.
template <class Unit, class Result>
class Farm {
 public:
  /// Takes the options from the command line and the environment. Says what is wrong with them and
  /// ends the process (exit code 64) if they cannot be understood; `--help` explains them.
  Farm(int argc, char** argv, Options defaults = {})
      : Farm(options_from_command_line(argc, argv, std::move(defaults))) {}
  explicit Farm(Options options) : farm_(std::move(options)) {
    farm_.describe_results(detail::default_fields<Result>());
    farm_.layouts(layout_of<Unit>(), layout_of<Result>());
  }

  [[nodiscard]] bool is_master() const { return farm_.is_master(); }
  [[nodiscard]] std::int32_t rank() const { return farm_.rank(); }
  [[nodiscard]] std::int32_t rank_count() const { return farm_.rank_count(); }
  [[nodiscard]] const Options& options() const { return farm_.options(); }

  /// Adds a unit. The same units in the same order at every start.
  void submit(const Unit& unit, std::int32_t priority = 0) { submit(unit, UnitHints(), priority); }
  /// The same with hints; what they leave open is taken from cost() and affinity().
  void submit(const Unit& unit, const UnitHints& hints, std::int32_t priority = 0) {
    if (farm_.wants_units()) farm_.submit(to_bytes(unit), priority, hints);
  }
  /// The units 0 .. count-1, never materialised.
  void range(std::uint64_t count) requires std::integral<Unit> {
    farm_.range(count);
    *ranged_ = true;
  }

  /// A file that the results depend on, such as one of parameters: a store that was begun with
  /// other content is refused, with the file's name. See ByteFarm::input_file.
  void input_file(const std::string& path) { farm_.input_file(path); }

  /// How long a unit is expected to take: a callable with (Unit) that returns a std::chrono
  /// duration; zero: not known. See UnitHints::expected_us. Called on the master for submitted
  /// units and ranges and on workers for spawned ones, more than once for a unit: it must say the
  /// same every time, be fast, and not throw.
  ///   farm.cost([](const Block& block) { return std::chrono::milliseconds(block.rows); });
  template <class Function>
  void cost(Function function) {
    hinting_->expected_us = [function = std::move(function)](const Unit& unit) {
      return detail::to_expected_us(function(unit));
    };
    install_hints();
  }
  /// Which units belong together: a callable with (Unit) that returns a std::uint64_t, 0 for none.
  /// See UnitHints::affinity; called as cost() is.
  template <class Function>
  void affinity(Function function) {
    hinting_->affinity = std::move(function);
    install_hints();
  }

  /// What to do with a unit: a callable with (Unit) or (Unit, Context<Unit>&) that returns a
  /// Result.
  template <class Function>
  void work(Function function) {
    farm_.work([function = std::move(function), ranged = ranged_,
                hinting = hinting_](UnitCall& call) mutable {
      Unit unit{};
      if (!read(call.key(), call.payload(), *ranged, unit))
        throw std::runtime_error("the unit's bytes are malformed");
      Context<Unit> context(call, hinting.get());
      if constexpr (std::invocable<Function&, const Unit&, Context<Unit>&>) {
        call.set_result(to_bytes<Result>(function(std::as_const(unit), context)));
      } else {
        call.set_result(to_bytes<Result>(function(std::as_const(unit))));
      }
    });
  }

  /// Folds every accepted result into `state`, once each and in no particular order, so the fold
  /// must be commutative and exact (whole numbers, a best one, a set; no sum of floating-point
  /// numbers). `state` is part of the checkpoint. The callable takes (State&, Result) or (State&,
  /// UnitKey, Result). Only the master's state changes. A farm may have several folds, of either
  /// kind: each gets every result. The same folds in the same order at every start.
  template <class State, class Function>
  void fold(State& state, Function function) {
    add_fold(state, std::move(function), false);
  }
  /// The same of a small value that `reduce`, a callable with (Result), makes of each result:
  /// always the same of the same one. A farm that stores large results (store_results) and has no
  /// other folds than these keeps them away from the master: the worker that has a result of at
  /// least Options::shard_bytes writes it into the store itself, and only the small value travels.
  ///   farm.fold_reduced(best, [](const Image& i) { return i.score; },
  ///                     [](double& b, double score) { b = std::max(b, score); });
  template <class State, class Reduce, class Function>
  void fold_reduced(State& state, Reduce reduce, Function function) {
    using Reduced = std::decay_t<std::invoke_result_t<Reduce&, const Result&>>;
    ByteFarm::Fold fold = make_fold<Reduced>(state, std::move(function), false);
    fold.reduced_layout = layout_of<Reduced>();
    fold.reduce = [reduce = std::move(reduce)](ByteView bytes) mutable {
      Result result{};
      if (!from_bytes(bytes, result)) throw std::runtime_error("a result's bytes are malformed");
      return to_bytes<Reduced>(reduce(std::as_const(result)));
    };
    farm_.fold(std::move(fold));
  }

  /// The same by rising unit key: unit 0, then 1, and so on, as a plain loop would. So a sum of
  /// floating-point numbers repeats bit for bit, on any number of ranks and whatever died on the
  /// way. The price: results that come before their turn wait in the master's memory (they are part
  /// of the checkpoint), units are handed out by index whatever their priorities, and not further
  /// ahead of the lowest unfinished one than Options::hold_units and hold_bytes allow; a unit that
  /// takes very long lets the others wait then. A unit that is given up is left out: its turn is
  /// skipped. Spawned units have no place in the order, since their keys are hashes and a later one
  /// could always come before: a unit that spawns is given up at once, with a message that says so.
  /// Such a farm keeps its results in the store (store_results) and folds what `steadfarm results`
  /// prints.
  template <class State, class Function>
  void fold_in_order(State& state, Function function) {
    add_fold(state, std::move(function), true);
  }

  /// Keeps every result in the store, to be read with `steadfarm results` and, as plain HDF5
  /// datasets, with h5py, h5dump, Julia and MATLAB. Large ones are written by the workers, if the
  /// folds allow it: see fold_reduced. Needs Options::store. A result that is a
  /// number, an array of numbers or a std::string is shown as such.
  void store_results() { farm_.store_results(); }

  /// The same with names for the numbers in a result, in their order: for a number one name, for a
  /// pair, a tuple or a plain struct one a member. Each becomes a dataset of its own. Members that
  /// are numbers or arrays of numbers can have one, up to the first that is neither; "-" leaves one
  /// out, and so does the end of the list. Throws std::invalid_argument if names and members do not
  /// fit.
  ///   farm.store_results("steps", "number");
  template <std::convertible_to<std::string_view>... Names>
  requires(sizeof...(Names) > 0) void store_results(const Names&... names) {
    farm_.describe_results(detail::fields_text<Result>({std::string_view(names)...}));
    farm_.store_results();
  }

  /// The same for a plain struct, by its members, in any order:
  ///   farm.store_results("energy", &Point::energy, "spin", &Point::spin);
  template <class Member, std::same_as<Result> Struct, class... More>
  void store_results(std::string_view name, Member Struct::*member, const More&... more) {
    static_assert(detail::Plain<Result>, "steadfarm: only a plain struct's members can be named");
    Result probe{};
    std::vector<std::string_view> names(detail::member_count<Result>, "-");
    detail::name_members(probe, names, name, member, more...);
    farm_.describe_results(detail::fields_text<Result>(names));
    farm_.store_results();
  }

  /// Runs until every unit is done, or it has to stop. To be called once, on every rank.
  [[nodiscard]] Outcome run() { return farm_.run(); }

 private:
  template <class State, class Function>
  void add_fold(State& state, Function function, bool in_key_order) {
    farm_.fold(make_fold<Result>(state, std::move(function), in_key_order));
  }

  // A fold of what the bytes that it is given are.
  template <class Value, class State, class Function>
  static ByteFarm::Fold make_fold(State& state, Function function, bool in_key_order) {
    ByteFarm::Fold fold;
    fold.in_key_order = in_key_order;
    fold.layout = layout_of<State>();
    fold.apply = [&state, function = std::move(function)](const UnitKey& key, ByteView bytes) {
      Value value{};
      if (!from_bytes(bytes, value)) throw std::runtime_error("a result's bytes are malformed");
      if constexpr (std::invocable<Function&, State&, const UnitKey&, const Value&>) {
        function(state, key, std::as_const(value));
      } else {
        function(state, std::as_const(value));
      }
    };
    fold.save = [&state] { return to_bytes(state); };
    fold.load = [&state](ByteView bytes) { return from_bytes(bytes, state); };
    return fold;
  }

  // The units of a range travel as their index alone; spawned ones carry bytes.
  static bool read(const UnitKey& key, ByteView payload, bool ranged, Unit& unit) {
    if constexpr (std::integral<Unit>) {
      if (ranged && key.is_index()) {
        unit = static_cast<Unit>(key.lo);
        return true;
      }
    }
    return from_bytes(payload, unit);
  }

  void install_hints() {
    farm_.hints([hinting = hinting_, ranged = ranged_](const UnitKey& key, ByteView payload) {
      Unit unit{};
      return read(key, payload, *ranged, unit) ? hinting->complete(unit, {}) : UnitHints();
    });
  }

  ByteFarm farm_;
  // Seen by the work function and by the hints.
  std::shared_ptr<detail::Hinting<Unit>> hinting_ = std::make_shared<detail::Hinting<Unit>>();
  std::shared_ptr<bool> ranged_ = std::make_shared<bool>(false);  // seen by the work function
};

}  // namespace steadfarm
