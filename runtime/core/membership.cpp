#include "core/membership.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "core/by_rank.hpp"

namespace steadfarm::core {

void Membership::add(Rank rank, TimeUs now) {
  STEADFARM_ASSERT(members_.empty() || members_.back().rank < rank);
  Member member;
  member.rank = rank;
  member.heard_at = now;
  members_.push_back(member);
  ++joining_count_;
}

void Membership::add_lost(Rank rank, TimeUs now) {
  add(rank, now);
  set_state(members_.back(), MemberState::lost);
}

bool Membership::knows(Rank rank) const { return find_by_rank(members_, rank) != nullptr; }

const Membership::Member& Membership::find(Rank rank) const {
  const Member* member = find_by_rank(members_, rank);
  STEADFARM_ASSERT(member != nullptr);
  return *member;
}

Membership::Member& Membership::find(Rank rank) {
  return const_cast<Member&>(static_cast<const Membership*>(this)->find(rank));
}

void Membership::set_state(Member& member, MemberState state) {
  if (member.suspected) {
    member.suspected = false;
    --suspected_count_;
  }
  if (member.state == MemberState::alive) --alive_count_;
  if (member.state == MemberState::joining) --joining_count_;
  member.state = state;
  if (member.state == MemberState::alive) ++alive_count_;
  if (member.state == MemberState::joining) ++joining_count_;
}

MemberState Membership::heard(Rank rank, TimeUs now, bool heartbeat) {
  Member& member = find(rank);
  const MemberState before = member.state;
  member.heard_at = now;
  if (heartbeat) {
    // While it was given up it may have been stopped: that is no time between two heartbeats.
    const bool regular = before == MemberState::alive && member.beat_at >= 0;
    if (regular) member.beats.add(now - member.beat_at);
    member.beat_at = now;
  }
  if (before != MemberState::left && !member.dead) set_state(member, MemberState::alive);
  return before;
}

void Membership::excuse_silence(Rank rank) { find(rank).excused = true; }
void Membership::set_dead(Rank rank) {
  Member& member = find(rank);
  member.dead = true;
  set_state(member, MemberState::lost);
}
void Membership::set_left(Rank rank) { set_state(find(rank), MemberState::left); }

bool Membership::was_stopped(TimeUs now) const {
  return last_tick_ >= 0 && now - last_tick_ > times_.timeout_us / 2;
}

// For how long it was silent while we were listening.
TimeUs Membership::listened_us(const Member& member, TimeUs now) const {
  return now - std::max(member.heard_at, listening_since_);
}

bool Membership::is_quiet(Rank rank, TimeUs now) const {
  const Member& member = find(rank);
  return member.suspected || is_quiet(member, now);
}

bool Membership::is_quiet(const Member& member, TimeUs now) const {
  const TimeUs silence_us = listened_us(member, now);
  if (silence_us <= kQuietBeats * times_.heartbeat_us) return false;
  return !member.beats.known() ||
         member.beats.phi(silence_us, times_.heartbeat_us) >= kPhiSuspected;
}

bool Membership::is_lost(const Member& member, TimeUs now) const {
  const TimeUs silence_us = now - member.heard_at;
  if (member.state == MemberState::joining) return silence_us > times_.startup_timeout_us;
  if (!member.excused) return silence_us > times_.timeout_us;
  return times_.unit_timeout_us > 0 && silence_us > times_.unit_timeout_us + times_.timeout_us;
}

// Its phi, if that is enough; else 0. Where most are silent the fault is more likely ours, or that
// of what is between us: then the time-out decides.
double Membership::phi_if_lost_early(const Member& member, TimeUs now) const {
  if (!member.suspected || !member.beats.known()) return 0;
  const TimeUs floor_us = std::max(times_.timeout_us / 2, kEarlyBeats * times_.heartbeat_us);
  const TimeUs silence_us = listened_us(member, now);
  if (silence_us <= floor_us || suspected_count_ * 2 >= alive_count_) return 0;
  const double phi = member.beats.phi(silence_us, times_.heartbeat_us);
  return phi >= kPhiLost ? phi : 0;
}

Membership::Changes Membership::tick(TimeUs now) {
  Changes changes;
  // A gap this long means that we did not look, not that they did not speak.
  const bool stopped = was_stopped(now);
  if (stopped || (last_tick_ >= 0 && now - last_tick_ > times_.heartbeat_us)) {
    listening_since_ = now;
  }
  last_tick_ = now;
  for (Member& member : members_) {
    if (stopped) {
      member.heard_at = now;
      member.beat_at = -1;
    }
    if (member.state == MemberState::lost || member.state == MemberState::left) continue;
    const double phi = phi_if_lost_early(member, now);
    if (phi > 0 || is_lost(member, now)) {
      const bool early = !is_lost(member, now);
      changes.lost.push_back({member.rank, now - member.heard_at, early ? phi : 0, early});
      set_state(member, MemberState::lost);
    } else if (member.state == MemberState::alive && !member.excused && !member.suspected &&
               is_quiet(member, now)) {
      member.suspected = true;
      ++suspected_count_;
      changes.suspected.push_back(member.rank);
    }
  }
  return changes;
}

}  // namespace steadfarm::core
