#include "core/membership.hpp"

#include <gtest/gtest.h>

namespace steadfarm::core {
namespace {

constexpr TimeUs kTimeout = 10'000;
constexpr TimeUs kStartup = 60'000;
constexpr TimeUs kStep = 1'000;
constexpr TimeUs kBeat = 1'000;

using Ranks = std::vector<Rank>;

Membership two() {
  Membership members({kTimeout, kStartup, kBeat});
  members.add(Rank(1), 0);
  members.add(Rank(2), 0);
  return members;
}

Ranks ranks_of(const Membership::Changes& changes) {
  Ranks lost;
  for (const Membership::Lost& each : changes.lost) lost.push_back(each.rank);
  return lost;
}

// Ticks in small steps; rank `speaking` (if any) is heard before each. Returns who was lost.
Ranks run(Membership& members, TimeUs from, TimeUs to, std::int32_t speaking = 0) {
  Ranks lost;
  for (TimeUs now = from; now <= to; now += kStep) {
    if (speaking != 0) members.heard(Rank(speaking), now);
    for (const Rank rank : ranks_of(members.tick(now))) lost.push_back(rank);
  }
  return lost;
}

TEST(Membership, joins_at_the_first_word) {
  Membership members = two();
  EXPECT_EQ(members.state(Rank(1)), MemberState::joining);
  EXPECT_EQ(members.joining_count(), 2U);
  EXPECT_EQ(members.heard(Rank(1), 5), MemberState::joining);
  EXPECT_EQ(members.heard(Rank(1), 6), MemberState::alive);
  EXPECT_EQ(members.alive_count(), 1U);
  EXPECT_EQ(members.joining_count(), 1U);
  EXPECT_TRUE(members.knows(Rank(2)));
  EXPECT_FALSE(members.knows(Rank(3)));
}

TEST(Membership, loses_who_is_silent_for_longer_than_the_timeout_and_nobody_else) {
  Membership members = two();
  members.heard(Rank(1), 0);
  members.heard(Rank(2), 0);
  EXPECT_EQ(run(members, 0, kTimeout, 2), Ranks{});
  EXPECT_EQ(run(members, kTimeout + 1, kTimeout + 1, 2), Ranks{Rank(1)});
  EXPECT_EQ(members.state(Rank(1)), MemberState::lost);
  EXPECT_EQ(members.alive_count(), 1U);
  EXPECT_EQ(run(members, kTimeout + 2, 3 * kTimeout, 2), Ranks{});  // said once
}

TEST(Membership, is_patient_with_who_never_spoke_but_not_for_ever) {
  Membership members = two();
  EXPECT_EQ(run(members, 0, kStartup, 2), Ranks{});
  EXPECT_EQ(run(members, kStartup + 1, kStartup + 1, 2), Ranks{Rank(1)});
  EXPECT_EQ(members.joining_count(), 0U);
}

TEST(Membership, declares_nobody_lost_when_the_master_itself_was_stopped) {
  Membership members = two();
  members.heard(Rank(1), 0);
  EXPECT_EQ(run(members, 0, 2'000), Ranks{});
  // Ten minutes without a tick: not even who never spoke is lost.
  EXPECT_EQ(ranks_of(members.tick(600'000'000)), Ranks{});
  EXPECT_EQ(run(members, 600'001'000, 600'000'000 + kTimeout), Ranks{});
  EXPECT_EQ(run(members, 600'000'001 + kTimeout, 600'000'001 + kTimeout), Ranks{Rank(1)});
}

TEST(Membership, a_short_pause_of_the_master_forgives_nothing) {
  Membership members = two();
  members.heard(Rank(1), 0);
  EXPECT_EQ(run(members, 0, kTimeout - 1'000), Ranks{});
  EXPECT_EQ(ranks_of(members.tick(kTimeout - 1'000 + kTimeout / 2)), Ranks{Rank(1)});
}

TEST(Membership, a_silent_member_that_speaks_again_is_alive_again) {
  Membership members = two();
  members.heard(Rank(1), 0);
  run(members, 0, kTimeout + kStep, 2);
  EXPECT_EQ(members.heard(Rank(1), 12'000), MemberState::lost);
  EXPECT_EQ(members.state(Rank(1)), MemberState::alive);
  EXPECT_EQ(members.alive_count(), 2U);
}

TEST(Membership, the_dead_stay_dead_whatever_they_had_said) {
  Membership members = two();
  members.heard(Rank(1), 0);
  members.set_dead(Rank(1));
  EXPECT_EQ(members.state(Rank(1)), MemberState::lost);
  EXPECT_EQ(members.heard(Rank(1), 1), MemberState::lost);
  EXPECT_EQ(members.state(Rank(1)), MemberState::lost);
  EXPECT_EQ(members.alive_count(), 0U);
  EXPECT_EQ(run(members, 0, 2 * kTimeout, 2), Ranks{});
}

TEST(Membership, silence_means_nothing_where_it_was_excused) {
  Membership members = two();
  members.heard(Rank(1), 0);
  members.excuse_silence(Rank(1));
  EXPECT_EQ(run(members, 0, 5 * kTimeout, 2), Ranks{});
  EXPECT_EQ(members.state(Rank(1)), MemberState::alive);
}

TEST(Membership, who_left_is_neither_lost_nor_back) {
  Membership members = two();
  members.heard(Rank(1), 0);
  members.set_left(Rank(1));
  EXPECT_EQ(members.alive_count(), 0U);
  EXPECT_EQ(members.heard(Rank(1), 5), MemberState::left);
  EXPECT_EQ(members.state(Rank(1)), MemberState::left);
  EXPECT_EQ(run(members, 0, 2 * kTimeout, 2), Ranks{});
}

TEST(Membership, an_excused_member_is_lost_after_the_unit_time_limit_and_the_timeout) {
  Membership members({kTimeout, kStartup, kBeat, 5 * kTimeout});
  members.add(Rank(1), 0);
  members.heard(Rank(1), 0);
  members.excuse_silence(Rank(1));
  EXPECT_EQ(run(members, 0, 6 * kTimeout), Ranks{});
  EXPECT_EQ(run(members, 6 * kTimeout + kStep, 6 * kTimeout + kStep), Ranks{Rank(1)});
}

// ---- suspicion ----

// Three members; all beat every `interval` (plus what `late` says) until `until`.
Membership three_beating(TimeUs until, TimeUs late = 0) {
  Membership members({kTimeout, kStartup, kBeat});
  for (const std::int32_t rank : {1, 2, 3}) members.add(Rank(rank), 0);
  TimeUs beat_at = 0;
  bool odd = false;
  for (TimeUs now = 0; now <= until; now += kBeat / 4) {
    if (now >= beat_at) {
      for (const std::int32_t rank : {1, 2, 3}) members.heard(Rank(rank), now, true);
      beat_at = now + kBeat + (odd ? late : 0);
      odd = !odd;
    }
    EXPECT_TRUE(members.tick(now).lost.empty());
  }
  return members;
}

struct Found {
  TimeUs suspected_at = -1;
  Membership::Lost lost;
};
// From `from` on the given ranks beat; when was rank 1 suspected, when lost?
Found silence_of_1(Membership& members, TimeUs from, const std::vector<std::int32_t>& beating) {
  Found found;
  for (TimeUs now = from; now <= from + 2 * kTimeout; now += kBeat / 4) {
    for (const std::int32_t rank : beating) members.heard(Rank(rank), now, true);
    const Membership::Changes changes = members.tick(now);
    for (const Rank rank : changes.suspected) {
      if (rank == Rank(1)) found.suspected_at = now - from;
    }
    for (const Membership::Lost& lost : changes.lost) {
      if (lost.rank == Rank(1)) found.lost = lost;
    }
  }
  return found;
}

TEST(Membership, suspects_a_silent_one_after_three_heartbeats_and_loses_it_after_half_the_timeout) {
  Membership members = three_beating(60 * kBeat);
  const Found found = silence_of_1(members, 60 * kBeat + kBeat / 4, {2, 3});
  EXPECT_EQ(found.suspected_at, 3 * kBeat);  // a step after three heartbeats of silence
  EXPECT_TRUE(found.lost.early);
  EXPECT_EQ(found.lost.silence_us, kTimeout / 2 + kBeat / 4);
  EXPECT_GT(found.lost.phi, Membership::kPhiLost);
}

TEST(Membership, is_more_patient_with_one_whose_heartbeats_come_irregularly) {
  Membership members = three_beating(200 * kBeat, 4 * kBeat);  // 1 and 5 in turn
  const Found found = silence_of_1(members, 200 * kBeat + kBeat / 4, {2, 3});
  EXPECT_GT(found.suspected_at, 7 * kBeat);
  EXPECT_FALSE(found.lost.early);  // the time-out decided
  EXPECT_GT(found.lost.silence_us, kTimeout);
  EXPECT_EQ(found.lost.phi, 0);
}

TEST(Membership, loses_nobody_early_where_most_are_silent) {
  Membership members = three_beating(60 * kBeat);
  const Found found = silence_of_1(members, 60 * kBeat + kBeat / 4, {3});
  EXPECT_EQ(found.suspected_at, 3 * kBeat);
  EXPECT_FALSE(found.lost.early);
  EXPECT_GT(found.lost.silence_us, kTimeout);
}

TEST(Membership, concludes_nothing_from_a_few_heartbeats) {
  Membership members = three_beating(10 * kBeat);
  const Found found = silence_of_1(members, 10 * kBeat + kBeat / 4, {2, 3});
  EXPECT_EQ(found.suspected_at, 3 * kBeat);
  EXPECT_FALSE(found.lost.early);
}

TEST(Membership, a_word_of_any_kind_ends_the_suspicion) {
  Membership members = three_beating(60 * kBeat);
  for (TimeUs now = 60 * kBeat; now <= 64 * kBeat; now += kBeat / 4) {
    members.heard(Rank(2), now, true);
    static_cast<void>(members.tick(now));
  }
  EXPECT_TRUE(members.suspected(Rank(1)));
  EXPECT_TRUE(members.is_quiet(Rank(1), 64 * kBeat));
  EXPECT_EQ(members.heard(Rank(1), 64 * kBeat), MemberState::alive);
  EXPECT_FALSE(members.suspected(Rank(1)));
  EXPECT_FALSE(members.is_quiet(Rank(1), 64 * kBeat));
}

TEST(Membership, a_pause_of_the_master_makes_suspicion_begin_anew) {
  Membership members = three_beating(60 * kBeat);
  // Too short to forgive silence, long enough to have missed heartbeats.
  const TimeUs pause = kTimeout * 2 / 5;
  EXPECT_TRUE(members.tick(60 * kBeat + pause).suspected.empty());
  const Found found = silence_of_1(members, 60 * kBeat + pause + kBeat / 4, {2, 3});
  EXPECT_GE(found.suspected_at, 2 * kBeat);
  EXPECT_GT(found.lost.silence_us, kTimeout / 2 + pause);
}

TEST(MembershipDeathTest, wants_its_members_in_order_and_knows_no_stranger) {
  Membership members = two();
  EXPECT_DEATH(members.add(Rank(2), 0), "assertion failed");
  EXPECT_DEATH(members.heard(Rank(9), 0), "assertion failed");
}

}  // namespace
}  // namespace steadfarm::core
