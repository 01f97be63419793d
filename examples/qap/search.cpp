#include "examples/qap/search.hpp"

#include <algorithm>
#include <limits>

namespace steadfarm::qap {
namespace {

// A subset is enough, so a matrix with very many automorphisms (all entries equal) costs no more.
constexpr std::size_t kAutomorphismsMax = 4096;
constexpr std::uint64_t kAutomorphismStepsMax = 1'000'000;

std::vector<Permutation> symmetries(const Instance& instance, const SearchOptions& options) {
  if (!options.symmetry) return {};
  return automorphisms(instance.b, kAutomorphismsMax, kAutomorphismStepsMax);
}

/// The free locations from `next` on. A shift by 64 would be undefined.
std::uint64_t from_location(std::uint64_t free, std::size_t next) {
  return next >= 64 ? 0 : free >> next << next;
}

}  // namespace

Searcher::Searcher(const Instance& instance, SearchOptions options)
    : instance_(instance),
      options_(options),
      path_(instance),
      symmetry_(symmetries(instance, options)) {}

bool Searcher::is_valid(const Unit& unit) const {
  if (unit.prefix.size() >= instance_.n || unit.base > unit.prefix.size()) return false;
  if (unit.next > instance_.n) return false;
  std::uint64_t seen = 0;
  for (const std::uint8_t location : unit.prefix) {
    if (location >= instance_.n || (seen >> location & 1U) != 0) return false;
    seen |= std::uint64_t{1} << location;
  }
  return true;
}

Exploration Searcher::explore(const Unit& unit, std::uint64_t grain, IncumbentPort& port) {
  Exploration out;
  if (unit == root_unit()) out.nodes += 1;
  if (!enter(unit, port)) {
    leave_all();
    return out;
  }
  // At least one child is bounded before a cut, so that no unit leaves itself.
  bool advanced = false;
  while (true) {
    const std::optional<std::size_t> child = next_child();
    if (!child) {
      if (path_.depth() == base_) break;
      ascend();
      continue;
    }
    if (advanced && out.nodes >= grain) {
      out.left = cut();
      break;
    }
    advanced = true;
    out.nodes += 1;
    visit(*child, port);
  }
  leave_all();
  return out;
}

/// Bounds one child of the present node and goes there if it has to be explored.
void Searcher::visit(std::size_t location, IncumbentPort& port) {
  next_ = location + 1;
  if (is_pruned(path_.child_bound(location), location, port)) return;
  descend(location);
  if (is_pruned(path_.bound(), std::nullopt, port)) {
    ascend();
  } else if (path_.closed()) {
    offer_completion(port);
    ascend();
  } else {
    offer_assignment(port);
  }
}

/// Goes to where `unit` begins. The nodes of its prefix were counted elsewhere; without a fixed
/// bound they may be prunable by now. False: nothing of the unit is left.
bool Searcher::enter(const Unit& unit, IncumbentPort& port) {
  base_ = unit.base;
  for (std::size_t depth = 0;; ++depth) {
    if (depth >= base_ && is_pruned(path_.bound(), std::nullopt, port)) {
      if (depth == base_) return false;
      ascend();
      return true;
    }
    if (depth == unit.prefix.size()) break;
    descend(unit.prefix[depth]);
  }
  next_ = unit.next;
  if (unit != root_unit()) return true;
  if (!path_.closed()) {
    offer_assignment(port);
    return true;
  }
  offer_completion(port);
  return false;
}

void Searcher::leave_all() {
  while (path_.depth() > 0) ascend();
}

void Searcher::descend(std::size_t location) {
  path_.push(location);
  symmetry_.push(location);
  next_ = 0;
}

void Searcher::ascend() {
  next_ = path_.prefix().back() + std::size_t{1};
  path_.pop();
  symmetry_.pop();
}

std::optional<std::size_t> Searcher::next_child() const {
  for (std::uint64_t left = from_location(path_.free_locations(), next_); left != 0;
       left &= left - 1) {
    const auto location = static_cast<std::size_t>(__builtin_ctzll(left));
    if (symmetry_.is_smallest(location)) return location;
  }
  return std::nullopt;
}

/// Whether the present node, or its child at `child`, need not be explored.
bool Searcher::is_pruned(Cost bound, std::optional<std::size_t> child, IncumbentPort& port) {
  if (options_.fixed_bound) return bound >= *options_.fixed_bound;
  const std::optional<Incumbent>& best = port.best();
  if (!best || bound < best->value) return false;
  return bound > best->value || !can_be_smaller(child, best->permutation);
}

/// Whether the smallest completion is smaller than `best`: the prefix, then what is free,
/// ascending.
bool Searcher::can_be_smaller(std::optional<std::size_t> child, const Permutation& best) const {
  const Permutation& prefix = path_.prefix();
  const auto [ours, theirs] = std::mismatch(prefix.begin(), prefix.end(), best.begin());
  if (ours != prefix.end()) return *ours < *theirs;
  std::size_t at = prefix.size();
  std::uint64_t free = path_.free_locations();
  if (child) {
    if (*child != best[at]) return *child < best[at];
    free &= ~(std::uint64_t{1} << *child);
    at += 1;
  }
  for (; free != 0; free &= free - 1, ++at) {
    const auto location = static_cast<std::size_t>(__builtin_ctzll(free));
    if (location != best[at]) return location < best[at];
  }
  return false;
}

void Searcher::offer_completion(IncumbentPort& port) {
  Incumbent found{path_.bound(), path_.completion()};
  if (is_better(found, port.best())) port.offer(found);
}

/// With a fixed bound only what is below it counts, and all of that is found anyway.
void Searcher::offer_assignment(IncumbentPort& port) {
  if (options_.fixed_bound) return;
  Incumbent found{0, path_.assigned_completion()};
  found.value = cost(instance_, found.permutation);
  if (is_better(found, port.best())) port.offer(found);
}

/// What is left at each level of the path is an own unit for the shallow levels, which hold most
/// of the work; the deepest levels stay together.
std::vector<Unit> Searcher::cut() const {
  const Permutation& prefix = path_.prefix();
  std::vector<Unit> out;
  std::uint64_t free = path_.free_locations();
  for (const std::uint8_t location : prefix) free |= std::uint64_t{1} << location;
  for (std::size_t depth = 0; depth < prefix.size(); ++depth) {
    if (depth >= base_) {
      if (out.size() + 1 == kPiecesMax) {
        out.push_back({prefix, static_cast<std::uint8_t>(depth), static_cast<std::uint8_t>(next_)});
        return out;
      }
      if (from_location(free, prefix[depth] + std::size_t{1}) != 0) {
        const auto length = static_cast<std::uint8_t>(depth);
        out.push_back({Permutation(prefix.begin(), prefix.begin() + length), length,
                       static_cast<std::uint8_t>(prefix[depth] + 1)});
      }
    }
    free &= ~(std::uint64_t{1} << prefix[depth]);
  }
  if (from_location(free, next_) != 0) {
    out.push_back(
        {prefix, static_cast<std::uint8_t>(prefix.size()), static_cast<std::uint8_t>(next_)});
  }
  return out;
}

Answer solve_serial(const Instance& instance, const SearchOptions& options) {
  Searcher searcher(instance, options);
  LocalIncumbent incumbent;
  Answer answer;
  answer.nodes =
      searcher.explore(root_unit(), std::numeric_limits<std::uint64_t>::max(), incumbent).nodes;
  answer.best = incumbent.best();
  return answer;
}

}  // namespace steadfarm::qap
