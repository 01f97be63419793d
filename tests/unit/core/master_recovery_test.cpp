#include <gtest/gtest.h>

#include "master_rig.hpp"

namespace steadfarm::core::test {
namespace {

const UnitKey kChild = child_key(UnitKey::index(0), 0);

// Five index units, one of them accepted and with one child, one failed.
RecoveredState state() {
  RecoveredState recovered;
  recovered.generation = Generation(4);
  recovered.pending_indices = {{1, 2}, {3, 5}};
  recovered.units = {{kChild, 0, 0, 0, bytes("child")}};
  recovered.counters = {1, 1, 2, 1};
  return recovered;
}

TEST(MasterRecovery, takes_a_state_whose_counts_add_up) {
  EXPECT_TRUE(Master::validate(state(), 5).ok());
}

TEST(MasterRecovery, refuses_units_that_this_job_does_not_have) {
  const Status status = Master::validate(state(), 4);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::foreign);
  EXPECT_NE(status.error().message.find("unit 4"), std::string::npos) << status.error().message;
}

TEST(MasterRecovery, refuses_counts_that_do_not_add_up) {
  for (int i = 0; i < 4; ++i) {
    RecoveredState bad = state();
    if (i == 0) ++bad.counters.accepted;
    if (i == 1) ++bad.counters.failed;
    if (i == 2) ++bad.counters.spawned;
    if (i == 3) bad.units.clear();
    const Status status = Master::validate(bad, 5);
    ASSERT_FALSE(status.ok()) << i;
    EXPECT_EQ(status.error().code, ErrorCode::corrupt);
  }
}

TEST(MasterRecovery, refuses_a_complete_state_with_pending_units) {
  RecoveredState bad = state();
  bad.complete = true;
  ASSERT_FALSE(Master::validate(bad, 5).ok());
}

TEST(MasterRecovery, refuses_an_empty_interval) {
  RecoveredState bad = state();
  bad.pending_indices.push_back({0, 0});
  const Status status = Master::validate(bad, 5);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message,
            "the store lists pending units from 0 to before 0, which are none");
}

TEST(MasterRecovery, a_run_that_allows_fewer_tries_gives_a_pending_unit_one_more) {
  MasterOptions options;
  options.has_store = true;
  options.tries_max = 2;
  options.deaths_max = 2;
  RecoveredState recovered = state();
  recovered.units[0].tries = 5;
  recovered.retried = {{1, 4, 0}, {3, 0, 7}};
  ASSERT_TRUE(Master::validate(recovered, 5).ok());
  MasterRig rig(options, MasterRig::range(5), 1, recovered);
  rig.step(0, Started{});  // checks the invariants
  rig.hello(0, 1);
  ASSERT_EQ(rig.sent<wire::Assign>(1).size(), 1U);
  EXPECT_EQ(rig.sent<wire::Assign>(1).front().units.runs.front().begin, 3U);  // the suspect
  rig.step(1000, PeerLost{Rank(1), "killed"});
  EXPECT_EQ(rig.notes(NoteKind::unit_quarantined).size(), 1U);
}

TEST(MasterRecovery, a_retried_index_that_is_not_pending_changes_nothing) {
  RecoveredState recovered = state();
  recovered.retried = {{0, 1, 0}};
  MasterOptions options;
  options.has_store = true;
  MasterRig rig(options, MasterRig::range(5), 1, recovered);
  rig.step(0, Started{});
  EXPECT_EQ(rig.master().progress().pending, 4U);
  EXPECT_EQ(rig.master().progress().committed, 1U);
  EXPECT_EQ(rig.master().progress().generation, Generation(4));
}

}  // namespace
}  // namespace steadfarm::core::test
