#include "core/membership.hpp"

#include <gtest/gtest.h>

namespace steadfarm::core {
namespace {

constexpr TimeUs kTimeout = 10'000;
constexpr TimeUs kStartup = 60'000;
constexpr TimeUs kStep = 1'000;

using Ranks = std::vector<Rank>;

Membership two() {
  Membership members(kTimeout, kStartup);
  members.add(Rank(1), 0);
  members.add(Rank(2), 0);
  return members;
}

// Ticks in small steps; rank `speaking` (if any) is heard before each. Returns who was lost.
Ranks run(Membership& members, TimeUs from, TimeUs to, std::int32_t speaking = 0) {
  Ranks lost;
  for (TimeUs now = from; now <= to; now += kStep) {
    if (speaking != 0) members.heard(Rank(speaking), now);
    for (const Rank rank : members.tick(now)) lost.push_back(rank);
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
  EXPECT_EQ(members.tick(600'000'000), Ranks{});
  EXPECT_EQ(run(members, 600'001'000, 600'000'000 + kTimeout), Ranks{});
  EXPECT_EQ(run(members, 600'000'001 + kTimeout, 600'000'001 + kTimeout), Ranks{Rank(1)});
}

TEST(Membership, a_short_pause_of_the_master_forgives_nothing) {
  Membership members = two();
  members.heard(Rank(1), 0);
  EXPECT_EQ(run(members, 0, kTimeout - 1'000), Ranks{});
  EXPECT_EQ(members.tick(kTimeout - 1'000 + kTimeout / 2), Ranks{Rank(1)});
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
  members.ignore_silence(Rank(1));
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

TEST(MembershipDeathTest, wants_its_members_in_order_and_knows_no_stranger) {
  Membership members = two();
  EXPECT_DEATH(members.add(Rank(2), 0), "assertion failed");
  EXPECT_DEATH(members.heard(Rank(9), 0), "assertion failed");
}

}  // namespace
}  // namespace steadfarm::core
