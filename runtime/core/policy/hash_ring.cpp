#include "core/policy/hash_ring.hpp"

#include <algorithm>

#include "base/prng.hpp"

namespace steadfarm::core {
namespace {

// With so many, the longest share of the circle is seldom twice the mean one; the bound on the load
// does the rest.
constexpr std::uint64_t kPlacesEach = 64;

}  // namespace

std::uint64_t scatter(std::uint64_t value) { return Prng(value).next(); }

std::uint64_t load_bound(std::uint64_t units, std::size_t workers) {
  if (workers == 0) return units;
  const std::uint64_t more = units / 4 + (units % 4 != 0 ? 1 : 0);
  return (units + more + workers - 1) / workers;
}

HashRing::HashRing(const std::vector<Rank>& workers) : workers_(workers) {
  std::sort(workers_.begin(), workers_.end());
  for (const Rank worker : workers_) add_places(worker);
  std::sort(places_.begin(), places_.end());
}

void HashRing::add_places(Rank worker) {
  const std::uint64_t own = scatter(static_cast<std::uint64_t>(worker.value));
  for (std::uint64_t i = 0; i < kPlacesEach; ++i) places_.push_back({scatter(own + i), worker});
}

void HashRing::add(Rank worker) {
  if (contains(worker)) return;
  workers_.insert(std::lower_bound(workers_.begin(), workers_.end(), worker), worker);
  add_places(worker);
  std::sort(places_.begin(), places_.end());
}

void HashRing::remove(Rank worker) {
  std::erase(workers_, worker);
  std::erase_if(places_, [&](const Place& place) { return place.worker == worker; });
}

bool HashRing::contains(Rank worker) const {
  return std::binary_search(workers_.begin(), workers_.end(), worker);
}

std::optional<Rank> HashRing::owner(std::uint64_t key) const {
  return owner(key, [](Rank /*worker*/) { return true; });
}

std::optional<Rank> HashRing::owner(std::uint64_t key,
                                    const std::function<bool(Rank)>& has_room) const {
  if (places_.empty()) return std::nullopt;
  const std::uint64_t at = scatter(key);
  auto it = std::lower_bound(places_.begin(), places_.end(), at,
                             [](const Place& place, std::uint64_t a) { return place.at < a; });
  if (it == places_.end()) it = places_.begin();
  const Rank first = it->worker;
  for (std::size_t tried = 0; tried < places_.size(); ++tried) {
    if (has_room(it->worker)) return it->worker;
    if (++it == places_.end()) it = places_.begin();
  }
  return first;
}

}  // namespace steadfarm::core
