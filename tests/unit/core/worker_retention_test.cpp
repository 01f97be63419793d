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

// Seed 431 of the simulation: what was said again while the shelf was waited for came before the
// value that it had been pruned by.
TEST_F(WorkerRetentionTest, says_nothing_again_before_it_has_handed_in) {
  WorkerOptions lossy = options();
  lossy.lossless = false;
  lossy.resend_us = lossy.hand_in_wait_us / 10;
  machine_ = WorkerMachine(lossy, 0);
  SetUp();
  hear(1, Session(1), wire::Shared{1, {33, {}}});
  result_.resize(2);  // on no shelf, and never acknowledged
  end_unit(2);
  result_.resize(10);
  end_unit(3);
  new_master(4);
  for (TimeUs now = 4; now < 4 + lossy.hand_in_wait_us; now += lossy.resend_us) {
    step(now, WorkerTick{});
    EXPECT_TRUE(sent<wire::Report>().empty()) << now;
    EXPECT_TRUE(sent<wire::HandIn>().empty()) << now;
  }
  step(4 + lossy.hand_in_wait_us, WorkerTick{});
  const auto handed_in = sent<wire::HandIn>();
  ASSERT_EQ(handed_in.size(), 1U);
  EXPECT_EQ(keys(handed_in[0]), std::vector<UnitKey>{UnitKey::index(0)});
  EXPECT_EQ(handed_in[0].shared, (SharedValue{33, {}}));
}

