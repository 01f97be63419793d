#include "core/placed_queue.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace steadfarm::core {
namespace {

constexpr std::uint64_t kBlocksMax = 65'536;
constexpr std::uint64_t kAheadMax = 65'536;  // indices with affinities that are placed ahead

bool places(PolicyKind kind) {
  return kind == PolicyKind::round_robin || kind == PolicyKind::random ||
         kind == PolicyKind::hash || kind == PolicyKind::affinity;
}

std::uint64_t block_size(const PolicyOptions& policy, std::uint64_t index_count) {
  const std::uint64_t dealt = policy.kind == PolicyKind::round_robin ? policy.chunk : 1;
  return std::max({std::uint64_t{1}, dealt, (index_count + kBlocksMax - 1) / kBlocksMax});
}

}  // namespace

PlacedQueue::PlacedQueue(UnitTable& table, const PolicyOptions& policy, bool placing,
                         std::uint64_t seed, std::uint64_t index_count,
                         const std::vector<Rank>& workers)
    : table_(table),
      kind_(policy.kind),
      placing_(placing && places(policy.kind)),
      block_(block_size(policy, index_count)),
      prng_(seed),
      shared_(table),
      rest_(table) {
  if (!placing_) return;
  std::vector<Rank> sorted = workers;
  std::sort(sorted.begin(), sorted.end());
  homes_.reserve(sorted.size());
  for (const Rank worker : sorted) {
    live_.push_back(static_cast<std::uint32_t>(homes_.size()));
    homes_.push_back(Home{worker, ReadyQueue(table)});
  }
  if (on_ring()) ring_ = HashRing(sorted);
}

void PlacedQueue::sort_by(const HintSource* hints) {
  hints_ = hints;
  shared_.sort_by(hints);
  for (Home& home : homes_) home.queue.sort_by(hints);
}

void PlacedQueue::ignore_costs() {
  ignores_costs_ = true;
  shared_.ignore_costs();
  for (Home& home : homes_) home.queue.ignore_costs();
}

bool PlacedQueue::on_ring() const {
  return kind_ == PolicyKind::hash || kind_ == PolicyKind::affinity;
}

std::uint32_t PlacedQueue::home_index(Rank worker) const {
  const auto it = std::lower_bound(homes_.begin(), homes_.end(), worker, HomeOrder());
  STEADFARM_ASSERT(it != homes_.end() && it->worker == worker);
  return static_cast<std::uint32_t>(it - homes_.begin());
}

ReadyQueue& PlacedQueue::queue(std::uint32_t home) {
  return home == kShared ? shared_ : homes_[home].queue;
}

void PlacedQueue::insert(std::uint32_t home, Slot slot) {
  if (placing_) {
    if (slot >= home_of_.size()) home_of_.resize(slot + 1, kShared);
    home_of_[slot] = home;
  }
  queue(home).push(slot);
  if (home != kShared) ++placed_count_;
  note_filled(home);
}

void PlacedQueue::insert(std::uint32_t home, const FreshRun& run) {
  queue(home).add_fresh(run.indices, run.priority);
  if (home == kShared) return;
  placed_count_ += run.indices.count();
  placed_fresh_ += run.indices.count();
  note_filled(home);
}

// After whatever changed a worker's queue.
void PlacedQueue::note_filled(std::uint32_t home) {
  if (home == kShared) return;
  filled_.set(homes_[home].worker, homes_[home].queue.count() > 0);
}

void PlacedQueue::push(Slot slot) {
  insert(started_ ? home_of(table_.at(slot), 1) : kShared, slot);
}

void PlacedQueue::push_suspect(Slot slot) {
  if (slot < home_of_.size()) home_of_[slot] = kShared;
  shared_.push_suspect(slot);
}

void PlacedQueue::add_fresh(const Interval& indices, std::int32_t priority) {
  const FreshRun run{indices, priority};
  if (placing_) {
    rest_.add_fresh(indices, priority);
  } else {
    insert(kShared, run);
  }
}

std::optional<std::int32_t> PlacedQueue::take_fresh(std::uint64_t index) {
  if (const auto priority = shared_.take_fresh(index)) return priority;
  if (const auto priority = rest_.take_fresh(index)) return priority;
  for (Home& home : homes_) {
    const auto priority = home.queue.take_fresh(index);
    if (!priority) continue;
    --placed_count_;
    --placed_fresh_;
    note_filled(static_cast<std::uint32_t>(&home - homes_.data()));
    return priority;
  }
  return std::nullopt;
}

void PlacedQueue::forget(Slot slot) {
  const std::uint32_t home = slot < home_of_.size() ? home_of_[slot] : kShared;
  queue(home).forget(slot);
  if (home != kShared) --placed_count_;
  note_filled(home);
}

bool PlacedQueue::is_fresh(std::uint64_t index) const {
  const auto has_it = [&](const Home& home) { return home.queue.is_fresh(index); };
  return shared_.is_fresh(index) || rest_.is_fresh(index) ||
         std::any_of(homes_.begin(), homes_.end(), has_it);
}

