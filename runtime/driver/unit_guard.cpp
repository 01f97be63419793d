#include "driver/unit_guard.hpp"

namespace steadfarm::driver {

void UnitGuard::begin(const UnitKey& key, Attempt attempt, TimeUs now) {
  const std::lock_guard lock(mutex_);
  running_ = Execution{{key, attempt}, now, now};
}

void UnitGuard::end() {
  const std::lock_guard lock(mutex_);
  running_.reset();
}

bool UnitGuard::at_safe_point(TimeUs now) {
  const std::lock_guard lock(mutex_);
  if (!running_) return false;
  running_->listened_at = now;
  return now - running_->started_at > limit_us_;
}

std::optional<UnitGuard::Running> UnitGuard::deaf(TimeUs now) {
  const std::lock_guard lock(mutex_);
  if (!running_ || now - running_->listened_at <= limit_us_) return std::nullopt;
  return running_->unit;
}

}  // namespace steadfarm::driver