// The HandIn may be lost, or come after it.
TEST_F(WorkerRetentionTest, what_comes_from_the_shelf_later_has_its_bound) {
  hear(1, Session(1), wire::Shared{1, {33, {}}});
  end_unit(5);
  new_master(6);
  step(6 + options().hand_in_wait_us, WorkerTick{});
  ASSERT_EQ(sent<wire::HandIn>().size(), 1U);
  step(7 + options().hand_in_wait_us, ShardDurable{shard(kNewGrant)});
  const auto reports = sent<wire::Report>();
  ASSERT_EQ(reports.size(), 1U);
  ASSERT_NE(reports[0].answers, nullptr);
  reports[0].answers->for_each(
      [](const wire::AnswerView& answer) { EXPECT_EQ(answer.proposal_value, 33); });
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

// Seed 18100000010196 of the simulation: of many that claimed in turn none was followed by enough
// to be the master, and each made the others wait anew.
TEST_F(WorkerRetentionTest, candidates_that_never_become_masters_have_one_time_out_together) {
  const TimeUs most_us = options().master_timeout_us;
  const TimeUs lost = 5;
  step(lost, MasterChanged{});
  TimeUs now = lost;
  for (; now < lost + most_us; now += most_us / 10) {
    step(now, WorkerTick{});
    ASSERT_TRUE(all<Exit>().empty()) << now;
    hear(now, Session(1), wire::Claim{});
    if (now > lost + most_us / 2) step(now, MasterChanged{});
  }
  step(now + 1, WorkerTick{});
  ASSERT_EQ(all<Exit>().size(), 1U);
  EXPECT_EQ(all<Exit>()[0].exit_code, 75);
}

TEST_F(WorkerRetentionTest, a_candidate_that_speaks_as_the_master_has_its_time) {
  const TimeUs most_us = options().master_timeout_us;
  step(5, MasterChanged{});
  const auto wait = [&](TimeUs from, TimeUs to) {
    for (TimeUs now = from; now <= to; now += most_us / 10) {
      step(now, WorkerTick{});
      if (!all<Exit>().empty()) return false;
    }
    return true;
  };
  ASSERT_TRUE(wait(5, most_us - 1));
  hear(most_us, Session(1), wire::Beat{});
  ASSERT_TRUE(wait(most_us, 2 * most_us - 1));
  // The one beside it has the store, and beats when it has read it.
  step(2 * most_us - 1, MasterChanged{});
  ASSERT_TRUE(wait(2 * most_us - 1, 3 * most_us - 2));
  step(3 * most_us - 2, MasterChanged{true});
  EXPECT_TRUE(wait(3 * most_us - 2, 4 * most_us - 3));
}

// Stopped as a whole (SIGSTOP), or on a machine that has no time for it, it hears nothing.
TEST_F(WorkerRetentionTest, its_own_sleep_is_no_silence_of_the_master) {
  const TimeUs most_us = options().master_timeout_us;
  for (TimeUs sleep = 1; sleep <= 3; ++sleep) {
    step(sleep * 2 * most_us, WorkerTick{});
    EXPECT_TRUE(all<Exit>().empty()) << sleep;
  }
}

// Every call to MPI returned, but none in time: the master was silent for hours, and nobody ended.
TEST_F(WorkerRetentionTest, where_every_turn_is_slow_a_silent_master_is_given_up_all_the_same) {
  const TimeUs slow_us = options().master_timeout_us * 6 / 10;
  for (TimeUs turn = 1; turn <= 4; ++turn) {
    step(turn * slow_us, WorkerTick{});
    EXPECT_TRUE(all<Exit>().empty()) << turn;
  }
  step(5 * slow_us, WorkerTick{});
  ASSERT_EQ(actions_.size(), 1U);
  ASSERT_EQ(all<Exit>().size(), 1U);
  EXPECT_EQ(all<Exit>()[0].exit_code, 75);
  EXPECT_EQ(all<Exit>()[0].reason, "no word from the master for 30 s");
}

TEST_F(WorkerRetentionTest, where_every_turn_is_slow_a_master_that_speaks_is_followed) {
  const TimeUs slow_us = options().master_timeout_us * 6 / 10;
  for (TimeUs turn = 1; turn <= 50; ++turn) {
    step(turn * slow_us, WorkerTick{});
    ASSERT_TRUE(all<Exit>().empty()) << turn;
    if (turn % 4 == 0) hear(turn * slow_us, Session(1), wire::Beat{});
  }
}

// A claim is no word of the master: it makes nobody forget how often time was given.
TEST_F(WorkerRetentionTest, where_every_turn_is_slow_a_claim_gives_no_more_time) {
  const TimeUs slow_us = options().master_timeout_us * 6 / 10;
  for (TimeUs turn = 1; turn <= 5; ++turn) {
    hear(turn * slow_us, Session(1), wire::Claim{});
    step(turn * slow_us, WorkerTick{});
  }
  EXPECT_EQ(all<Exit>().size(), 1U);
}

// The answer may have been refused: its parent was not accepted yet, and there was no room for it
// to wait. The unit would go back and forth for ever.
TEST_F(WorkerRetentionTest, executes_what_it_carried_through_a_session_if_it_is_handed_out_twice) {
  result_.resize(2);  // on no shelf
  hear(1, Session(2), wire::Welcome{1, kOldGrant, OwnerEpoch(5)});
  end_unit(2);
  const auto hand_out = [this](TimeUs now, std::uint32_t assign_seq, Attempt attempt) {
    wire::Assign assign;
    assign.assign_seq = assign_seq;
    assign.units.add_run(0, 1, attempt);
    hear(now, Session(2), assign);
    return all<Execute>();
  };
  EXPECT_TRUE(hand_out(3, 1, Attempt(9)).empty()) << "its answer is on the way";
  const auto executed = hand_out(4, 2, Attempt(10));
  ASSERT_EQ(executed.size(), 1U);
  EXPECT_EQ(executed[0].key, UnitKey::index(0));
  EXPECT_EQ(executed[0].attempt, Attempt(10));
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

// The run is stopped, and the unit leaves with its state. The next master knows of no stop, hands
// another unit out and dies: what the one after it gets is no state of that unit.
TEST_F(WorkerRetentionTest, forgets_the_state_of_a_unit_that_has_left) {
  const auto state = std::make_shared<const Bytes>(3, std::byte{7});
  hear(1, Session(1), wire::Stop{});
  ASSERT_EQ(machine_.safe_point(2), SafePoint::leave);
  step(2, StateSaved{1, state});
  step(2, UnitLeft{});
  new_master(10);
  EXPECT_TRUE(sent<wire::Partial>().empty());
  wire::Assign assign;
  assign.assign_seq = 1;
  assign.units.add_run(1, 2, Attempt(9));
  hear(11, session_before(kTerm).next(), assign);
  ASSERT_EQ(all<Execute>().size(), 1U);

  const auto later_master = [this](TimeUs now, Term term) {
    step(now, MasterChanged{});
    hear(now, session_before(term).next(), wire::Welcome{1, kNewGrant, OwnerEpoch(9)});
    const auto handed_in = sent<wire::HandIn>();
    ASSERT_EQ(handed_in.size(), 1U);
    ASSERT_TRUE(handed_in[0].running.has_value());
    EXPECT_EQ(handed_in[0].running->key, UnitKey::index(1));
  };
  later_master(20, Term{4});
  EXPECT_TRUE(sent<wire::Partial>().empty());

  step(21, StateSaved{1, state});
  later_master(30, Term{5});
  EXPECT_EQ(sent<wire::Partial>(),
            (std::vector{wire::Partial{UnitKey::index(1), Attempt(9), 1, state}}));
}

// It was told to leave, and its state is saved; the next master comes before it has left.
TEST_F(WorkerRetentionTest, a_unit_may_leave_under_a_master_that_has_stopped_nothing) {
  const auto state = std::make_shared<const Bytes>(3, std::byte{7});
  hear(1, Session(1), wire::Stop{});
  ASSERT_EQ(machine_.safe_point(2), SafePoint::leave);
  step(2, StateSaved{1, state});
  new_master(10);
  const auto handed_in = sent<wire::HandIn>();
  ASSERT_EQ(handed_in.size(), 1U);
  ASSERT_TRUE(handed_in[0].running.has_value());
  EXPECT_EQ(sent<wire::Partial>(),
            (std::vector{wire::Partial{UnitKey::index(0), Attempt(1), 1, state}}));
  step(11, UnitLeft{});
  const auto reports = sent<wire::Report>();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_TRUE(reports[0].idle);
  EXPECT_TRUE(reports[0].answers->empty());
  wire::Assign assign;
  assign.assign_seq = 1;
  assign.units.add_run(0, 1, Attempt(9));
  hear(12, session_before(kTerm).next(), assign);
  ASSERT_EQ(all<Execute>().size(), 1U);
}

}  // namespace
}  // namespace steadfarm::core::test
