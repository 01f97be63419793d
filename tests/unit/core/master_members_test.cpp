#include <gtest/gtest.h>

#include "master_rig.hpp"

namespace steadfarm::core::test {
namespace {

UnitKey unit(std::uint64_t i) { return UnitKey::index(i); }

TEST(MasterMembers, goes_on_when_the_only_worker_returns_just_in_time) {
  MasterRig rig({}, MasterRig::range(3), 1);
  rig.step(0, Started{});
  rig.hello(0, 1);
  for (TimeUs now = 0; now <= 10'500'000; now += 1'000'000) rig.step(now, Tick{});
  rig.step(11'000'000, Tick{});
  ASSERT_EQ(rig.notes(NoteKind::worker_lost).size(), 1U);
  // The last tick before the patience ends, then the worker's word, after it has ended.
  rig.step(20'900'000, Tick{});
  EXPECT_TRUE(rig.all<Finish>().empty());
  rig.message(21'000'001, 1, 1, wire::Heartbeat{7});
  EXPECT_EQ(rig.notes(NoteKind::worker_returned).size(), 1U);
  EXPECT_EQ(rig.sent<wire::Assign>(1).size(), 1U);
  EXPECT_TRUE(rig.sent<wire::Shutdown>(1).empty());
  EXPECT_FALSE(rig.master().finished());
}

// Where a program cannot tell its own build, nobody is refused for it.
TEST(MasterMembers, a_rank_is_of_another_build_only_if_both_builds_are_known) {
  for (const char* ours : {"aaaa", ""}) {
    MasterOptions options;
    options.build = ours;
    MasterRig rig(options, MasterRig::range(3), 1);
    rig.step(0, Started{});
    wire::Hello hello{"host", 1, true};
    hello.build = options.build.empty() ? "bbbb" : "";
    rig.message(0, 1, 0, hello);
    EXPECT_EQ(rig.notes(NoteKind::worker_joined).size(), 1U) << "the master's: " << ours;
    EXPECT_EQ(rig.sent<wire::Assign>(1).size(), 1U);
  }
  MasterOptions options;
  options.build = "aaaa";
  MasterRig rig(options, MasterRig::range(3), 1);
  rig.step(0, Started{});
  wire::Hello hello{"host", 1, true};
  hello.build = "bbbb";
  rig.message(0, 1, 0, hello);
  EXPECT_TRUE(rig.sent<wire::Assign>(1).empty());
  EXPECT_EQ(rig.sent<wire::Shutdown>(1).size(), 1U);
}

TEST(MasterMembers, a_dead_worker_is_not_readmitted_by_what_it_said_before_it_died) {
  MasterRig rig({}, MasterRig::range(3), 2);
  rig.step(0, Started{});
  rig.hello(0, 1);
  ASSERT_EQ(rig.sent<wire::Assign>(1).size(), 1U);
  rig.step(1000, PeerLost{Rank(1), "killed"});
  EXPECT_EQ(rig.all<Forget>().size(), 1U);
  rig.message(2000, 1, 1, wire::Heartbeat{1});
  EXPECT_TRUE(rig.out().empty());
  // Its answer counts all the same; nothing is sent back, not even the Ack.
  wire::Report report;
  report.report_seq = 1;
  rig.report(3000, 1, 1, report, {done(unit(0), 1)});
  EXPECT_EQ(rig.all<Accept>().size(), 1U);
  EXPECT_EQ(rig.sends_to(1), 0U);
  EXPECT_TRUE(rig.all<Readmit>().empty());
}

// Seed 17960492690892 of the simulation: its Hello was lost on the way, and it was called dead in
// each of its units.
TEST(MasterMembers, a_worker_whose_hello_was_lost_says_itself_that_it_is_silent_in_units) {
  for (const bool at_safe_points : {true, false}) {
    MasterRig rig({}, MasterRig::range(3), 1);
    rig.step(0, Started{});
    rig.message(0, 1, 0, wire::Heartbeat{1, at_safe_points});
    ASSERT_EQ(rig.sent<wire::Assign>(1).size(), 1U);
    for (TimeUs now = 0; now <= 11'000'000; now += 1'000'000) rig.step(now, Tick{});
    EXPECT_EQ(rig.master().progress().workers_alive, at_safe_points ? 1U : 0U);
  }
}

TEST(MasterMembers, evidence_after_silence_makes_a_loss_final) {
  MasterRig rig({}, MasterRig::range(3), 1);
  rig.step(0, Started{});
  rig.hello(0, 1);
  for (TimeUs now = 0; now <= 11'000'000; now += 1'000'000) rig.step(now, Tick{});
  ASSERT_EQ(rig.master().progress().workers_alive, 0U);
  rig.step(11'000'001, PeerLost{Rank(1), "killed"});
  EXPECT_TRUE(rig.out().empty());  // said once already
  rig.message(11'000'002, 1, 1, wire::Heartbeat{1});
  EXPECT_TRUE(rig.out().empty());
}

TEST(MasterMembers, a_lost_welcome_to_a_later_session_is_said_again) {
  MasterOptions options;
  options.lossless = false;
  MasterRig rig(options, MasterRig::range(3), 1);
  rig.step(0, Started{});
  rig.hello(0, 1);
  for (TimeUs now = 0; now <= 11'000'000; now += 1'000'000) rig.step(now, Tick{});
  rig.message(11'100'000, 1, 1, wire::Heartbeat{1});
  ASSERT_EQ(rig.sent<wire::Welcome>(1).size(), 1U);  // session 2, lost on the way
  wire::Report idle;
  idle.idle = true;
  rig.report(12'000'000, 1, 1, idle, {});
  EXPECT_TRUE(rig.sent<wire::Welcome>(1).empty());  // it may still be under way
  rig.report(13'200'000, 1, 1, idle, {});
  ASSERT_EQ(rig.sent<wire::Welcome>(1).size(), 1U);
  EXPECT_EQ(rig.all<Send>().at(0).message.session, Session(2));
}

TEST(MasterMembers, a_worker_that_dies_while_the_run_is_stopped_costs_its_units_nothing) {
  MasterOptions options;
  options.has_store = true;
  options.deaths_max = 1;
  MasterRig rig(options, MasterRig::range(3), 2);
  rig.step(0, Started{});
  rig.hello(0, 1);
  rig.hello(0, 2);
  rig.step(1000, StopRequested{"the wall time is up"});
  rig.step(2000, PeerLost{Rank(1), "killed"});
  EXPECT_TRUE(rig.notes(NoteKind::unit_quarantined).empty());
  EXPECT_EQ(rig.master().progress().pending, 3U);
}

TEST(MasterMembers, a_better_value_is_noted_with_the_rank_that_found_it) {
  MasterRig rig({}, MasterRig::range(2), 2);
  rig.step(0, Started{});
  rig.hello(0, 1);
  for (TimeUs now = 0; now <= 11'000'000; now += 1'000'000) {
    rig.step(now, Tick{});
    rig.message(now, 2, 1, wire::Heartbeat{1});
  }
  rig.report(11'200'000, 2, 1, {}, {done(unit(1), 1)});
  // Unit 0 was taken from rank 1 and belongs to rank 2 now; rank 1 answers late.
  ASSERT_EQ(rig.sent<wire::Assign>(2).size(), 1U);
  wire::AnswerView answer = done(unit(0), 1);
  answer.proposal_value = 5;
  rig.report(11'500'000, 1, 1, {}, {answer});
  ASSERT_EQ(rig.notes(NoteKind::shared_improved).size(), 1U);
  EXPECT_EQ(rig.notes(NoteKind::shared_improved).front().rank, Rank(1));
}

}  // namespace
}  // namespace steadfarm::core::test
