#include "core/policy/speeds.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace steadfarm::core {
namespace {

constexpr double kUnitsRemembered = 10'000;  // of all workers together, so that a drift is followed
constexpr double kUnitsRememberedMin = 64;   // of each
constexpr double kUnitsOfMeanSpeed = 4;      // so many units' worth of doubt

}  // namespace

Speeds::Speeds(std::vector<double> given, const std::vector<Rank>& workers)
    : given_(std::move(given)),
      remembered_(std::max(kUnitsRememberedMin,
                           kUnitsRemembered / static_cast<double>(workers.size() + 1))) {
  double sum = 0;
  for (const Rank rank : workers) {
    const double speed = given_.empty() ? 0 : given_[entries_.size() % given_.size()];
    entries_.push_back({rank, speed, UnitTimes(remembered_)});
    sum += speed;
  }
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.rank < b.rank; });
  if (sum <= 0) return;
  given_unit_ = static_cast<double>(entries_.size()) / sum;
  for (Entry& entry : entries_) entry.given *= given_unit_;
}

void Speeds::add_worker(Rank worker) {
  STEADFARM_ASSERT(entries_.empty() || entries_.back().rank < worker);
  const double speed = given_.empty() ? 0 : given_[entries_.size() % given_.size()];
  entries_.push_back({worker, speed * given_unit_, UnitTimes(remembered_)});
}

std::size_t Speeds::find(Rank worker) const {
  const auto it = std::lower_bound(entries_.begin(), entries_.end(), worker,
                                   [](const Entry& e, Rank r) { return e.rank < r; });
  const bool found = it != entries_.end() && it->rank == worker;
  return found ? static_cast<std::size_t>(it - entries_.begin()) : entries_.size();
}

void Speeds::add(Rank worker, std::uint32_t count, std::uint64_t sum_us,
                 std::uint64_t sum_us_squared) {
  const std::size_t at = find(worker);
  if (at < entries_.size()) entries_[at].times.add(count, sum_us, sum_us_squared);
}

bool Speeds::known(Rank worker) const {
  const std::size_t at = find(worker);
  return at < entries_.size() && (entries_[at].given > 0 || entries_[at].times.known());
}

const UnitTimes& Speeds::times(Rank worker, const UnitTimes& all) const {
  const std::size_t at = find(worker);
  return at < entries_.size() && entries_[at].times.known() ? entries_[at].times : all;
}

double Speeds::weight(Rank worker, const UnitTimes& all) const {
  if (!known(worker)) return 1;
  const Entry& entry = entries_[find(worker)];
  const auto most = static_cast<double>(entries_.size());
  if (entry.given > 0) return std::min(entry.given, most);
  // All units' mean time is that of the mean worker, because a fast worker does more of them.
  const double ratio = std::max(all.mean_us(), 0.01) / std::max(entry.times.mean_us(), 0.01);
  const double units = entry.times.weight();
  const double drawn = (units * ratio + kUnitsOfMeanSpeed) / (units + kUnitsOfMeanSpeed);
  return std::min(drawn, most);
}

}  // namespace steadfarm::core
