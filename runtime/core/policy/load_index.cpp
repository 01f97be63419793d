#include "core/policy/load_index.hpp"

namespace steadfarm::core {

void LoadIndex::set(Rank worker, TimeUs load_us) {
  const auto [it, added] = loads_.try_emplace(worker, load_us);
  if (!added) {
    if (it->second == load_us) return;
    order_.erase({it->second, worker});
    it->second = load_us;
  }
  order_.insert({load_us, worker});
}

void LoadIndex::erase(Rank worker) {
  const auto it = loads_.find(worker);
  if (it == loads_.end()) return;
  order_.erase({it->second, worker});
  loads_.erase(it);
}

std::optional<TimeUs> LoadIndex::least_but(Rank worker) const {
  for (const auto& [load_us, rank] : order_) {
    if (rank != worker) return load_us;
  }
  return std::nullopt;
}

}  // namespace steadfarm::core
