#include "driver/worker_driver.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <utility>

#include "tests/unit/driver/manual_clock.hpp"
#include "tests/unit/driver/rig_shards.hpp"
#include "transport/local/local_hub.hpp"

namespace steadfarm::driver {
namespace {

constexpr wire::JobId kJob{5};

// Units end when the test says so.
class SlowExecutor final : public worker::Executor {
 public:
  void start(const core::Execute& unit) override {
    started.push_back(unit.key);
    done = false;
    if (inside) inside();
  }
  [[nodiscard]] const worker::UnitOutcome* finished() override { return done ? &outcome : nullptr; }
  void shared_changed(const SharedValue& shared) override {
    news.push_back(shared);
    if (on_news) on_news();
  }

  std::vector<UnitKey> started;
  std::vector<SharedValue> news;
  std::function<void()> inside;  // during start
  std::function<void()> on_news;
  worker::UnitOutcome outcome;
  bool done = false;
};

class WorkerDriverTest : public testing::Test {
 protected:
  void SetUp() override { driver_.start(); }

  void send(wire::Body body, Session session = Session(1)) {
    ASSERT_TRUE(master_->send(Rank(1), wire::encode(kJob, {session, std::move(body)})).ok());
  }
  void assign(std::uint64_t first, std::uint64_t count) {
    wire::Assign message;
    message.assign_seq = ++assigns_;
    message.units.add_run(first, count, Attempt(1));
    send(std::move(message));
  }
  std::size_t turn() {
    clock_.now_us += 1'000;
    return driver_.turn();
  }
  // Everything of one type that has reached the master since the last call.
  template <class Body>
  std::vector<Body> at_master() {
    std::vector<transport::Incoming> incoming;
    master_->poll(incoming, 1'000);
    std::vector<Body> out;
    for (const transport::Incoming& one : incoming) {
      auto message = wire::decode(kJob, one.bytes);
      EXPECT_TRUE(message.ok());
      if (auto* body = std::get_if<Body>(&message.value().body)) out.push_back(std::move(*body));
    }
    return out;
  }

  ManualClock clock_;
  transport::LocalHub hub_{3};
  std::unique_ptr<transport::Transport> master_ = hub_.take(Rank(0));
  std::unique_ptr<transport::Transport> end_ = hub_.take(Rank(1));
  std::unique_ptr<transport::Transport> other_ = hub_.take(Rank(2));
  core::WorkerMachine machine_{{}, clock_.now_us};
  SlowExecutor executor_;
  WorkerDriver driver_{machine_, *end_, executor_, clock_, kJob, Rank(0)};
  std::uint32_t assigns_ = 0;
};

TEST_F(WorkerDriverTest, says_which_of_its_neighbours_have_ended) {
  const wire::Process third{Rank(3), 103, 1003};
  const wire::Process fifth{Rank(5), 105, 1005};
  std::vector<wire::Process> watched;
  std::vector<Rank> ended;
  driver_.set_process_hooks({[&](const std::vector<wire::Process>& list) { watched = list; },
                             [&] { return std::exchange(ended, {}); }});
  send(wire::Welcome{1});
  send(wire::Neighbours{{third, fifth}});
  turn();
  EXPECT_EQ(watched, (std::vector<wire::Process>{third, fifth}));
  ended = {Rank(5), Rank(7)};  // of the other it was not told
  clock_.now_us += 100'000;
  turn();
  EXPECT_EQ(at_master<wire::Ended>(), std::vector<wire::Ended>{{fifth}});
}

TEST_F(WorkerDriverTest, says_hello_first) {
  EXPECT_EQ(at_master<wire::Hello>().size(), 1U);
  EXPECT_EQ(turn(), 0U);
}

TEST_F(WorkerDriverTest, leaves_a_master_of_another_version_and_nobody_else) {
  Bytes beat = wire::encode(kJob, {Session(1), wire::Beat{}});
  beat[2] = std::byte{wire::kVersion + 1};
  ASSERT_TRUE(other_->send(Rank(1), beat).ok());
  turn();
  EXPECT_FALSE(driver_.exit());
  ASSERT_TRUE(master_->send(Rank(1), beat).ok());
  turn();
  ASSERT_TRUE(driver_.exit());
  EXPECT_EQ(driver_.exit()->exit_code, 64);
  EXPECT_EQ(driver_.exit()->reason,
            "the master runs another build: message version 3, expected 2; start all ranks from "
            "one build");
}

TEST_F(WorkerDriverTest, hands_in_result_children_and_proposal_of_a_unit) {
  send(wire::Welcome{1});
  assign(7, 1);
  turn();
  EXPECT_EQ(executor_.started, std::vector<UnitKey>{UnitKey::index(7)});
  executor_.outcome.payload = Bytes(3, std::byte{9});
  executor_.outcome.children = {{-2, Bytes(1)}, {5, Bytes(2), {9, 8, false}}};
  executor_.outcome.proposal = SharedValue{40, Bytes(4)};
  executor_.done = true;
  EXPECT_EQ(turn(), 1U);
  int answers = 0;
  for (const wire::Report& report : at_master<wire::Report>()) {
    report.answers->for_each([&](const wire::AnswerView& answer) {
      ++answers;
      EXPECT_EQ(answer.key, UnitKey::index(7));
      EXPECT_EQ(answer.status, wire::AnswerStatus::done);
      EXPECT_EQ(answer.payload.size(), 3U);
      ASSERT_EQ(answer.children.size(), 2U);
      EXPECT_EQ(answer.children[0].priority, -2);
      EXPECT_EQ(answer.children[1].payload.size(), 2U);
      EXPECT_EQ(answer.children[1].hints, (UnitHints{9, 8, false}));
      EXPECT_EQ(answer.proposal_value, 40);
      EXPECT_EQ(answer.proposal_witness.size(), 4U);
    });
  }
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(driver_.stats().units_executed, 1U);
}

TEST_F(WorkerDriverTest, goes_on_listening_while_a_unit_runs_elsewhere) {
  send(wire::Welcome{1});
  assign(0, 2);
  turn();
  send(wire::Shared{1, {33, {}}});
  send(wire::EpochOpen{Epoch(4)});
  EXPECT_EQ(turn(), 2U);
  EXPECT_EQ(executor_.started.size(), 1U) << "one unit at a time";
  EXPECT_EQ(executor_.news, (std::vector<SharedValue>{{33, {}}}));
  EXPECT_EQ(at_master<wire::EpochAck>().size(), 1U);
}

// On a full machine a look at the transport may take longer than a thousand units. Counted as unit
// time, it once kept the messages of short units at a few units each.
TEST_F(WorkerDriverTest, does_not_count_time_in_the_transport_as_time_of_a_unit) {
  send(wire::Welcome{1});
  assign(0, 3);
  executor_.inside = [&] {
    clock_.now_us += 150;  // past the time between two looks, so the next unit waits for one
    executor_.done = true;
  };
  for (int i = 0; i < 3; ++i) turn();
  std::uint32_t executed = 0;
  std::uint64_t busy_us = 0;
  for (const wire::Report& report : at_master<wire::Report>()) {
    executed += report.executed;
    busy_us += report.busy_us;
  }
  EXPECT_EQ(executed, 3U);
  EXPECT_EQ(busy_us, 450U);
}

TEST_F(WorkerDriverTest, refuses_and_counts_strays_and_malformed_messages) {
  send(wire::Welcome{1});
  turn();
  const Bytes shutdown = wire::encode(kJob, {Session(1), wire::Shutdown{70}});
  ASSERT_TRUE(other_->send(Rank(1), shutdown).ok());  // not from the master
  ASSERT_TRUE(master_->send(Rank(1), Bytes(shutdown.begin(), shutdown.end() - 1)).ok());
  ASSERT_TRUE(master_->send(Rank(1), Bytes(100)).ok());
  ASSERT_TRUE(
      master_->send(Rank(1), wire::encode(wire::JobId(6), {Session(1), wire::Shutdown{70}})).ok());
  EXPECT_EQ(turn(), 4U);
  EXPECT_EQ(driver_.stats().messages_refused, 4U);
  EXPECT_FALSE(driver_.exit().has_value());
}

TEST_F(WorkerDriverTest, leaves_with_the_code_it_is_given_and_a_goodbye) {
  send(wire::Shutdown{74}, Session(0));  // before any welcome: the master refused the run
  turn();
  ASSERT_TRUE(driver_.exit().has_value());
  EXPECT_EQ(driver_.exit()->exit_code, 74);
  EXPECT_EQ(driver_.exit()->reason, "");
  EXPECT_EQ(at_master<wire::Goodbye>().size(), 1U);
  EXPECT_EQ(turn(), 0U);
}

TEST_F(WorkerDriverTest, starts_nothing_and_says_nothing_after_it_has_left) {
  send(wire::Welcome{1});
  assign(0, 3);
  turn();
  send(wire::Shutdown{0});
  turn();
  ASSERT_TRUE(driver_.exit().has_value());
  static_cast<void>(at_master<wire::Goodbye>());
  executor_.done = true;
  driver_.propose({1, {}});
  driver_.safe_point();
  turn();
  EXPECT_EQ(executor_.started.size(), 1U);
  EXPECT_EQ(at_master<wire::Propose>().size(), 0U);
}

TEST_F(WorkerDriverTest, ends_itself_when_the_master_has_been_silent_for_too_long) {
  send(wire::Welcome{1});
  const TimeUs patience_us = core::WorkerOptions().master_timeout_us;
  turn();
  for (TimeUs waited = 0; waited < patience_us; waited += 1'000'000) {
    ASSERT_FALSE(driver_.exit().has_value()) << waited;
    clock_.now_us += 1'000'000;
    turn();
  }
  turn();
  ASSERT_TRUE(driver_.exit().has_value());
  EXPECT_EQ(driver_.exit()->exit_code, 75);
  EXPECT_EQ(driver_.exit()->reason, "no word from the master for 30 s");
}

TEST_F(WorkerDriverTest, looks_outside_at_safe_points_but_not_at_every_one) {
  send(wire::Welcome{1});
  assign(0, 1);
  std::vector<std::size_t> known;
  executor_.inside = [&] {
    send(wire::Shared{1, {20, {}}});
    for (int i = 0; i < 4; ++i) {
      driver_.safe_point();
      known.push_back(executor_.news.size());
      clock_.now_us += 800;
    }
  };
  turn();
  EXPECT_EQ(known, (std::vector<std::size_t>{0, 0, 0, 1}));  // after 2.4 ms: past 2
}

// On a full machine a look took 10 ms, and the next one was due at once: units of qap got a three
// hundredth of a processor.
TEST_F(WorkerDriverTest, computes_between_two_looks_however_long_a_look_takes) {
  send(wire::Welcome{1});
  assign(0, 1);
  executor_.on_news = [&] { clock_.now_us += 10'000; };
  std::vector<std::size_t> known;
  executor_.inside = [&] {
    clock_.now_us += 2'000;
    for (std::uint32_t version = 1; version <= 4; ++version) {
      send(wire::Shared{version, {30 - version, {}}});
      driver_.safe_point();
      known.push_back(executor_.news.size());
      clock_.now_us += 800;
    }
  };
  turn();
  EXPECT_EQ(known, (std::vector<std::size_t>{1, 1, 1, 4}));
}

TEST_F(WorkerDriverTest, tells_of_a_better_shared_value_in_the_middle_of_a_unit) {
  send(wire::Welcome{1});
  assign(0, 1);
  executor_.inside = [&] {
    driver_.propose({20, Bytes(1)});
    driver_.propose({21, {}});  // worse than what is known by now
  };
  turn();
  const auto proposed = at_master<wire::Propose>();
  ASSERT_EQ(proposed.size(), 1U);
  EXPECT_EQ(proposed[0].shared, (SharedValue{20, Bytes(1)}));
}

TEST_F(WorkerDriverTest, survives_a_dead_master_until_its_silence_is_long_enough) {
  send(wire::Welcome{1});
  assign(0, 2);
  turn();
  hub_.kill(Rank(0));
  executor_.done = true;
  EXPECT_EQ(turn(), 1U);  // the report goes nowhere, which is no reason to fall
  EXPECT_FALSE(driver_.exit().has_value());
}

// Seed 17958256195513 of the simulation: a worker took a shard that was durable long ago for one
// that a hanging disk held up, and left, because the thread beside its long unit never asked.
TEST_F(WorkerDriverTest, hears_of_a_durable_shard_while_a_unit_runs_on_the_other_thread) {
  core::WorkerOptions options;
  options.shard_bytes_min = 10;
  core::WorkerMachine machine(options, clock_.now_us);
  RigShards shards(Rank(1));
  WorkerDriver driver(machine, *end_, executor_, clock_, kJob, Rank(0), &shards);
  driver.start();
  send(wire::Welcome{1, {OwnerEpoch(7), {1, 2}}});
  assign(0, 2);
  static_cast<void>(driver.turn());
  executor_.outcome.payload = Bytes(10);
  executor_.outcome.reduced = Bytes(1);
  executor_.done = true;
  clock_.now_us += 1'000;
  static_cast<void>(driver.turn());  // the second unit runs now, and does not end
  EXPECT_EQ(executor_.started, (std::vector<UnitKey>{UnitKey::index(0), UnitKey::index(1)}));
  send(wire::EpochOpen{Epoch(1)});
  for (TimeUs end = clock_.now_us + 2 * options.shard_stall_us; clock_.now_us < end;) {
    clock_.now_us += 100'000;
    send(wire::Beat{});
    static_cast<void>(driver.background_turn());
  }
  ASSERT_FALSE(driver.exit().has_value()) << driver.exit()->reason;
  EXPECT_EQ(shards.shards.size(), 1U);
  std::vector<UnitKey> answered;
  for (const wire::Report& report : at_master<wire::Report>()) {
    report.answers->for_each([&](const wire::AnswerView& answer) {
      EXPECT_TRUE(answer.place.has_value());
      answered.push_back(answer.key);
    });
  }
  EXPECT_EQ(answered, std::vector<UnitKey>{UnitKey::index(0)});
}

// A worker that may have to follow another master: rank 2, which takes over from rank 0.
class FollowingDriverTest : public WorkerDriverTest {
 protected:
  void SetUp() override {
    core::SuccessionOptions options;
    options.self = Rank(1);
    options.master = Rank(0);
    options.rank_count = 3;
    succession_.emplace(options, clock_.now_us);
    SuccessionHooks hooks;
    hooks.may_claim = [](const wire::Welcome& /*welcome*/) { return true; };
    hooks.follows = [](Rank /*rank*/) {};
    hooks.peer_changed = [](Rank /*rank*/, bool /*welcome*/) {};
    driver_.set_succession(*succession_, std::move(hooks));
    driver_.start();
    welcome_from(*master_, kFirst, OwnerEpoch(1));
    turn();
  }
  void welcome_from(transport::Transport& from, Session session, OwnerEpoch owner) {
    wire::Welcome welcome{1};
    welcome.owner_epoch = owner;
    say(from, session, std::move(welcome));
  }
  void assign_from(transport::Transport& from, Session session, std::uint64_t unit,
                   Attempt attempt) {
    wire::Assign message;
    message.assign_seq = 1;
    message.units.add_run(unit, 1, attempt);
    say(from, session, std::move(message));
  }
  static void say(transport::Transport& from, Session session, wire::Body body) {
    ASSERT_TRUE(from.send(Rank(1), wire::encode(kJob, {session, std::move(body)})).ok());
  }

  static constexpr Session kFirst{1};
  static constexpr Session kLater{core::session_before(core::Term(1)).value + 1};
  static constexpr Attempt kLaterAttempt{core::attempt_before(core::Term(1)).value + 1};
  std::optional<core::Succession> succession_;
};

// A Welcome may be overtaken by the units that came after it. Nobody says them again: the worker
// sat there without work, and the units waited for ever.
TEST_F(FollowingDriverTest, keeps_units_that_come_before_the_welcome_of_their_master) {
  assign_from(*other_, kLater, 7, kLaterAttempt);
  turn();
  EXPECT_TRUE(executor_.started.empty()) << "nobody knows yet that this is the master";
  welcome_from(*other_, kLater, OwnerEpoch(2));
  turn();
  EXPECT_EQ(executor_.started, std::vector<UnitKey>{UnitKey::index(7)});
}

TEST_F(FollowingDriverTest, drops_units_of_its_own_term_that_are_not_its_masters) {
  assign_from(*other_, kFirst, 7, Attempt(1));
  turn();
  welcome_from(*other_, kLater, OwnerEpoch(2));
  turn();
  EXPECT_TRUE(executor_.started.empty());
}

// Who says such a thing takes us for its master, and nothing of it is a master's sign of life.
TEST_F(FollowingDriverTest, refuses_from_its_master_whatever_workers_say) {
  const auto no_answers = std::make_shared<const wire::AnswerBatch>();
  wire::Report report;
  report.answers = no_answers;
  wire::HandIn hand_in;
  hand_in.answers = no_answers;
  const wire::Partial partial{UnitKey::index(1), Attempt(1), 1, std::make_shared<const Bytes>()};
  const std::vector<wire::Body> words = {wire::Hello{},    report,          wire::Heartbeat{},
                                         wire::EpochAck{}, wire::Propose{}, partial,
                                         wire::Returned{}, hand_in,         wire::Overdue{},
                                         wire::Trouble{},  wire::Ended{},   wire::Goodbye{}};
  for (const wire::Body& word : words) {
    const std::uint64_t before = driver_.stats().messages_refused;
    say(*master_, kFirst, word);
    turn();
    EXPECT_EQ(driver_.stats().messages_refused, before + 1) << "message type " << word.index();
  }
}

}  // namespace
}  // namespace steadfarm::driver
