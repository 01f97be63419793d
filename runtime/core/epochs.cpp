#include "core/epochs.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "core/interval.hpp"

namespace steadfarm::core {

bool Epochs::due(TimeUs now, bool dirty, bool pressed) const {
  if (state_ != State::idle || !may_try(now)) return false;
  if (requested_) return true;
  return dirty && (pressed || now >= next_due_);
}

void Epochs::open(TimeUs now, const std::vector<Rank>& workers, TimeUs collect_us) {
  STEADFARM_ASSERT(state_ == State::idle);
  state_ = State::collecting;
  epoch_ = epoch_.next();
  requested_ = false;
  deadline_ = now + collect_us;
  waiting_.clear();
  waiting_.insert(workers.begin(), workers.end());
}

void Epochs::acknowledged(Rank rank, Epoch epoch) {
  if (state_ == State::collecting && epoch == epoch_) waiting_.erase(rank);
}

bool Epochs::collected(TimeUs now) const {
  return state_ == State::collecting && (waiting_.empty() || now >= deadline_);
}

void Epochs::persist(TimeUs now) {
  STEADFARM_ASSERT(state_ != State::persisting);
  if (state_ == State::idle) epoch_ = epoch_.next();
  state_ = State::persisting;
  persisting_since_ = now;
}

void Epochs::durable(TimeUs now) {
  STEADFARM_ASSERT(state_ == State::persisting);
  state_ = State::idle;
  if (mtbf_us_ > 0) {
    // A cheap checkpoint is no reason for a storm of them: each leaves its file behind.
    constexpr TimeUs interval_us_min = kSecondUs;
    const TimeUs cost_us = std::max<TimeUs>(now - persisting_since_, 1);
    interval_us_ = std::max(daly_interval_us(cost_us, mtbf_us_), interval_us_min);
  }
  next_due_ = now + interval_us_;
  not_before_ = now;
  failing_since_ = -1;
  failures_ = 0;
}

void Epochs::failed(TimeUs now) {
  STEADFARM_ASSERT(state_ == State::persisting);
  state_ = State::idle;
  if (failing_since_ < 0) failing_since_ = now;
  const std::uint32_t doublings = std::min<std::uint32_t>(failures_, 5);
  ++failures_;
  not_before_ = now + retry_us_ * (TimeUs{1} << doublings);
  next_due_ = not_before_;
}

}  // namespace steadfarm::core
