#include <gtest/gtest.h>

#include "master_rig.hpp"

namespace steadfarm::core::test {
namespace {

MasterOptions stored() {
  MasterOptions options;
  options.has_store = true;
  options.keep_results = true;
  options.policy.kind = PolicyKind::fixed;
  options.policy.chunk = 10;
  return options;
}

TEST(MasterEpochs, a_job_that_became_complete_while_it_was_stopped_for_a_broken_store_says_so) {
  MasterOptions options = stored();
  options.undurable_bytes_max = 10;
  options.store_patience_us = 2'000'000;
  MasterRig rig(options, MasterRig::range(10), 1);
  rig.step(0, Started{});
  ASSERT_EQ(rig.all<Persist>().size(), 1U);
  rig.hello(0, 1);
  wire::Report report;
  report.report_seq = 1;
  report.assigns_seen = 1;
  rig.report(400'000, 1, 1, report, {done(UnitKey::index(0), 1)});
  const Error broken{ErrorCode::io, "the disk is gone"};
  rig.step(500'000, GenerationFailed{Epoch(1), broken});
  // The store fails for longer than the patience: the run is stopped.
  std::uint64_t epoch = 1;
  for (TimeUs now = 600'000; now <= 2'600'000; now += 100'000) {
    rig.step(now, Tick{});
    if (rig.all<Persist>().empty()) continue;
    epoch = rig.all<Persist>().front().delta->epoch.value;
    rig.step(now, GenerationFailed{Epoch(epoch), broken});
  }
  // The worker finishes all it had, and the store works again.
  std::vector<wire::AnswerView> rest;
  for (std::uint64_t i = 1; i < 10; ++i) rest.push_back(done(UnitKey::index(i), 1));
  report.report_seq = 2;
  report.idle = true;
  rig.report(2'700'000, 1, 1, report, rest);
  ASSERT_EQ(rig.all<Persist>().size(), 1U);
  EXPECT_TRUE(rig.all<Persist>().front().delta->complete);
  epoch = rig.all<Persist>().front().delta->epoch.value;
  rig.step(2'800'000, GenerationDurable{Epoch(epoch), Generation(1)});
  ASSERT_EQ(rig.sent<wire::Shutdown>(1).size(), 1U);
  EXPECT_EQ(rig.sent<wire::Shutdown>(1).front().exit_code, 0);
}

TEST(MasterEpochs, an_end_that_cannot_be_made_durable_says_why_and_how_much_is) {
  MasterRig rig(stored(), MasterRig::range(1), 1);
  rig.step(0, Started{});
  rig.step(0, GenerationDurable{Epoch(1), Generation(1)});
  rig.hello(0, 1);
  wire::Report report;
  report.report_seq = 1;
  report.assigns_seen = 1;
  report.idle = true;
  rig.report(1'000, 1, 1, report, {done(UnitKey::index(0), 1)});
  for (TimeUs now = 1'000; rig.sent<wire::Shutdown>(1).empty(); now += 100'000) {
    ASSERT_LT(now, 60'000'000);
    const auto persists = rig.all<Persist>();
    if (persists.empty() && now % 1'000'000 < 100'000) {
      rig.message(now, 1, 1, wire::Heartbeat{1});
    } else if (persists.empty()) {
      rig.step(now, Tick{});
    } else {
      const Epoch epoch = persists.front().delta->epoch;
      rig.step(now, GenerationFailed{epoch, {ErrorCode::no_space, "the disk is full"}});
    }
  }
  rig.message(70'000'000, 1, 1, wire::Goodbye{});
  ASSERT_EQ(rig.all<Finish>().size(), 1U);
  const Finish finish = rig.all<Finish>().front();
  EXPECT_EQ(finish.outcome, Outcome::not_durable);
  EXPECT_NE(finish.reason.find("the disk is full"), std::string::npos) << finish.reason;
  EXPECT_NE(finish.reason.find("0 of 1 accepted units"), std::string::npos) << finish.reason;
}

// Seed 18100000010030 of the simulation: the job was called complete when a generation was durable
// that had been taken before the last units were accepted.
TEST(MasterEpochs, the_end_has_what_a_worker_that_came_back_answered_while_it_was_written) {
  MasterOptions options = stored();
  options.shards = {OwnerEpoch(1), {1, 2}};
  options.shards_from = OwnerEpoch(1);
  options.interval_us = 1'000 * kSecondUs;
  MasterRig rig(options, MasterRig::range(2), 1);
  rig.step(0, Started{});
  rig.step(0, GenerationDurable{Epoch(1), Generation(1)});
  rig.hello(0, 1);
  wire::Report report;
  report.report_seq = 1;
  report.assigns_seen = 1;
  rig.report(1'000, 1, 1, report, {done(UnitKey::index(0), 1)});
  rig.message(1'000, 1, 1, wire::Trouble{"the disk is full"});
  // It falls silent for so long that the run ends with what there is.
  TimeUs now = 1'000;
  while (rig.all<Persist>().empty()) {
    ASSERT_LT(now, 60 * kSecondUs);
    now += 500'000;
    rig.step(now, Tick{});
  }
  EXPECT_FALSE(rig.all<Persist>().front().delta->complete);
  // It comes back, and its shard is durable after all.
  wire::AnswerView last = done(UnitKey::index(1), 1);
  last.place = ShardPlace{{{OwnerEpoch(1), 5, 1}, 1, 4'000, {}}, 0, 2'000};
  report.report_seq = 2;
  rig.report(now, 1, 1, report, {last});
  EXPECT_EQ(rig.all<Accept>().size(), 1U);
  rig.step(now, GenerationDurable{Epoch(2), Generation(2)});
  EXPECT_TRUE(rig.sent<wire::Shutdown>(1).empty());
  ASSERT_EQ(rig.all<Persist>().size(), 1U);
  EXPECT_TRUE(rig.all<Persist>().front().delta->complete);
  EXPECT_EQ(rig.all<Persist>().front().delta->counters.accepted, 2U);
  rig.step(now, GenerationDurable{Epoch(3), Generation(3)});
  ASSERT_EQ(rig.sent<wire::Shutdown>(1).size(), 1U);
  EXPECT_EQ(rig.sent<wire::Shutdown>(1).front().exit_code, 0);
  rig.message(now, 1, 2, wire::Goodbye{});
  ASSERT_EQ(rig.all<Finish>().size(), 1U);
  EXPECT_EQ(rig.all<Finish>().front().outcome, Outcome::complete);
  EXPECT_EQ(rig.all<Finish>().front().reason, "");
}

TEST(MasterEpochs, without_a_store_nothing_is_ever_persisted) {
  MasterOptions options = stored();
  options.has_store = false;
  MasterRig rig(options, MasterRig::range(10), 1);
  rig.step(0, Started{});
  rig.hello(0, 1);
  rig.step(1000, CheckpointRequested{});
  rig.step(2000, Tick{});
  EXPECT_TRUE(rig.all<Persist>().empty());
  EXPECT_TRUE(rig.sent<wire::EpochOpen>(1).empty());
}

TEST(MasterEpochs, word_from_the_store_about_another_epoch_is_ignored) {
  MasterRig rig(stored(), MasterRig::range(10), 1);
  rig.step(0, Started{});
  ASSERT_EQ(rig.all<Persist>().size(), 1U);  // nobody to wait for
  rig.step(1000, GenerationDurable{Epoch(7), Generation(3)});
  EXPECT_TRUE(rig.all<Committed>().empty());
  rig.step(1000, GenerationFailed{Epoch(7), {ErrorCode::io, "x"}});
  EXPECT_TRUE(rig.out().empty());
  rig.step(2000, GenerationDurable{Epoch(1), Generation(1)});
  EXPECT_EQ(rig.all<Committed>().size(), 1U);
  rig.step(3000, GenerationDurable{Epoch(1), Generation(1)});
  EXPECT_TRUE(rig.all<Committed>().empty());
}

}  // namespace
}  // namespace steadfarm::core::test
