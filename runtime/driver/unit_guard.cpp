#include "driver/unit_guard.hpp"

namespace steadfarm::driver {

void UnitGuard::begin(const UnitKey& key, Attempt attempt, TimeUs now) {
  const std::lock_guard lock(mutex_);
  running_ = Execution{{key, attempt}, now, now, false, false};
}

void UnitGuard::end() {
  const std::lock_guard lock(mutex_);
  running_.reset();
}

bool UnitGuard::at_safe_point(TimeUs now) {
  const std::lock_guard lock(mutex_);
  if (!running_) return false;
  const bool over = now - running_->started_at > limit_us_;
  if (!running_->told) running_->listened_at = now;
  running_->told = running_->told || over;
  return over;
}

void UnitGuard::cannot_end() {
  const std::lock_guard lock(mutex_);
  if (running_) running_->stuck = true;
}

std::optional<UnitGuard::Running> UnitGuard::deaf(TimeUs now) {
  const std::lock_guard lock(mutex_);
  if (!running_) return std::nullopt;
  const bool deaf = running_->stuck || now - running_->listened_at > limit_us_;
  return deaf ? std::optional(running_->unit) : std::nullopt;
}

}  // namespace steadfarm::driver
