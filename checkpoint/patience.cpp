#include "checkpoint/patience.hpp"

#include <algorithm>

namespace steadfarm::checkpoint {
namespace {

constexpr int tries_at_once_max = 4;
constexpr std::int64_t pause_ms_max = 2'000;
constexpr std::int64_t say_after_ms = 1'000;  // a shorter trouble is nobody's concern

std::string seconds(std::int64_t ms) { return std::to_string((ms + 500) / 1'000) + " s"; }

}  // namespace

Patience::Patience(std::int64_t limit_ms, PatienceHooks hooks)
    : limit_ms_(limit_ms), hooks_(std::move(hooks)), begun_ms_(hooks_.now_ms()) {}

bool Retry::again(const Error& error) {
  if (patience_ == nullptr) return error.code == ErrorCode::io && ++tries_ < tries_at_once_max;
  const bool missing = error.code == ErrorCode::not_found;
  if (!missing && error.code != ErrorCode::io && error.code != ErrorCode::shortage) return false;
  if (patience_->ended_) return false;
  if (missing && patience_->superseded_ && patience_->superseded_()) return false;
  const std::int64_t now_ms = patience_->hooks_.now_ms();
  if (first_ms_ < 0) first_ms_ = now_ms;
  waited_ms_ = now_ms - first_ms_;
  const std::int64_t end_ms = (missing ? patience_->begun_ms_ : first_ms_) + patience_->limit_ms_;
  if (now_ms >= end_ms) return false;
  if (waited_ms_ >= say_after_ms) say_once(error, missing);
  const std::int64_t pause_ms = std::min(pause_ms_, end_ms - now_ms);
  pause_ms_ = std::min(2 * pause_ms_, pause_ms_max);
  if (!patience_->hooks_.wait(pause_ms)) patience_->ended_ = true;
  return !patience_->ended_;
}

void Retry::say_once(const Error& error, bool missing) {
  if (said_ || !patience_->hooks_.say) return;
  said_ = true;
  patience_->hooks_.say(error.message + (missing ? " (not visible here yet)" : "") +
                        "; trying again for up to " + seconds(patience_->limit_ms_));
}

Error Retry::explained(Error error) const {
  if (waited_ms_ < say_after_ms) return error;
  error.message += "; tried for " + seconds(waited_ms_);
  return error;
}

}  // namespace steadfarm::checkpoint
