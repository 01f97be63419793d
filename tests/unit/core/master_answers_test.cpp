#include <gtest/gtest.h>

#include "core/term.hpp"
#include "master_rig.hpp"

namespace steadfarm::core::test {
namespace {

MasterOptions with_shards_from(std::uint64_t owner_epoch) {
  MasterOptions options;
  options.has_store = true;
  options.keep_results = true;
  options.shards.owner_epoch = OwnerEpoch(owner_epoch);
  options.shards_from = OwnerEpoch(owner_epoch);
  return options;
}

wire::AnswerView in_shard_of(std::uint64_t owner_epoch) {
  wire::AnswerView answer = done(UnitKey::index(0), 1);
  answer.place = ShardPlace{{{OwnerEpoch(owner_epoch), 5, 1}, 1, 4'000, {}}, 0, 2'000};
  return answer;
}

// Whoever opened the store may have tidied away what was written for the owners before.
TEST(MasterAnswers, accepts_no_result_in_a_shard_of_an_older_owner) {
  MasterRig rig(with_shards_from(7), MasterRig::range(1), 1);
  rig.hello(1, 1);
  rig.report(2, 1, 1, {}, {in_shard_of(6)});
  EXPECT_EQ(rig.notes(NoteKind::answer_stray).size(), 1U);
  EXPECT_EQ(rig.all<Accept>().size(), 0U);
  rig.report(3, 1, 1, {}, {in_shard_of(7)});
  ASSERT_EQ(rig.all<Accept>().size(), 1U);
  EXPECT_EQ(rig.all<Accept>().front().place, in_shard_of(7).place);
}

// What was granted nobody is not in the store of this job.
TEST(MasterAnswers, accepts_no_result_in_a_shard_where_there_are_none) {
  MasterRig rig(with_shards_from(0), MasterRig::range(1), 1);
  rig.hello(1, 1);
  rig.report(2, 1, 1, {}, {in_shard_of(7)});
  EXPECT_EQ(rig.notes(NoteKind::answer_stray).size(), 1U);
  EXPECT_EQ(rig.all<Accept>().size(), 0U);
}

// However often it may fail, or be lost on its way.
TEST(MasterAnswers, gives_a_unit_up_when_the_numbers_of_its_attempts_are_used_up) {
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
TEST(MasterAnswers, gives_a_suspect_up_when_the_numbers_of_its_attempts_are_used_up) {
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
