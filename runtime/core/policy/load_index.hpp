// Which worker has the least to do.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/ids.hpp"

namespace steadfarm::core {

/// Each operation costs O(log workers).
class LoadIndex {
 public:
  void set(Rank worker, TimeUs load_us);
  void erase(Rank worker);
  /// The smallest load of all workers but this one; nothing if there is no other.
  [[nodiscard]] std::optional<TimeUs> least_but(Rank worker) const;

 private:
  std::map<Rank, TimeUs> loads_;
  std::set<std::pair<TimeUs, Rank>> order_;
};

}  // namespace steadfarm::core
