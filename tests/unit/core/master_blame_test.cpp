// Which units are charged with the death of a worker when a whole node dies.
#include <gtest/gtest.h>

#include "master_rig.hpp"

namespace steadfarm::core::test {
namespace {

constexpr TimeUs kSecond = 1'000'000;

wire::Report idle_report(std::uint32_t assigns_seen = 0) {
  wire::Report report;
  report.idle = true;
  report.assigns_seen = assigns_seen;
  return report;
}

// Rank 1 has the only unit, the others wait for work.
void let_others_wait(MasterRig& rig, std::int32_t workers) {
  rig.step(0, Started{});
  for (std::int32_t rank = 1; rank <= workers; ++rank) rig.hello(0, rank);
  for (std::int32_t rank = 2; rank <= workers; ++rank) rig.report(0, rank, 1, idle_report(), {});
}

TEST(MasterBlame, a_unit_that_never_left_is_not_charged) {
  MasterRig rig({}, MasterRig::range(1), 4);
  let_others_wait(rig, 4);
  rig.step(1000, PeerLost{Rank(1), "killed"});
  for (const std::int32_t rank : {2, 3, 4}) {
    ASSERT_EQ(rig.sent<wire::Assign>(rank).size(), 1U);
    rig.step(1000, PeerLost{Rank(rank), "dead", 1});  // the transport refused that Assign
  }
  EXPECT_TRUE(rig.notes(NoteKind::unit_quarantined).empty());
  EXPECT_EQ(rig.master().progress().pending, 1U);
}

TEST(MasterBlame, a_unit_that_was_sent_is_charged_each_time) {
  MasterRig rig({}, MasterRig::range(1), 3);
  let_others_wait(rig, 3);
  rig.step(1000, PeerLost{Rank(1), "killed"});
  rig.step(1000, PeerLost{Rank(2), "killed"});
  rig.step(1000, PeerLost{Rank(3), "killed"});
  ASSERT_EQ(rig.notes(NoteKind::unit_quarantined).size(), 1U);
  EXPECT_EQ(rig.notes(NoteKind::unit_quarantined).front().count, 3U);
}

TEST(MasterBlame, older_units_are_charged_although_the_last_assign_never_left) {
  MasterOptions options;
  options.policy.kind = PolicyKind::fixed;
  options.deaths_max = 1;
  MasterRig rig(options, MasterRig::range(2), 1);
  rig.step(0, Started{});
  rig.hello(0, 1);
  rig.report(10, 1, 1, {}, {});
  ASSERT_EQ(rig.sent<wire::Assign>(1).size(), 1U);  // the second one: unit 1
  rig.step(20, PeerLost{Rank(1), "dead", 2});
  ASSERT_EQ(rig.notes(NoteKind::unit_quarantined).size(), 1U);
  EXPECT_EQ(rig.notes(NoteKind::unit_quarantined).front().unit, UnitKey::index(0));
}

TEST(MasterBlame, a_waiting_worker_that_fell_silent_gets_nothing_until_it_speaks) {
  MasterOptions options;
  options.tail.second_executions = false;  // rank 1 is silent as well
  MasterRig rig(options, MasterRig::range(1), 3);
  let_others_wait(rig, 3);
  rig.message(6 * kSecond, 3, 1, wire::Heartbeat{1});
  rig.step(6 * kSecond, Tick{});
  rig.step(6 * kSecond, PeerLost{Rank(1), "killed"});
  EXPECT_TRUE(rig.sent<wire::Assign>(2).empty());  // silent for six heartbeats
  EXPECT_EQ(rig.sent<wire::Assign>(3).size(), 1U);
}

TEST(MasterBlame, a_waiting_worker_that_speaks_again_gets_the_unit) {
  MasterRig rig({}, MasterRig::range(1), 2);
  let_others_wait(rig, 2);
  rig.step(6 * kSecond, PeerLost{Rank(1), "killed"});
  EXPECT_TRUE(rig.sent<wire::Assign>(2).empty());
  rig.report(7 * kSecond, 2, 1, idle_report(), {});
  EXPECT_EQ(rig.sent<wire::Assign>(2).size(), 1U);
}

// A unit that was charged already is among others again only if it was doubled, and its helper
// died: it may be as innocent of the second death as those that waited with it.
TEST(MasterBlame, a_doubled_unit_is_charged_once_in_company) {
  MasterOptions options;
  options.policy.kind = PolicyKind::fixed;
  options.policy.chunk = 2;
  options.tail.take_back = false;
  options.tail.straggler_us = 1000;
  options.deaths_max = 2;
  MasterRig rig(options, MasterRig::range(3), 3);
  rig.step(0, Started{});
  rig.hello(0, 1);  // units 0 and 1
  rig.hello(0, 2);
  wire::Report report = idle_report(1);
  report.executed = 1;
  report.busy_us = report.longest_us = 10;
  rig.report(10, 2, 1, report, {done(UnitKey::index(2), 1)});
  rig.step(kSecond / 10, Tick{});
  ASSERT_EQ(rig.notes(NoteKind::unit_doubled).size(), 1U);
  ASSERT_EQ(rig.notes(NoteKind::unit_doubled).front().unit, UnitKey::index(0));

  rig.step(kSecond / 10 + 1, PeerLost{Rank(2), "killed"});  // charged for the first time
  rig.step(kSecond / 10 + 2, PeerLost{Rank(1), "killed"});
  EXPECT_TRUE(rig.notes(NoteKind::unit_quarantined).empty());
  EXPECT_EQ(rig.master().progress().pending, 2U);

  // Both are suspects now. Alone, the next death is its own.
  rig.hello(kSecond / 10 + 3, 3);
  ASSERT_EQ(rig.sent<wire::Assign>(3).size(), 1U);
  EXPECT_EQ(rig.sent<wire::Assign>(3).front().units.unit_count(), 1U);
  rig.step(kSecond / 10 + 4, PeerLost{Rank(3), "killed"});
  ASSERT_EQ(rig.notes(NoteKind::unit_quarantined).size(), 1U);
  EXPECT_EQ(rig.notes(NoteKind::unit_quarantined).front().count, 2U);
}

}  // namespace
}  // namespace steadfarm::core::test
