// Consistent hashing: which worker is a key's, so that a change of workers moves few keys.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/ids.hpp"

namespace steadfarm::core {

/// Every worker has several places on a circle of 64-bit numbers; a key is the first worker's at or
/// after its own place (D. Karger et al.: Consistent hashing and random trees, STOC 1997). A worker
/// that goes leaves its keys to the next ones on the circle, and no other key moves.
class HashRing {
 public:
  HashRing() = default;
  explicit HashRing(const std::vector<Rank>& workers);

  void add(Rank worker);
  void remove(Rank worker);
  [[nodiscard]] bool contains(Rank worker) const;
  [[nodiscard]] std::size_t worker_count() const { return workers_.size(); }

  /// The first worker from the key's place on that `has_room`; the key's own worker if nobody has;
  /// nothing if there are no workers. With a bound on the load as `has_room` this is consistent
  /// hashing with bounded loads (V. Mirrokni, M. Thorup, M. Zadimoghaddam, SODA 2018).
  [[nodiscard]] std::optional<Rank> owner(std::uint64_t key,
                                          const std::function<bool(Rank)>& has_room) const;
  [[nodiscard]] std::optional<Rank> owner(std::uint64_t key) const;

 private:
  struct Place {
    std::uint64_t at;
    Rank worker;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  void add_places(Rank worker);

  std::vector<Place> places_;  // sorted
  std::vector<Rank> workers_;  // sorted
};

/// Spreads bits: equal keys give equal numbers, close ones give far ones. SplitMix64's finish.
[[nodiscard]] std::uint64_t scatter(std::uint64_t value);

/// The largest load a worker may have under consistent hashing with bounded loads: a quarter above
/// the mean, ceil(1.25 units / workers).
[[nodiscard]] std::uint64_t load_bound(std::uint64_t units, std::size_t workers);

}  // namespace steadfarm::core
