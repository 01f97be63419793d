// A million attempts of one unit: what happens when their numbers are used up. Apart from the other
// tests of the master, because under the sanitizers this takes minutes.
#include <gtest/gtest.h>

#include <cstdint>
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

}  // namespace
}  // namespace steadfarm::core::test
