// What a worker keeps for a later master, and when it hands it in.
#include <gtest/gtest.h>

#include "core/term.hpp"
#include "core/worker.hpp"

namespace steadfarm::core::test {
namespace {

constexpr Term kTerm{3};
constexpr ShardGrant kOldGrant{OwnerEpoch(5), {1, 2}};
constexpr ShardGrant kNewGrant{OwnerEpoch(8), {1, 2}};

// A worker that has units 0 and 1, and the result of the first in a shard that it has to write.
class WorkerRetentionTest : public testing::Test {
 protected:
  void SetUp() override {
    hear(0, Session(1), wire::Welcome{1, kOldGrant, OwnerEpoch(5)});
    wire::Assign assign;
    assign.assign_seq = 1;
    assign.units.add_run(0, 2, Attempt(1));
    hear(0, Session(1), assign);
  }
  static WorkerOptions options() {
    WorkerOptions o;
    o.takeover = true;
    o.shard_bytes_min = 4;
    return o;
  }
  void step(TimeUs now, WorkerEvent event) {
    actions_.clear();
    machine_.step(now, std::move(event), actions_);
  }
  void hear(TimeUs now, Session session, wire::Body body) {
    step(now, WorkerMessage{{session, std::move(body)}});
  }
  void end_unit(TimeUs now) {
    UnitDone event;
    event.started_at = now;
    event.answer.status = wire::AnswerStatus::done;
    event.answer.payload = result_;
    event.reduced = ByteView(reduced_);
    step(now, std::move(event));
  }
  void new_master(TimeUs now) {
    step(now, MasterChanged{});
    hear(now, session_before(kTerm).next(), wire::Welcome{1, kNewGrant, OwnerEpoch(8)});
  }
  template <class Body>
  std::vector<Body> sent() const {
    std::vector<Body> out;
    for (const WorkerAction& action : actions_) {
      const auto* send = std::get_if<WorkerSend>(&action);
      if (send == nullptr) continue;
      if (const auto* body = std::get_if<Body>(&send->message.body)) out.push_back(*body);
    }
    return out;
  }
  template <class Action>
  std::vector<Action> all() const {
    std::vector<Action> out;
    for (const WorkerAction& action : actions_) {
      if (const auto* found = std::get_if<Action>(&action)) out.push_back(*found);
    }
    return out;
  }
  static std::vector<UnitKey> keys(const wire::HandIn& hand_in) {
    std::vector<UnitKey> out;
    hand_in.answers->for_each([&](const wire::AnswerView& answer) { out.push_back(answer.key); });
    return out;
  }
  static ShardInfo shard(const ShardGrant& grant) {
    return {{grant.owner_epoch, 77, 1}, 1, 100, {3, 4}};
  }

  Bytes result_{10, std::byte{9}};
  Bytes reduced_{1, std::byte{1}};
  WorkerMachine machine_{options(), 0};
  WorkerActions actions_;
};

TEST_F(WorkerRetentionTest, hands_in_at_once_what_is_on_no_shelf) {
  new_master(10);
  const auto handed_in = sent<wire::HandIn>();
  ASSERT_EQ(handed_in.size(), 1U);
  EXPECT_TRUE(keys(handed_in[0]).empty());
  ASSERT_TRUE(handed_in[0].running.has_value());
  EXPECT_EQ(handed_in[0].running->key, UnitKey::index(0));
}

TEST_F(WorkerRetentionTest, waits_for_its_shard_before_it_hands_in) {
  end_unit(5);
  step(6, MasterChanged{});
  EXPECT_EQ(all<SealShard>().size(), 1U);
  hear(7, session_before(kTerm).next(), wire::Welcome{1, kNewGrant, OwnerEpoch(8)});
  EXPECT_TRUE(sent<wire::HandIn>().empty());
  end_unit(8);
  EXPECT_TRUE(sent<wire::Report>().empty()) << "nothing is answered before";
  step(9, ShardDurable{shard(kOldGrant)});
  EXPECT_TRUE(sent<wire::HandIn>().empty());
  EXPECT_EQ(all<SealShard>().size(), 1U) << "the second result";
  step(10, ShardDurable{shard(kNewGrant)});
  const auto handed_in = sent<wire::HandIn>();
  ASSERT_EQ(handed_in.size(), 1U);
  EXPECT_EQ(keys(handed_in[0]), (std::vector<UnitKey>{UnitKey::index(0), UnitKey::index(1)}));
}

TEST_F(WorkerRetentionTest, does_not_wait_for_its_shard_for_ever) {
  end_unit(5);
  new_master(6);
  step(6 + options().hand_in_wait_us - 1, WorkerTick{});
  EXPECT_TRUE(sent<wire::HandIn>().empty());
  step(6 + options().hand_in_wait_us, WorkerTick{});
  const auto handed_in = sent<wire::HandIn>();
  ASSERT_EQ(handed_in.size(), 1U);
  EXPECT_TRUE(keys(handed_in[0]).empty());
  const TimeUs later = 7 + options().hand_in_wait_us;
  step(later, ShardDurable{shard(kNewGrant)});
  ASSERT_FALSE(sent<wire::Report>().empty());
  EXPECT_EQ(sent<wire::Report>()[0].answers->size(), 1U);
}

TEST_F(WorkerRetentionTest, what_failed_for_the_owner_before_is_written_for_the_new_one_at_once) {
  end_unit(5);
  step(6, MasterChanged{});
  step(7, ShardFailed{{ErrorCode::foreign, "another owner"}});
  EXPECT_TRUE(sent<wire::Trouble>().empty()) << "that is no trouble";
  hear(8, session_before(kTerm).next(), wire::Welcome{1, kNewGrant, OwnerEpoch(8)});
  EXPECT_EQ(all<OpenShards>().size(), 1U);
  step(9, WorkerTick{});
  ASSERT_EQ(all<SealShard>().size(), 1U);
  EXPECT_TRUE(all<SealShard>()[0].again);
}

// What it handed in has its bound, so the new master may not have it, and nobody else would.
TEST_F(WorkerRetentionTest, executes_again_for_a_later_master_what_it_carried_through_a_session) {
  result_.resize(2);  // on no shelf
  hear(1, Session(2), wire::Welcome{1, kOldGrant, OwnerEpoch(5)});
  end_unit(2);
  const Session later = session_before(kTerm).next();
  new_master(3);
  wire::Assign assign;
  assign.assign_seq = 1;
  assign.units.add_run(0, 1, Attempt(9));
  hear(4, later, assign);
  const auto executed = all<Execute>();
  ASSERT_EQ(executed.size(), 1U);
  EXPECT_EQ(executed[0].key, UnitKey::index(0));
  EXPECT_EQ(executed[0].attempt, Attempt(9));
}

}  // namespace
}  // namespace steadfarm::core::test
