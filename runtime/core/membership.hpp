// Who is alive, as far as this master can know: from local receipt times and from the word of
// those who can know better.
#pragma once

#include <cstdint>
#include <vector>

#include "core/options.hpp"

namespace steadfarm::core {

enum class MemberState : std::uint8_t {
  joining,  // has not spoken yet
  alive,
  lost,  // silent too long, or known to be dead
  left,  // said goodbye
};

class Membership {
 public:
  Membership(TimeUs timeout_us, TimeUs startup_timeout_us)
      : timeout_us_(timeout_us), startup_timeout_us_(startup_timeout_us) {}

  void add(Rank rank, TimeUs now);

  /// A message came. Returns the state before it. A member lost by silence that speaks is alive
  /// again; one that is known to be dead is not, this was sent before its death.
  MemberState heard(Rank rank, TimeUs now);
  /// Silence of this member means nothing (it cannot send while it computes).
  void ignore_silence(Rank rank);
  /// It is dead, whatever its last message said. It stays lost.
  void set_dead(Rank rank);
  void set_left(Rank rank);

  /// To be called at every turn. Members that have become lost by silence. If the master itself
  /// was stopped for long, everybody's silence starts anew first.
  [[nodiscard]] std::vector<Rank> tick(TimeUs now);
  /// True from a long gap between ticks until the first one after it.
  [[nodiscard]] bool was_stopped(TimeUs now) const;

  [[nodiscard]] MemberState state(Rank rank) const { return find(rank).state; }
  [[nodiscard]] TimeUs heard_at(Rank rank) const { return find(rank).heard_at; }
  [[nodiscard]] bool knows(Rank rank) const;
  [[nodiscard]] std::uint32_t alive_count() const { return alive_count_; }
  [[nodiscard]] std::uint32_t joining_count() const { return joining_count_; }

 private:
  struct Member {
    Rank rank;
    MemberState state = MemberState::joining;
    bool silence_counts = true;
    bool dead = false;
    TimeUs heard_at = 0;
  };
  [[nodiscard]] Member& find(Rank rank);
  [[nodiscard]] const Member& find(Rank rank) const;
  void set_state(Member& member, MemberState state);

  TimeUs timeout_us_;
  TimeUs startup_timeout_us_;
  TimeUs last_tick_ = -1;
  std::vector<Member> members_;  // sorted by rank
  std::uint32_t alive_count_ = 0;
  std::uint32_t joining_count_ = 0;
};

}  // namespace steadfarm::core