std::optional<std::uint64_t> PlacedQueue::first_fresh() const {
  std::optional<std::uint64_t> first = shared_.first_fresh();
  const auto consider = [&](const ReadyQueue& queue) {
    const auto mine = queue.first_fresh();
    if (mine && (!first || *mine < *first)) first = mine;
  };
  consider(rest_);
  for (const Home& home : homes_) consider(home.queue);
  return first;
}

IntervalSet PlacedQueue::fresh() const {
  IntervalSet all = shared_.fresh();
  const auto add = [&](const ReadyQueue& queue) {
    for (const Interval& run : queue.fresh().runs()) all.insert(run.begin, run.end);
  };
  add(rest_);
  for (const Home& home : homes_) add(home.queue);
  return all;
}

// Rounded down, unlike load_bound(): where each has a unit or two, a quarter above the mean would
// else be twice the mean, and a unit would wait behind a long one while others are idle.
std::uint64_t PlacedQueue::kept_load() const {
  const std::uint64_t units = count() + leases_;
  return std::max<std::uint64_t>(1, (units + units / 4) / std::max<std::size_t>(1, live_.size()));
}

std::uint32_t PlacedQueue::home_of_key(std::uint64_t key, std::uint64_t units) {
  const std::uint64_t bound = load_bound(count() + moving_ + units, ring_.worker_count());
  const auto owner = ring_.owner(
      key, [&](Rank worker) { return homes_[home_index(worker)].queue.count() + units <= bound; });
  return owner ? home_index(*owner) : kShared;
}

std::uint32_t PlacedQueue::home_of(const LiveUnit& unit, std::uint64_t units) {
  if (live_.empty()) return kShared;
  if (kind_ == PolicyKind::round_robin) return live_[turn_++ % live_.size()];
  if (kind_ == PolicyKind::random) return live_[prng_.below(live_.size())];
  if (kind_ == PolicyKind::affinity) {
    return unit.hints.affinity == 0 ? kShared : home_of_key(unit.hints.affinity, units);
  }
  const bool of_a_block = unit.key.is_index();
  return home_of_key(of_a_block ? unit.key.lo / block_ : unit.key.hi ^ unit.key.lo, units);
}

// Up to where all indices go to one place.
std::uint64_t PlacedQueue::piece_end(std::uint64_t begin, std::uint64_t end) const {
  if (kind_ != PolicyKind::affinity) return std::min(end, (begin / block_ + 1) * block_);
  if (hints_ == nullptr) return end;
  const std::uint64_t key = hints_->hints(begin).affinity;
  std::uint64_t next = begin + 1;
  while (next < end && hints_->hints(next).affinity == key) ++next;
  return next;
}

// The run counts as moving until it has its place.
void PlacedQueue::place(const FreshRun& run) {
  LiveUnit piece;
  for (std::uint64_t begin = run.indices.begin; begin < run.indices.end;) {
    const std::uint64_t end = piece_end(begin, run.indices.end);
    piece.key = UnitKey::index(begin);
    if (hints_ != nullptr) piece.hints = hints_->hints(begin);
    moving_ -= end - begin;
    insert(home_of(piece, end - begin), FreshRun{{begin, end}, run.priority});
    begin = end;
  }
}

void PlacedQueue::place_rest() {
  const bool one_by_one = kind_ == PolicyKind::affinity && hints_ != nullptr;
  const std::uint64_t ahead = one_by_one ? kAheadMax : UINT64_MAX;
  const std::uint64_t placed = placed_count_ + shared_.count();
  if (placed > ahead / 2) return;
  for (std::uint64_t room = ahead - placed; room > 0 && rest_.count() > 0;) {
    const auto next = rest_.pop(room);
    const FreshRun& run = std::get<FreshRun>(*next);
    room -= run.indices.count();
    moving_ += run.indices.count();
    place(run);
  }
}

// Everything in it gets a place anew. Units keep their order among themselves.
void PlacedQueue::move_out(ReadyQueue& from) {
  const bool placed = &from != &shared_;
  std::vector<Slot> slots;
  std::vector<FreshRun> runs;
  while (const auto next = from.pop(UINT64_MAX)) {
    if (const Slot* slot = std::get_if<Slot>(&*next)) {
      slots.push_back(*slot);
      moving_ += 1;
    } else {
      runs.push_back(std::get<FreshRun>(*next));
      moving_ += runs.back().indices.count();
    }
  }
  if (placed) {
    placed_count_ -= moving_;
    placed_fresh_ -= moving_ - slots.size();
  }
  for (auto slot = slots.rbegin(); slot != slots.rend(); ++slot) {
    --moving_;
    insert(home_of(table_.at(*slot), 1), *slot);
  }
  for (const FreshRun& run : runs) place(run);
}

void PlacedQueue::start() {
  started_ = true;
  move_out(shared_);
}

