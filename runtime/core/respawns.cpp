#include "core/respawns.hpp"

#include <algorithm>

namespace steadfarm::core {

std::optional<Rank> Respawns::due(TimeUs now, std::uint32_t present) const {
  const bool wanted = present < wanted_ && tries_ < options_.tries_max;
  if (!wanted || asked_ || now < not_before_) return std::nullopt;
  return next_;
}

void Respawns::started(TimeUs now) {
  asked_ = true;
  asked_at_ = now;
  ++tries_;
}

// Late or not: a process that is there may as well work.
bool Respawns::arrived(Rank rank) {
  if (!asked_ || rank != next_) return false;
  asked_ = false;
  stuck_ = false;
  unproven_.insert(rank);
  next_ = Rank(rank.value + 1);
  return true;
}

bool Respawns::failed(Rank rank, TimeUs now) {
  if (!asked_ || rank != next_) return false;
  asked_ = false;
  stuck_ = false;
  brought_nothing(now);
  return true;
}

std::optional<Rank> Respawns::give_up(TimeUs now) {
  if (!under_way() || now - asked_at_ < options_.patience_us) return std::nullopt;
  stuck_ = true;
  return next_;
}

void Respawns::lost(Rank worker, TimeUs now) {
  not_before_ = std::max(not_before_, now + options_.settle_us);
  if (unproven_.erase(worker) > 0) brought_nothing(now);
}

void Respawns::worked(Rank worker) {
  if (unproven_.erase(worker) > 0) in_vain_ = 0;
}

void Respawns::brought_nothing(TimeUs now) {
  constexpr std::uint32_t doublings_max = 6;
  const TimeUs pause_us = options_.pause_us * (TimeUs{1} << std::min(in_vain_, doublings_max));
  not_before_ = std::max(not_before_, now + pause_us);
  ++in_vain_;
}

}  // namespace steadfarm::core
