// Who is alive, as far as this master can know: from local receipt times and from the word of
// those who can know better.
#pragma once

#include <cstdint>
#include <vector>

#include "core/options.hpp"
#include "core/suspicion.hpp"

namespace steadfarm::core {

enum class MemberState : std::uint8_t {
  joining,  // has not spoken yet
  alive,
  lost,  // silent too long, or known to be dead
  left,  // said goodbye
};

struct MembershipTimes {
  TimeUs timeout_us = 0;          // silence before a member is lost, at the latest
  TimeUs startup_timeout_us = 0;  // the same before its first word
  TimeUs heartbeat_us = 0;        // between its signs of life
  // Of one that cannot speak while it computes, the silence that a unit may take; 0: any.
  TimeUs unit_timeout_us = 0;
};

/// Suspicion comes before loss. A member is *suspected* after kQuietBeats heartbeats of silence and
/// when its phi says so, and lost after the time-out; before that only if its phi is high, if it
/// has been silent for half of the time-out, and if most others are not silent as well.
class Membership {
 public:
  static constexpr TimeUs kQuietBeats = 3;  // nobody is suspected sooner
  static constexpr TimeUs kEarlyBeats = 5;  // nor lost
  static constexpr double kPhiSuspected = 3;
  static constexpr double kPhiLost = 8;

  explicit Membership(MembershipTimes times) : times_(times) {}

  void add(Rank rank, TimeUs now);
  /// One that is lost from the start, until it speaks.
  void add_lost(Rank rank, TimeUs now);

  /// A message came; `heartbeat`: one of those that come at regular times. Returns the state before
  /// it. A member lost by silence that speaks is alive again; one that is known to be dead is not,
  /// this was sent before its death.
  MemberState heard(Rank rank, TimeUs now, bool heartbeat = false);
  /// Silence of this member means nothing (it cannot send while it computes), or only after the
  /// unit time limit.
  void excuse_silence(Rank rank);
  /// It is dead, whatever its last message said. It stays lost.
  void set_dead(Rank rank);
  void set_left(Rank rank);

  struct Lost {
    Rank rank;
    TimeUs silence_us = 0;
    double phi = 0;      // if it was lost before the time-out; else 0
    bool early = false;  // so it was
  };
  struct Changes {
    std::vector<Lost> lost;
    std::vector<Rank> suspected;
  };
  /// To be called at every turn. Members that have become suspected or lost by silence. If the
  /// master itself was stopped for long, everybody's silence starts anew first.
  [[nodiscard]] Changes tick(TimeUs now);
  /// True from a long gap between ticks until the first one after it.
  [[nodiscard]] bool was_stopped(TimeUs now) const;

  [[nodiscard]] MemberState state(Rank rank) const { return find(rank).state; }
  [[nodiscard]] bool is_dead(Rank rank) const { return find(rank).dead; }
  [[nodiscard]] TimeUs heard_at(Rank rank) const { return find(rank).heard_at; }
  /// Since a tick said so, until it is heard again.
  [[nodiscard]] bool suspected(Rank rank) const { return find(rank).suspected; }
  /// Silent for so long that it should not be given anything, whatever excuse it has.
  [[nodiscard]] bool is_quiet(Rank rank, TimeUs now) const;
  [[nodiscard]] bool knows(Rank rank) const;
  [[nodiscard]] std::uint32_t alive_count() const { return alive_count_; }
  [[nodiscard]] std::uint32_t joining_count() const { return joining_count_; }

 private:
  struct Member {
    Rank rank;
    MemberState state = MemberState::joining;
    bool excused = false;
    bool dead = false;
    bool suspected = false;
    TimeUs heard_at = 0;
    TimeUs beat_at = -1;  // the last heartbeat; -1: none that an interval could begin with
    BeatTimes beats;
  };
  [[nodiscard]] Member& find(Rank rank);
  [[nodiscard]] const Member& find(Rank rank) const;
  void set_state(Member& member, MemberState state);
  [[nodiscard]] TimeUs listened_us(const Member& member, TimeUs now) const;
  [[nodiscard]] bool is_quiet(const Member& member, TimeUs now) const;
  [[nodiscard]] bool is_lost(const Member& member, TimeUs now) const;
  [[nodiscard]] double phi_if_lost_early(const Member& member, TimeUs now) const;

  MembershipTimes times_;
  TimeUs last_tick_ = -1;
  TimeUs listening_since_ = 0;   // ticks have come often enough since then
  std::vector<Member> members_;  // sorted by rank
  std::uint32_t alive_count_ = 0;
  std::uint32_t joining_count_ = 0;
  std::uint32_t suspected_count_ = 0;  // of those alive
};

}  // namespace steadfarm::core
