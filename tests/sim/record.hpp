// The record kept outside of the job under test: what was accepted, given up, handed to the store
// and reported. Everything the runtime says is held against it at once.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "checkpoint/store.hpp"
#include "core/action.hpp"
#include "sim/world.hpp"

namespace steadfarm::sim {

enum class Fate : std::uint8_t { pending, accepted, given_up };

/// What one master, and those before it whose state it took over, did with the units.
struct Lineage {
  std::vector<Fate> fates;  // by place in Workload::entries()
  std::uint64_t accepted = 0;
  std::uint64_t given_up = 0;
  std::uint32_t next = 0;  // unit in the ordered fold
  Fold fold;               // of the accepted units, as the checker reckons it
  // By place in entries(), steps done: the newest state that is durable, and the oldest that an
  // execution may be given from now on.
  std::vector<std::uint32_t> stored_steps;
  std::vector<std::uint32_t> least_steps;
  std::vector<bool> anew;      // on its last try, which was told to forget what is durable
  std::set<ShardName> shards;  // that hold results of the accepted units
};

class Record {
 public:
  explicit Record(World& world);

  [[nodiscard]] Lineage fresh_lineage() const;

  // what a master does
  void accept(Lineage& lineage, const UnitKey& key, ByteView result);
  /// A unit is accepted whose result lies in a shard: there, and durable by now.
  void check_shard(const UnitKey& key, ByteView result, const ShardPlace& place);
  /// Nothing is accepted any more: of the shards only those are there that hold accepted results.
  void check_no_orphans(const Lineage& lineage);
  /// With an accepted unit comes the value by which it was pruned.
  void check_shared(std::uint32_t job, const UnitKey& key,
                    const std::optional<SharedValue>& shared);
  void give_up(Lineage& lineage, const core::Note& note);
  void count_try(const core::Note& note);
  void granted(std::uint32_t job, Rank worker, const UnitKey& key);
  void worker_lost(std::uint32_t job, Rank worker);

  // what units do
  [[nodiscard]] std::uint32_t throws(std::uint32_t unit) const { return throws_[unit]; }
  void threw(std::uint32_t unit) { ++throws_[unit]; }
  /// An execution ended that knew this shared value, and may have left out what it makes needless.
  void pruned(std::uint32_t job, std::uint32_t unit, const std::optional<SharedValue>& known);

  /// A worker starts a unit under this attempt: one that it did not give back.
  void started(std::uint32_t job, Rank worker, const UnitKey& key, Attempt attempt);
  /// It gives units back: none that it has started.
  void given_back(std::uint32_t job, Rank worker, const wire::Returned& returned);
  /// A unit is executed a second time, while it may still run.
  void doubled(std::uint32_t job, const core::Note& note);

  // saved states
  void saved(std::uint32_t unit, std::uint64_t steps) { saved_[unit].insert(steps); }
  /// An execution goes on from this state: one that this unit saved.
  void resumed(const UnitKey& key, std::uint64_t steps, ByteView state);
  /// A unit is handed out with so many steps behind it: no fewer than what is durable.
  void check_granted_state(const Lineage& lineage, const UnitKey& key, std::uint64_t steps);
  /// A last try starts anew.
  void retried(Lineage& lineage, const core::Note& note) const;
  /// The store has made these states durable.
  void states_stored(Lineage& lineage, const core::GenerationDelta& delta);

  // what becomes durable
  /// A delta goes to the store; from now on it may turn up after a crash. Returns its number.
  std::uint64_t publishing(const Lineage& lineage, const core::GenerationDelta& delta,
                           OwnerEpoch owner);
  /// The store has called it durable.
  void published(std::uint32_t job, std::uint64_t number, Generation generation);
  /// A job opened the store: its state must be one that was handed to it, and no older than what
  /// was called durable last.
  [[nodiscard]] Lineage opened(std::uint32_t job, const checkpoint::OpenReport& report);
  [[nodiscard]] bool is_owner(std::uint32_t job) const { return job == owner_; }
  [[nodiscard]] bool has_durable() const { return has_durable_; }

  /// Against the serial run. `fold` is the application's.
  void check_end(const Lineage& lineage, const Fold& fold,
                 const std::optional<SharedValue>& shared);
  [[nodiscard]] std::vector<std::uint64_t> given_up_ids(const Lineage& lineage) const;

 private:
  struct Snapshot {
    std::uint64_t number = 0;
    OwnerEpoch owner;
    bool durable = false;
    Lineage lineage;
  };
  void wrong(const std::string& text) { world_.verdict.fail(kExitWrong, text); }
  [[nodiscard]] std::string name(std::uint32_t unit) const;
  [[nodiscard]] bool born(const Lineage& lineage, std::uint32_t unit) const;
  void fold_in_order(Lineage& lineage) const;
  void check_pending_indices(const Lineage& lineage, const std::vector<core::Interval>& runs);
  void check_recovered(const Lineage& lineage, const core::RecoveredState& state);
  [[nodiscard]] std::optional<std::size_t> find_snapshot(const core::RecoveredState& state) const;
  void make_durable(std::size_t at);
  void store_states(Lineage& lineage, const core::GenerationDelta& delta) const;
  [[nodiscard]] bool holds_states(const Lineage& lineage, const core::RecoveredState& state) const;

  World& world_;
  std::vector<std::uint32_t> throws_;
  std::vector<std::uint32_t> losses_;           // workers lost with the unit
  std::vector<std::set<std::uint64_t>> saved_;  // by unit: at which steps its state was handed over
  std::map<std::pair<std::uint32_t, Rank>, std::vector<std::uint32_t>> grants_;
  using Execution = std::tuple<std::uint32_t, Rank, UnitKey, Attempt>;  // job first
  std::set<Execution> started_;
  std::set<Execution> given_back_;
  // By job and unit: of the values that its executions knew, the worst.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::optional<SharedValue>> known_;
  std::vector<Snapshot> snapshots_;  // from the newest durable one on
  std::uint64_t numbers_ = 0;
  bool has_durable_ = false;
  Generation generation_;
  OwnerEpoch owner_epoch_;
  std::uint32_t owner_ = 0;
  Generation owner_generation_;
  std::uint64_t owner_snapshot_ = 0;
};

}  // namespace steadfarm::sim
