#include <gtest/gtest.h>

#include "master_rig.hpp"

namespace steadfarm::core::test {
namespace {

class SamePayload : public PayloadSource {
 public:
  explicit SamePayload(std::size_t size) : payload_(size, std::byte{7}) {}
  [[nodiscard]] ByteView payload(std::uint64_t /*index*/) const override { return payload_; }

 private:
  Bytes payload_;
};

MasterOptions fixed(std::uint32_t chunk) {
  MasterOptions options;
  options.policy.kind = PolicyKind::fixed;
  options.policy.chunk = chunk;
  return options;
}

TEST(MasterDispatch, a_message_ends_with_the_unit_that_reaches_the_byte_limit) {
  const SamePayload payloads(100);
  MasterOptions options = fixed(50);
  options.assign_bytes_max = 250;
  MasterRig rig(options, {40, {}, &payloads}, 1);
  rig.step(0, Started{});
  rig.hello(0, 1);
  ASSERT_EQ(rig.sent<wire::Assign>(1).size(), 1U);
  EXPECT_EQ(rig.sent<wire::Assign>(1).front().units.heads.size(), 3U);
  EXPECT_EQ(rig.master().progress().pending, 40U);
  EXPECT_EQ(rig.master().progress().leased, 3U);
  // The rest of the run is still there, from the next index on.
  wire::Report report;
  report.report_seq = 1;
  report.assigns_seen = 1;
  rig.report(1000, 1, 1, report,
             {done(UnitKey::index(0), 1), done(UnitKey::index(1), 1), done(UnitKey::index(2), 1)});
  ASSERT_EQ(rig.sent<wire::Assign>(1).size(), 1U);
  EXPECT_EQ(rig.sent<wire::Assign>(1).front().units.heads.front().key, UnitKey::index(3));
}

TEST(MasterDispatch, a_unit_above_the_byte_limit_travels_alone) {
  const SamePayload payloads(1000);
  MasterOptions options = fixed(5);
  options.assign_bytes_max = 10;
  MasterRig rig(options, {5, {}, &payloads}, 1);
  rig.step(0, Started{});
  rig.hello(0, 1);
  ASSERT_EQ(rig.sent<wire::Assign>(1).size(), 1U);
  EXPECT_EQ(rig.sent<wire::Assign>(1).front().units.heads.size(), 1U);
}

TEST(MasterDispatch, a_billion_range_units_cost_nothing_until_they_are_handed_out) {
  MasterRig rig(fixed(64), MasterRig::range(1'000'000'000), 2);
  rig.step(0, Started{});
  rig.hello(0, 1);
  rig.hello(0, 2);
  EXPECT_EQ(rig.master().progress().leased, 128U);
  EXPECT_EQ(rig.master().progress().pending, 1'000'000'000U);
  ASSERT_EQ(rig.sent<wire::Assign>(2).size(), 1U);
  EXPECT_EQ(rig.sent<wire::Assign>(2).front().units.runs,
            (std::vector<wire::UnitBatch::Run>{{64, 64, Attempt(1)}}));
}

TEST(MasterDispatch, nothing_is_sent_to_a_worker_that_has_not_spoken) {
  MasterRig rig(fixed(2), MasterRig::range(5), 2);
  rig.step(0, Started{});
  rig.hello(0, 1);
  rig.step(1000, Tick{});
  EXPECT_EQ(rig.sends_to(2), 0U);
}

// Results come back from everything that is handed out, so that counts as well.
TEST(MasterDispatch, hands_out_no_more_than_what_its_memory_takes_back) {
  MasterOptions options = fixed(20);
  options.has_store = true;
  options.keep_results = true;
  options.undurable_bytes_max = 4'000;
  MasterRig rig(options, MasterRig::range(1'000), 1);
  rig.step(0, Started{});
  rig.step(0, GenerationDurable{Epoch(1), Generation(1)});
  rig.hello(0, 1);
  const std::uint64_t first = rig.master().progress().leased;
  ASSERT_GE(first, 20U);
  const std::string result(100, 'r');  // and 24 bytes for its key and offset
  wire::Report report;
  report.report_seq = 1;
  report.assigns_seen = 1;
  std::vector<wire::AnswerView> answers;
  for (std::uint64_t i = 0; i < first; ++i) answers.push_back(done(UnitKey::index(i), 1, result));
  rig.report(1, 1, 1, report, answers);
  const std::uint64_t room = (4'000 - first * 124) / 124;
  EXPECT_EQ(rig.master().progress().leased, room);
  EXPECT_LT(room, 20U);
}

}  // namespace
}  // namespace steadfarm::core::test
