// What can be handed out next, and to whom. Where the policy places units, every worker has a queue
// of its own beside the one for whoever asks; otherwise there is only that one.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/prng.hpp"
#include "core/options.hpp"
#include "core/policy/hash_ring.hpp"
#include "core/rank_set.hpp"
#include "core/ready_queue.hpp"

namespace steadfarm::core {

/// Units get their place when the first worker asks, later ones as they become ready. Untouched
/// indices are placed in blocks, at most 65,536 of them, and those with affinities so many at a
/// time, so that a long range costs little memory under every policy. A worker that is idle, and
/// for whom nothing is left, gets what was placed for the one with the longest queue. Only `hash`
/// and `affinity` keep units back from it: those of a worker whose load, waiting and handed out, is
/// at most a quarter above the mean.
class PlacedQueue {
 public:
  /// `index_count`: submitted units or the length of the range. `placing`: false leaves everything
  /// to whoever asks, whatever the policy.
  PlacedQueue(UnitTable& table, const PolicyOptions& policy, bool placing, std::uint64_t seed,
              std::uint64_t index_count, const std::vector<Rank>& workers);

  // as in ReadyQueue
  void sort_by(const HintSource* hints);
  void ignore_costs();
  void push(Slot slot);
  /// The same for whoever asks, whatever the policy.
  void push_for_anyone(Slot slot) { insert(kShared, slot); }
  void push_suspect(Slot slot);
  void add_fresh(const Interval& indices, std::int32_t priority);
  [[nodiscard]] std::optional<std::int32_t> take_fresh(std::uint64_t index);
  [[nodiscard]] std::optional<Slot> pop_suspect() { return shared_.pop_suspect(); }
  void forget(Slot slot);
  [[nodiscard]] std::uint64_t count() const {
    return shared_.count() + rest_.count() + placed_count_;
  }
  [[nodiscard]] std::uint64_t suspect_count() const { return shared_.suspect_count(); }
  [[nodiscard]] std::uint64_t fresh_count() const {
    return shared_.fresh_count() + rest_.count() + placed_fresh_;
  }
  [[nodiscard]] std::uint64_t queued_count() const {
    return shared_.queued_count() + placed_count_ - placed_fresh_;
  }
  [[nodiscard]] bool is_fresh(std::uint64_t index) const;
  [[nodiscard]] std::optional<std::uint64_t> first_fresh() const;
  [[nodiscard]] IntervalSet fresh() const;

  /// The worker has spoken, and holds so many units.
  void note_load(Rank worker, std::uint32_t leases);
  /// The next for this worker: a unit, or a run of at most `max_run` untouched indices. Nothing
  /// comes if all that is ready is kept for others.
  [[nodiscard]] std::optional<std::variant<Slot, FreshRun>> pop(Rank worker, std::uint64_t max_run,
                                                                const CostLimit& limit = {});
  /// What the last pop() gave and was not wanted.
  void put_back(const FreshRun& run);

  /// The class of what pop() would give this worker first; 0 if that is not known.
  [[nodiscard]] CostClass next_cost(Rank worker);
  /// Something within this limit may be ready, for whomever.
  [[nodiscard]] bool has_within(const CostLimit& limit) const;

  /// Something is ready that any idle worker may get.
  [[nodiscard]] bool has_for_anyone() const;
  /// Something is ready that this worker may get, idle or not.
  [[nodiscard]] bool has_for(Rank worker) const;
  /// Something was placed for one of these.
  [[nodiscard]] bool has_for_any_of(const RankSet& workers) const {
    return filled_.intersects(workers);
  }

  /// The worker is gone: what was placed for it, and only that, gets other places.
  void remove(Rank worker);
  /// There will be one more, with a rank above all others. Those announced may come in any order.
  void announce(Rank worker);
  /// It is back, or has come. Under `hash` and `affinity` its keys come to it.
  void add(Rank worker);

 private:
  struct Home {
    Rank worker;
    ReadyQueue queue;
    std::uint32_t leases = 0;
    bool has_asked = false;
  };
  struct HomeOrder {
    bool operator()(const Home& home, Rank worker) const { return home.worker < worker; }
    bool operator()(Rank worker, const Home& home) const { return worker < home.worker; }
  };
  static constexpr std::uint32_t kShared = UINT32_MAX;

  [[nodiscard]] bool on_ring() const;
  [[nodiscard]] bool has_home(Rank worker) const;
  [[nodiscard]] std::uint32_t home_index(Rank worker) const;
  [[nodiscard]] ReadyQueue& queue(std::uint32_t home);
  [[nodiscard]] std::uint64_t kept_load() const;
  [[nodiscard]] std::uint32_t home_of_key(std::uint64_t key, std::uint64_t units);
  [[nodiscard]] std::uint32_t home_of(const LiveUnit& unit, std::uint64_t units);
  [[nodiscard]] std::optional<std::uint32_t> overfull(std::uint32_t asking) const;
  void note_filled(std::uint32_t home);
  void start();
  void move_out(ReadyQueue& from);
  void place(const FreshRun& run);
  [[nodiscard]] std::uint64_t piece_end(std::uint64_t begin, std::uint64_t end) const;
  void place_rest();
  void insert(std::uint32_t home, Slot slot);
  void insert(std::uint32_t home, const FreshRun& run);
  std::optional<std::variant<Slot, FreshRun>> pop_from(std::uint32_t home, std::uint64_t max_run,
                                                       const CostLimit& limit);

  UnitTable& table_;
  PolicyKind kind_;
  bool placing_;
  bool started_ = false;
  bool ignores_costs_ = false;
  std::uint64_t block_;
  const HintSource* hints_ = nullptr;
  Prng prng_;
  HashRing ring_;
  ReadyQueue shared_;
  ReadyQueue rest_;                     // untouched indices that have no place yet, in their order
  std::vector<Home> homes_;             // sorted by rank
  std::vector<std::uint32_t> live_;     // homes of workers that are not gone
  RankSet filled_;                      // for whom something is placed
  std::vector<std::uint32_t> home_of_;  // by slot, while the unit is ready
  std::uint64_t turn_ = 0;
  std::uint64_t placed_count_ = 0;  // in homes
  std::uint64_t placed_fresh_ = 0;
  std::uint64_t moving_ = 0;  // units that are between two queues
  std::uint64_t leases_ = 0;
  std::uint32_t popped_from_ = kShared;
};

}  // namespace steadfarm::core