bool PlacedQueue::has_home(Rank worker) const {
  return std::binary_search(homes_.begin(), homes_.end(), worker, HomeOrder());
}

void PlacedQueue::remove(Rank worker) {
  if (!placing_ || !has_home(worker)) return;
  const std::uint32_t home = home_index(worker);
  if (std::erase(live_, home) == 0) return;  // gone already, or never there
  ring_.remove(worker);
  leases_ -= std::exchange(homes_[home].leases, 0);
  homes_[home].has_asked = false;
  move_out(homes_[home].queue);
  note_filled(home);
}

void PlacedQueue::announce(Rank worker) {
  if (!placing_ || has_home(worker)) return;
  // Places are known by number, so a new one is the last.
  STEADFARM_ASSERT(homes_.empty() || homes_.back().worker < worker);
  homes_.push_back(Home{worker, ReadyQueue(table_)});
  if (ignores_costs_) homes_.back().queue.ignore_costs();
  if (hints_ != nullptr) homes_.back().queue.sort_by(hints_);
}

void PlacedQueue::add(Rank worker) {
  if (!placing_) return;
  const std::uint32_t home = home_index(worker);
  if (std::find(live_.begin(), live_.end(), home) != live_.end()) return;
  live_.insert(std::lower_bound(live_.begin(), live_.end(), home), home);
  if (!on_ring()) return;
  ring_.add(worker);
  for (std::uint32_t other = 0; other < homes_.size(); ++other) {
    move_out(homes_[other].queue);
    note_filled(other);
  }
}

void PlacedQueue::note_load(Rank worker, std::uint32_t leases) {
  if (!placing_) return;
  Home& home = homes_[home_index(worker)];
  home.has_asked = true;
  leases_ = leases_ - home.leases + leases;
  home.leases = leases;
}

// The longest queue of another worker that an idle one may take from.
std::optional<std::uint32_t> PlacedQueue::overfull(std::uint32_t asking) const {
  const std::uint64_t bound = on_ring() ? kept_load() : 0;
  std::optional<std::uint32_t> longest;
  filled_.for_each([&](Rank worker) {
    const std::uint32_t i = home_index(worker);
    const Home& home = homes_[i];
    const std::uint64_t waiting = home.queue.count();
    if (i == asking) return;
    if (on_ring() && home.has_asked && waiting + home.leases <= bound) return;
    if (!longest || waiting > homes_[*longest].queue.count()) longest = i;
  });
  return longest;
}

bool PlacedQueue::has_for_anyone() const {
  return shared_.count() + rest_.count() > 0 || (placing_ && overfull(kShared).has_value());
}

bool PlacedQueue::has_for(Rank worker) const {
  return shared_.count() > 0 || (placing_ && homes_[home_index(worker)].queue.count() > 0);
}

std::optional<std::variant<Slot, FreshRun>> PlacedQueue::pop_from(std::uint32_t home,
                                                                  std::uint64_t max_run,
                                                                  const CostLimit& limit) {
  popped_from_ = home;
  auto next = queue(home).pop(max_run, limit);
  if (!next || home == kShared) return next;
  const FreshRun* run = std::get_if<FreshRun>(&*next);
  placed_count_ -= run != nullptr ? run->indices.count() : 1;
  if (run != nullptr) placed_fresh_ -= run->indices.count();
  note_filled(home);
  return next;
}

CostClass PlacedQueue::next_cost(Rank worker) {
  if (placing_) {
    ReadyQueue& own = homes_[home_index(worker)].queue;
    if (own.count() > 0) return own.next_cost();
  }
  return shared_.next_cost();
}

bool PlacedQueue::has_within(const CostLimit& limit) const {
  return shared_.has_within(limit) ||
         std::any_of(homes_.begin(), homes_.end(),
                     [&](const Home& home) { return home.queue.has_within(limit); });
}

std::optional<std::variant<Slot, FreshRun>> PlacedQueue::pop(Rank worker, std::uint64_t max_run,
                                                             const CostLimit& limit) {
  if (!placing_) return shared_.pop(max_run, limit);
  if (!started_) start();
  if (rest_.count() > 0) place_rest();
  const std::uint32_t own = home_index(worker);
  for (const std::uint32_t home : {own, kShared}) {
    if (queue(home).count() == 0) continue;
    if (auto next = pop_from(home, max_run, limit)) return next;
  }
  if (homes_[own].leases > 0) return std::nullopt;
  const auto other = overfull(own);
  if (!other) return std::nullopt;
  const Home& home = homes_[*other];
  if (on_ring() && home.has_asked) {
    const std::uint64_t load = home.queue.count() + home.leases;
    max_run = std::min(max_run, load - kept_load());
  }
  return pop_from(*other, max_run, limit);
}

void PlacedQueue::put_back(const FreshRun& run) {
  queue(popped_from_).put_back(run);
  if (popped_from_ == kShared) return;
  placed_count_ += run.indices.count();
  placed_fresh_ += run.indices.count();
  note_filled(popped_from_);
}

}  // namespace steadfarm::core
