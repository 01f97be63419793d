#include "core/membership.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace steadfarm::core {

void Membership::add(Rank rank, TimeUs now) {
  STEADFARM_ASSERT(members_.empty() || members_.back().rank < rank);
  members_.push_back({rank, MemberState::joining, true, false, now});
  ++joining_count_;
}

bool Membership::knows(Rank rank) const {
  const auto it = std::lower_bound(members_.begin(), members_.end(), rank,
                                   [](const Member& m, Rank r) { return m.rank < r; });
  return it != members_.end() && it->rank == rank;
}

const Membership::Member& Membership::find(Rank rank) const {
  const auto it = std::lower_bound(members_.begin(), members_.end(), rank,
                                   [](const Member& m, Rank r) { return m.rank < r; });
  STEADFARM_ASSERT(it != members_.end() && it->rank == rank);
  return *it;
}

Membership::Member& Membership::find(Rank rank) {
  return const_cast<Member&>(static_cast<const Membership*>(this)->find(rank));
}

void Membership::set_state(Member& member, MemberState state) {
  if (member.state == MemberState::alive) --alive_count_;
  if (member.state == MemberState::joining) --joining_count_;
  member.state = state;
  if (member.state == MemberState::alive) ++alive_count_;
  if (member.state == MemberState::joining) ++joining_count_;
}

MemberState Membership::heard(Rank rank, TimeUs now) {
  Member& member = find(rank);
  const MemberState before = member.state;
  member.heard_at = now;
  if (before != MemberState::left && before != MemberState::alive && !member.dead) {
    set_state(member, MemberState::alive);
  }
  return before;
}

void Membership::ignore_silence(Rank rank) { find(rank).silence_counts = false; }
void Membership::set_dead(Rank rank) {
  Member& member = find(rank);
  member.dead = true;
  set_state(member, MemberState::lost);
}
void Membership::set_left(Rank rank) { set_state(find(rank), MemberState::left); }

bool Membership::was_stopped(TimeUs now) const {
  return last_tick_ >= 0 && now - last_tick_ > timeout_us_ / 2;
}

std::vector<Rank> Membership::tick(TimeUs now) {
  std::vector<Rank> lost;
  // A gap this long means that we did not look, not that they did not speak.
  const bool stopped = was_stopped(now);
  last_tick_ = now;
  for (Member& member : members_) {
    if (stopped) member.heard_at = now;
    const TimeUs silence_us = now - member.heard_at;
    const bool silent =
        (member.state == MemberState::alive && member.silence_counts && silence_us > timeout_us_) ||
        (member.state == MemberState::joining && silence_us > startup_timeout_us_);
    if (!silent) continue;
    set_state(member, MemberState::lost);
    lost.push_back(member.rank);
  }
  return lost;
}

}  // namespace steadfarm::core
