// What is said of a loss: how it was noticed, after how long, when the work went on, what was lost.
#include <gtest/gtest.h>

#include "master_rig.hpp"

namespace steadfarm::core::test {
namespace {

constexpr TimeUs kSecond = 1'000'000;

UnitKey unit(std::uint64_t i) { return UnitKey::index(i); }

// One unit each, for ranks 1 to `workers`, from `at` on.
void begin(MasterRig& rig, std::int32_t workers, TimeUs at = 0) {
  rig.step(at, Started{});
  for (std::int32_t rank = 1; rank <= workers; ++rank) rig.hello(at, rank);
}

MasterOptions one_unit_each() {
  MasterOptions options;
  options.policy.kind = PolicyKind::fixed;
  options.policy.prefetch_max = 1;
  options.tail.second_executions = false;
  return options;
}

Loss loss_in(const MasterRig& rig) {
  const std::vector<Note> notes = rig.notes(NoteKind::worker_lost);
  if (notes.size() != 1 || !notes.front().loss) {
    ADD_FAILURE() << "no loss, or several";
    return {};
  }
  return *notes.front().loss;
}

TEST(MasterLosses, an_ended_process_is_lost_with_what_it_had_worked) {
  MasterRig rig(one_unit_each(), MasterRig::range(2), 2);
  begin(rig, 2);
  rig.message(2 * kSecond, 1, 1, wire::Heartbeat{1});
  rig.step(5 * kSecond / 2, PeerLost{Rank(1), "its process has ended", 0, LossKind::process});
  const Loss loss = loss_in(rig);
  EXPECT_EQ(loss.how, LossKind::process);
  EXPECT_EQ(loss.silence_us, kSecond / 2);
  EXPECT_EQ(loss.redo_us, 5 * kSecond / 2);
  EXPECT_EQ(rig.notes(NoteKind::worker_lost).front().text, "its process has ended");
}

TEST(MasterLosses, what_it_had_saved_need_not_be_done_again) {
  MasterRig rig(one_unit_each(), MasterRig::range(1), 1);
  begin(rig, 1);
  rig.message(2 * kSecond, 1, 1,
              wire::Partial{unit(0), Attempt(1), 1, std::make_shared<const Bytes>(bytes("s"))});
  rig.step(3 * kSecond, PeerLost{Rank(1), "killed"});
  EXPECT_EQ(loss_in(rig).redo_us, kSecond);
  EXPECT_EQ(loss_in(rig).how, LossKind::transport);
}

TEST(MasterLosses, a_silent_one_is_taken_to_have_worked_until_its_last_word) {
  MasterRig rig(one_unit_each(), MasterRig::range(1), 1);
  begin(rig, 1);
  rig.message(2 * kSecond, 1, 1, wire::Heartbeat{1});
  for (TimeUs now = 2 * kSecond; now <= 12 * kSecond; now += kSecond / 2) rig.step(now, Tick{});
  EXPECT_TRUE(rig.notes(NoteKind::worker_lost).empty());
  rig.step(12 * kSecond + 1, Tick{});
  EXPECT_EQ(loss_in(rig).how, LossKind::silence);
  EXPECT_EQ(loss_in(rig).silence_us, 10 * kSecond + 1);
  EXPECT_EQ(loss_in(rig).redo_us, 2 * kSecond);
}

TEST(MasterLosses, an_idle_one_loses_nothing_and_nothing_has_to_go_on) {
  MasterRig rig(one_unit_each(), MasterRig::range(1), 2);
  begin(rig, 2);
  rig.step(3 * kSecond, PeerLost{Rank(2), "killed"});
  EXPECT_EQ(loss_in(rig).redo_us, 0);
  rig.report(4 * kSecond, 1, 1, {}, {done(unit(0), 1)});
  EXPECT_TRUE(rig.notes(NoteKind::work_went_on).empty());
}

TEST(MasterLosses, says_when_the_first_of_its_units_is_with_somebody_else) {
  MasterRig rig(one_unit_each(), MasterRig::range(2), 2);
  begin(rig, 2);
  rig.step(3 * kSecond, PeerLost{Rank(1), "killed"});
  EXPECT_TRUE(rig.notes(NoteKind::work_went_on).empty());
  rig.report(5 * kSecond, 2, 1, {}, {done(unit(1), 1)});
  ASSERT_EQ(rig.notes(NoteKind::work_went_on).size(), 1U);
  const Note note = rig.notes(NoteKind::work_went_on).front();
  EXPECT_EQ(note.rank, Rank(1));
  EXPECT_EQ(note.unit, unit(0));
  EXPECT_EQ(note.count, 2ULL * kSecond);
  rig.report(6 * kSecond, 2, 1, {}, {failed(unit(0), 2)});
  EXPECT_TRUE(rig.notes(NoteKind::work_went_on).empty());  // said once
}

TEST(MasterLosses, a_deaf_unit_is_charged_alone_and_known_to_the_next_start) {
  MasterOptions options;
  options.policy.kind = PolicyKind::fixed;
  options.policy.chunk = 3;
  options.has_store = true;
  options.deaths_max = 1;
  options.unit_timeout_us = 5 * kSecond;
  MasterRig rig(options, MasterRig::range(3), 1);
  begin(rig, 1);
  rig.step(1, Tick{});
  rig.message(6 * kSecond, 1, 1, wire::Overdue{unit(1), Attempt(1)});
  EXPECT_EQ(loss_in(rig).how, LossKind::overdue);
  EXPECT_EQ(rig.notes(NoteKind::worker_lost).front().text,
            "unit 1 ran longer than the unit time limit of 5.0 s");
  ASSERT_EQ(rig.notes(NoteKind::unit_quarantined).size(), 1U);
  EXPECT_EQ(rig.notes(NoteKind::unit_quarantined).front().unit, unit(1));
  EXPECT_EQ(
      rig.notes(NoteKind::unit_quarantined).front().text,
      "quarantined: it ran longer than the unit time limit of 5.0 s and could not be ended; 1 "
      "workers ended for it");
  EXPECT_EQ(rig.master().progress().pending, 2U);
  // It is dead for good, whatever it says.
  rig.message(6 * kSecond + 1, 1, 1, wire::Heartbeat{1});
  EXPECT_TRUE(rig.all<Readmit>().empty());
  rig.message(6 * kSecond + 2, 1, 1, wire::Overdue{unit(1), Attempt(1)});
  EXPECT_TRUE(rig.notes(NoteKind::worker_lost).empty());
}

TEST(MasterLosses, says_once_that_a_unit_runs_far_beyond_the_longest) {
  MasterRig rig(one_unit_each(), MasterRig::range(2), 1);
  begin(rig, 1);
  wire::Report report;
  report.executed = 1;
  report.busy_us = report.longest_us = 2 * kSecond;
  rig.report(2 * kSecond, 1, 1, report, {done(unit(0), 1)});
  std::vector<TimeUs> noted;
  for (TimeUs now = 2 * kSecond; now <= 30 * kSecond; now += kSecond / 2) {
    rig.message(now, 1, 1, wire::Heartbeat{1});
    rig.step(now, Tick{});
    if (rig.notes(NoteKind::unit_overdue).empty()) continue;
    noted.push_back(now);
    EXPECT_EQ(rig.notes(NoteKind::unit_overdue).front().unit, unit(1));
    EXPECT_EQ(rig.notes(NoteKind::unit_overdue).front().text, "the longest so far took 2.0 s");
  }
  EXPECT_EQ(noted, std::vector<TimeUs>{12 * kSecond + kSecond / 2});
}

// Rank 1 beats `beats` times and falls silent; the others go on until `until`.
void fall_silent(MasterRig& rig, std::int32_t workers, int beats, TimeUs until) {
  for (TimeUs now = 0; now <= until; now += kSecond / 2) {
    for (std::int32_t rank = 1; rank <= workers; ++rank) {
      const bool speaks = rank > 1 || now <= beats * kSecond;
      if (speaks && now % kSecond == 0) rig.message(now, rank, 1, wire::Heartbeat{1});
    }
    rig.step(now, Tick{});
  }
}

TEST(MasterLosses, nothing_is_sent_to_a_suspected_worker_until_it_speaks) {
  MasterOptions options = one_unit_each();
  options.has_store = true;
  MasterRig rig(options, MasterRig::range(9), 3);
  begin(rig, 3);
  fall_silent(rig, 3, 30, 33 * kSecond + kSecond / 2);
  ASSERT_EQ(rig.all<Suspect>().size(), 1U);
  EXPECT_EQ(rig.all<Suspect>().front().rank, Rank(1));
  EXPECT_EQ(rig.notes(NoteKind::worker_suspected).size(), 1U);
  // A better value, a beat, a stop: the others hear of it.
  rig.message(34 * kSecond, 2, 1, wire::Propose{{7, bytes("w")}});
  EXPECT_EQ(rig.sent<wire::Shared>(2).size(), 1U);
  EXPECT_EQ(rig.sends_to(1), 0U);
  rig.step(34 * kSecond + 1, StopRequested{"the wall time is up"});
  EXPECT_EQ(rig.sent<wire::Stop>(2).size(), 1U);
  EXPECT_EQ(rig.sends_to(1), 0U);
  rig.message(34 * kSecond + 2, 1, 1, wire::Heartbeat{1});
  EXPECT_EQ(rig.all<Trust>().size(), 1U);
  EXPECT_EQ(rig.sent<wire::Shared>(1).size(), 1U);
  EXPECT_EQ(rig.sent<wire::Stop>(1).size(), 1U);
  EXPECT_TRUE(rig.sent<wire::Welcome>(1).empty());  // its session goes on, and so does its work
}

TEST(MasterLosses, a_regular_worker_that_falls_silent_alone_is_lost_after_half_the_timeout) {
  MasterRig rig(one_unit_each(), MasterRig::range(9), 3);
  begin(rig, 3);
  fall_silent(rig, 3, 30, 35 * kSecond);
  EXPECT_TRUE(rig.notes(NoteKind::worker_lost).empty());
  rig.step(35 * kSecond + 1, Tick{});
  EXPECT_EQ(loss_in(rig).how, LossKind::phi);
  EXPECT_GT(loss_in(rig).phi, Membership::kPhiLost);
  EXPECT_EQ(rig.all<Forget>().size(), 1U);
}

TEST(MasterLosses, an_idle_worker_takes_over_what_a_suspected_one_has) {
  MasterOptions options = one_unit_each();
  options.tail.second_executions = true;
  MasterRig rig(options, MasterRig::range(3), 3);
  begin(rig, 3);
  fall_silent(rig, 3, 30, 33 * kSecond);
  wire::Report report;
  report.idle = true;
  report.assigns_seen = 1;
  report.executed = 1;
  report.busy_us = report.longest_us = 100 * kSecond;  // so that nothing seems overdue
  rig.report(33 * kSecond + 1, 2, 1, report, {done(unit(1), 1)});
  EXPECT_TRUE(rig.notes(NoteKind::unit_doubled).empty());
  rig.step(33 * kSecond + kSecond / 2, Tick{});
  ASSERT_EQ(rig.notes(NoteKind::unit_doubled).size(), 1U);
  EXPECT_EQ(rig.notes(NoteKind::unit_doubled).front().unit, unit(0));
  EXPECT_TRUE(rig.sent<wire::Recall>(1).empty());
}

}  // namespace
}  // namespace steadfarm::core::test
