// A million attempts of one unit: what happens when their numbers are used up. Apart from the other
// tests of the master, because under the sanitizers this takes minutes.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/term.hpp"
#include "master_rig.hpp"

namespace steadfarm::core::test {
namespace {

// However often it may fail, or be lost on its way.
TEST(MasterAttempts, gives_a_unit_up_when_the_numbers_of_its_attempts_are_used_up) {
  MasterOptions options;
  options.tries_max = UINT32_MAX;
  MasterRig rig(options, MasterRig::range(1), 1);
  rig.hello(1, 1);
  for (std::uint32_t attempt = 1; attempt < kAttemptNumberMax; ++attempt) {
    rig.report(2, 1, 1, {}, {failed(UnitKey::index(0), attempt)});
    ASSERT_EQ(rig.sent<wire::Assign>(1).size(), 1U) << attempt;
  }
  ASSERT_EQ(rig.sent<wire::Assign>(1).front().units.runs.front().attempt,
            Attempt(kAttemptNumberMax));
  rig.report(3, 1, 1, {}, {failed(UnitKey::index(0), kAttemptNumberMax)});
  EXPECT_TRUE(rig.sent<wire::Assign>(1).empty());
  const std::vector<Note> given_up = rig.notes(NoteKind::unit_failed);
  ASSERT_EQ(given_up.size(), 1U);
  EXPECT_EQ(given_up.front().text, "handed out 1048575 times without an answer that counts");
  EXPECT_EQ(rig.sent<wire::Shutdown>(1).size(), 1U) << "nothing is left to do";
}

// The same of one that must run alone.
TEST(MasterAttempts, gives_a_suspect_up_when_the_numbers_of_its_attempts_are_used_up) {
  MasterOptions options;
  options.tries_max = UINT32_MAX;
  RecoveredState recovered;
  recovered.pending_indices = {{0, 2}};
  recovered.retried = {{1, 0, 1}};
  MasterRig rig(options, MasterRig::range(2), 1, recovered);
  rig.hello(1, 1);
  for (std::uint32_t attempt = 1; attempt < kAttemptNumberMax; ++attempt) {
    rig.report(2, 1, 1, {}, {failed(UnitKey::index(1), attempt)});
    ASSERT_EQ(rig.sent<wire::Assign>(1).size(), 1U) << attempt;
  }
  rig.report(3, 1, 1, {}, {failed(UnitKey::index(1), kAttemptNumberMax)});
  EXPECT_EQ(rig.notes(NoteKind::unit_failed).size(), 1U);
  ASSERT_EQ(rig.sent<wire::Assign>(1).size(), 1U) << "the others go on";
  EXPECT_EQ(rig.sent<wire::Assign>(1).front().units.runs.front().begin, 0U);
}

// It has a saved state, and its next try, which there will not be, would be the last.
TEST(MasterAttempts, gives_a_unit_up_that_was_to_start_anew_when_the_numbers_are_used_up) {
  MasterOptions options;
  options.tries_max = kAttemptNumberMax + 1;
  MasterRig rig(options, MasterRig::range(1), 1);
  rig.hello(1, 1);
  rig.message(
      2, 1, 1,
      wire::Partial{UnitKey::index(0), Attempt(1), 1, std::make_shared<const Bytes>(bytes("s"))});
  for (std::uint32_t attempt = 1; attempt < kAttemptNumberMax; ++attempt) {
    rig.report(2, 1, 1, {}, {failed(UnitKey::index(0), attempt)});
    ASSERT_EQ(rig.sent<wire::Assign>(1).size(), 1U) << attempt;
  }
  rig.report(3, 1, 1, {}, {failed(UnitKey::index(0), kAttemptNumberMax)});
  EXPECT_TRUE(rig.sent<wire::Assign>(1).empty());
  EXPECT_EQ(rig.notes(NoteKind::unit_failed).size(), 1U);
}

/// Whether an idle worker gets the unit a second time while its attempt of this number runs.
bool is_doubled(std::uint32_t number) {
  MasterOptions options;
  options.tries_max = UINT32_MAX;
  options.tail.take_back = false;
  MasterRig rig(options, MasterRig::range(2), 2);
  rig.hello(1, 1);
  wire::Report first;  // so that it is known how long units take
  first.executed = 1;
  first.busy_us = first.longest_us = 1000;
  rig.report(2, 1, 1, first, {done(UnitKey::index(0), 1)});
  for (std::uint32_t attempt = 1; attempt < number; ++attempt) {
    rig.report(2, 1, 1, {}, {failed(UnitKey::index(1), attempt)});
  }
  wire::Report idle;
  idle.idle = true;
  rig.hello(3, 2);
  rig.report(4, 2, 1, idle, {});
  for (TimeUs now = kSecondUs; now < 100 * kSecondUs; now += kSecondUs) {
    for (const std::int32_t rank : {1, 2}) rig.message(now, rank, 1, wire::Heartbeat{1});
    rig.step(now + 1, Tick{});
    if (!rig.notes(NoteKind::unit_doubled).empty()) return true;
  }
  return false;
}

TEST(MasterAttempts, the_execution_with_the_last_number_gets_no_second_one) {
  EXPECT_TRUE(is_doubled(5));
  EXPECT_FALSE(is_doubled(kAttemptNumberMax));
}

}  // namespace
}  // namespace steadfarm::core::test
