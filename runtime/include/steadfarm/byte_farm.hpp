// The farm in bytes: what the typed Farm of farm.hpp is made of, and what other languages bind to.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "steadfarm/options.hpp"
#include "steadfarm/outcome.hpp"
#include "steadfarm/types.hpp"
#include "steadfarm/unit_call.hpp"
#include "steadfarm/unit_hints.hpp"

namespace steadfarm {

/// A farm over the ranks of a communicator: rank 0 is the master, the others are workers; alone on
/// one rank it computes there. Made, filled and run on every rank alike; what only the master needs
/// (units, folds) costs nothing on the others.
///
/// Thread rule: one thread makes it, fills it, runs it and destroys it; if MPI was initialised
/// before, that thread must be allowed to call MPI.
class ByteFarm {
 public:
  /// Starts MPI if the application has not (asking for MPI_THREAD_MULTIPLE) and ends it in the
  /// destructor then. Throws std::runtime_error if MPI cannot be used, for example when `srun`
  /// without its PMI plugin started N lonely copies.
  explicit ByteFarm(Options options);
  /// Ends MPI if it was started here. Never hangs: after a time-out the process ends.
  ~ByteFarm();
  ByteFarm(ByteFarm&&) noexcept;
  ByteFarm& operator=(ByteFarm&&) = delete;

  [[nodiscard]] const Options& options() const;
  /// True on the rank that has the fold and the outcome's figures: rank 0, or after run() the one
  /// that took over from it.
  [[nodiscard]] bool is_master() const;
  /// submit() keeps units here: on the master, and where a worker may take over on every rank.
  [[nodiscard]] bool wants_units() const;
  [[nodiscard]] std::int32_t rank() const;
  [[nodiscard]] std::int32_t rank_count() const;

  /// Adds a unit; its key is its place in the order of submission. Submit the same units in the
  /// same order at every start: a store of other units is refused. Not together with range().
  /// The hints may differ from start to start.
  void submit(ByteView payload, std::int32_t priority = 0, const UnitHints& hints = {});
  /// Units 0 .. count-1 without payload; never materialised.
  void range(std::uint64_t count);

  /// Hints for the units of submit() and range(); what was given to submit() goes before it. Called
  /// on the master, during run(), more than once for a unit: it must say the same every time, be
  /// fast, and not throw. `payload` is empty for the units of a range. Of a range of more than
  /// 262,144 units only that many at a time are sorted by their times. Under a fold in key order
  /// expected_us and affinity change no order. Spawned units get theirs from UnitCall::spawn.
  void hints(std::function<UnitHints(const UnitKey& key, ByteView payload)> function);

  /// What a worker does with a unit. An exception fails the execution; the unit is tried again.
  void work(std::function<void(UnitCall&)> function);

  struct Fold {
    /// Called on the master, once for every accepted unit. Without `in_key_order` in no particular
    /// order: the fold must be commutative and exact. With it by rising unit key: see
    /// Farm::fold_in_order.
    std::function<void(const UnitKey&, ByteView result)> apply;
    /// If set, `apply` gets what this makes of the result: the same for the same result. Then large
    /// results need not come to the master: see Options::shard_bytes. Called where the unit was
    /// executed, or on the master. If it throws at a worker, the unit has failed.
    std::function<Bytes(ByteView result)> reduce;
    /// The fold's state as bytes, and back (false if the bytes make no sense). Without them the
    /// fold is not part of checkpoints, and a farm with a store is refused.
    std::function<Bytes()> save;
    std::function<bool(ByteView)> load;
    bool in_key_order = false;
    /// The structure of the state's bytes, and of what `reduce` makes, as steadfarm::layout_of has
    /// them: a store of other layouts is refused.
    std::string layout = "bytes";
    std::string reduced_layout = "bytes";
  };
  /// Every result goes into each of the folds. The same folds in the same order at every start.
  void fold(Fold fold);

  /// The structure of units' and results' bytes, as steadfarm::layout_of has it. A store of other
  /// layouts is refused. "bytes" where nothing is said.
  void layouts(std::string unit, std::string result);
  /// A file that the results depend on: a store that was begun with other content is refused, with
  /// the file's name. Content and the order of the calls count, not where the file is or what it is
  /// called. Read here and now, on every rank that is the master or may take over from it. Throws
  /// std::runtime_error if it cannot be read, std::length_error after 1,000 files.
  void input_file(const std::string& path);

  /// Keeps every result in the store, as Options::keep_results does.
  void store_results();
  /// How stored results are to be read, for `steadfarm results` and for the typed datasets in the
  /// store: the fields in the order of their bytes as "NAME:TYPE" or "NAME:TYPE[COUNT]" with one
  /// blank between them; TYPE is i8 to i64, u8 to u64, f32, f64 or bool, little-endian. The name
  /// "-" leaves a field out; "..." at the end stands for any further bytes. "value:text" alone: the
  /// whole result is a std::string. Empty: bytes. A malformed text ends the run with exit code 64.
  void describe_results(std::string fields);

  /// Runs until every unit is done, or it has to stop. To be called once, on every rank.
  [[nodiscard]] Outcome run();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace steadfarm
