#include <gtest/gtest.h>

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

}  // namespace
}  // namespace steadfarm::core::test
