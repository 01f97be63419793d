#include "driver/master_driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "tests/unit/driver/farm_rig.hpp"

namespace steadfarm::driver {
namespace {

std::uint64_t number_after(const std::string& entry) {
  return std::stoull(entry.substr(entry.find(' ') + 1));
}

TEST(MasterDriver, runs_a_small_farm_to_its_end) {
  FarmRig rig({});
  ASSERT_TRUE(rig.finishes());
  EXPECT_EQ(rig.driver->finish()->outcome, core::Outcome::complete);
  EXPECT_EQ(rig.folded.size(), 100U);  // 50 units and a child of each
  EXPECT_TRUE(rig.each_folded_once());
  for (const auto& worker : rig.workers) {
    EXPECT_EQ(worker->driver.exit()->exit_code, 0);
    EXPECT_GT(worker->driver.stats().units_executed, 0U);
  }
  ASSERT_FALSE(rig.store.deltas.empty());
  EXPECT_TRUE(rig.store.deltas.back().complete);
  EXPECT_EQ(rig.store.deltas.back().counters.accepted, 100U);
  EXPECT_EQ(rig.machine->progress().committed, 100U);
  EXPECT_EQ(rig.driver->stats().publishes, rig.store.deltas.size());
  EXPECT_EQ(rig.driver->stats().messages_refused, 0U);
  EXPECT_EQ(rig.driver->stats().workers_lost, 0U);
}

TEST(MasterDriver, runs_without_a_store) {
  FarmRig::Setup setup;
  setup.with_store = false;
  FarmRig rig(std::move(setup));
  ASSERT_TRUE(rig.finishes());
  EXPECT_EQ(rig.driver->finish()->outcome, core::Outcome::complete);
  EXPECT_EQ(rig.folded.size(), 100U);
  EXPECT_EQ(rig.count("save") + rig.count("publish") + rig.count("committed"), 0U);
}

TEST(MasterDriver, saves_the_fold_of_exactly_the_units_that_the_delta_says_are_done) {
  FarmRig::Setup setup;
  setup.units = 2'000;
  FarmRig rig(std::move(setup));
  ASSERT_TRUE(rig.finishes());
  ASSERT_GE(rig.store.deltas.size(), 3U);
  std::uint64_t folds = 0;
  for (std::size_t i = 0; i < rig.journal.size(); ++i) {
    if (rig.journal[i] == "fold") ++folds;
    if (rig.journal[i].rfind("publish", 0) != 0) continue;
    ASSERT_GT(i, 0U);
    EXPECT_EQ(rig.journal[i - 1], "save " + std::to_string(folds));
    EXPECT_EQ(rig.journal[i], "publish " + std::to_string(folds));
  }
  for (const core::GenerationDelta& delta : rig.store.deltas) {
    EXPECT_EQ(delta.fold_state.size(), delta.counters.accepted);
  }
}

TEST(MasterDriver, reports_nothing_committed_while_the_store_fails) {
  FarmRig::Setup setup;
  setup.units = 2'000;
  setup.master.store_retry_us = 1'000;
  setup.store_failures.assign(3, {ErrorCode::io, "the disk is ill"});
  FarmRig rig(std::move(setup));
  ASSERT_TRUE(rig.finishes());
  EXPECT_EQ(rig.driver->finish()->outcome, core::Outcome::complete);
  // No committed before a good publish, and then no more than that one held.
  std::uint64_t tries = 0;
  std::uint64_t durable = 0;
  for (const std::string& entry : rig.journal) {
    if (entry.rfind("publish", 0) == 0 && ++tries > 3) durable = number_after(entry);
    if (entry.rfind("committed", 0) == 0) {
      EXPECT_GT(tries, 3U);
      EXPECT_EQ(number_after(entry), durable);
    }
  }
  EXPECT_EQ(rig.count("publish"), rig.store.deltas.size() + 3);
  EXPECT_EQ(rig.count("committed"), rig.store.deltas.size());
  EXPECT_EQ(rig.driver->stats().publishes, rig.store.deltas.size());
  EXPECT_EQ(
      std::count_if(rig.notes.begin(), rig.notes.end(),
                    [](const auto& n) { return n.kind == core::NoteKind::generation_failed; }),
      3);
}

TEST(MasterDriver, ends_as_not_durable_when_the_last_generation_cannot_be_published) {
  FarmRig::Setup setup;
  setup.store_failures.assign(100'000, {ErrorCode::no_space, "the disk is full"});
  FarmRig rig(std::move(setup));
  ASSERT_TRUE(rig.finishes());
  EXPECT_EQ(rig.driver->finish()->outcome, core::Outcome::not_durable);
  EXPECT_EQ(rig.folded.size(), 100U);
  EXPECT_EQ(rig.count("committed"), 0U);
  EXPECT_EQ(rig.machine->progress().committed, 0U);
  for (const auto& worker : rig.workers) EXPECT_EQ(worker->driver.exit()->exit_code, 74);
}

TEST(MasterDriver, stops_with_everybody_when_another_owner_has_the_store) {
  FarmRig::Setup setup;
  setup.store_failures.push_back({ErrorCode::fenced, "owner epoch 2 has taken the store over"});
  FarmRig rig(std::move(setup));
  ASSERT_TRUE(rig.finishes());
  EXPECT_EQ(rig.driver->finish()->outcome, core::Outcome::fenced);
  EXPECT_EQ(rig.driver->finish()->reason, "owner epoch 2 has taken the store over");
  EXPECT_EQ(rig.store.tries, 1U);
  EXPECT_EQ(rig.count("committed"), 0U);
  const int code = core::exit_code(core::Outcome::fenced);
  EXPECT_NE(code, 0);
  for (const auto& worker : rig.workers) EXPECT_EQ(worker->driver.exit()->exit_code, code);
}

TEST(MasterDriver, refuses_and_counts_strays_and_malformed_messages) {
  FarmRig rig({});
  auto& end = *rig.workers[0]->end;
  const Bytes good = wire::encode(kRigJob, {Session(0), wire::Goodbye{}});
  Bytes cut(good.begin(), good.end() - 1);
  ASSERT_TRUE(end.send(Rank(0), {}).ok());
  ASSERT_TRUE(end.send(Rank(0), Bytes(40, std::byte{0xff})).ok());
  ASSERT_TRUE(end.send(Rank(0), cut).ok());
  const Bytes foreign = wire::encode(wire::JobId(12), {Session(0), wire::Goodbye{}});
  ASSERT_TRUE(end.send(Rank(0), foreign).ok());
  ASSERT_TRUE(rig.finishes());
  EXPECT_EQ(rig.driver->stats().messages_refused, 4U);
  EXPECT_EQ(rig.driver->finish()->outcome, core::Outcome::complete);
  EXPECT_EQ(rig.folded.size(), 100U);
}

TEST(MasterDriver, forgets_a_dead_worker_before_anything_else_and_gives_its_units_to_others) {
  FarmRig::Setup setup;
  setup.units = 500;
  FarmRig rig(std::move(setup));
  while (rig.folded.size() < 50) rig.round();
  rig.hub.kill(Rank(1));
  rig.workers[0]->frozen = true;
  ASSERT_TRUE(rig.finishes());
  EXPECT_EQ(rig.driver->finish()->outcome, core::Outcome::complete);
  EXPECT_EQ(rig.driver->stats().workers_lost, 1U);
  EXPECT_EQ(rig.count("forget 1"), 1U);
  EXPECT_EQ(rig.count("forget"), 1U);
  EXPECT_EQ(rig.folded.size(), 1'000U);
  EXPECT_TRUE(rig.each_folded_once());
}

TEST(MasterDriver, takes_a_refused_send_for_the_death_that_it_is) {
  FarmRig::Setup setup;
  setup.workers = 1;
  FarmRig rig(std::move(setup));
  bool killed = false;
  rig.before_fold = [&] {
    if (!killed) rig.hub.kill(Rank(1));
    killed = true;
  };
  while (!killed) {
    static_cast<void>(rig.workers[0]->driver.turn());
    rig.clock.now_us += 200;
    static_cast<void>(rig.driver->turn());
  }
  EXPECT_EQ(rig.count("forget 1"), 1U) << "in the turn in which its reply was refused";
  const auto lost = std::find_if(rig.notes.begin(), rig.notes.end(), [](const core::Note& note) {
    return note.kind == core::NoteKind::worker_lost;
  });
  ASSERT_NE(lost, rig.notes.end());
  EXPECT_EQ(lost->text, "rank 1 was killed");
}

// It had answered all that had reached it, and died before the next message did.
TEST(MasterDriver, charges_no_unit_with_the_death_of_a_worker_that_never_got_it) {
  FarmRig::Setup setup;
  setup.workers = 1;
  setup.units = 2;
  setup.work = [](UnitCall& call) { call.set_result(Bytes(1)); };
  setup.master.policy.kind = core::PolicyKind::fixed;
  setup.master.policy.prefetch_max = 1;
  FarmRig rig(std::move(setup));
  rig.before_fold = [&] {
    if (rig.workers[0]->frozen) return;
    rig.hub.kill(Rank(1));
    rig.workers[0]->frozen = true;
  };
  ASSERT_TRUE(rig.finishes());
  EXPECT_EQ(rig.driver->finish()->outcome, core::Outcome::stopped);
  EXPECT_EQ(rig.folded.size(), 1U);
  const core::GenerationDelta& last = rig.store.deltas.back();
  EXPECT_EQ(last.pending_indices, (std::vector<core::Interval>{{1, 2}}));
  EXPECT_TRUE(last.retried.empty()) << "unit 1 is charged with a death";
}

TEST(MasterDriver, judges_nobody_silent_before_all_that_has_arrived_is_heard) {
  FarmRig::Setup setup;
  setup.master.timeout_us = 40'000;
  FarmRig rig(std::move(setup));
  const auto joined = [&] {
    return std::count_if(rig.notes.begin(), rig.notes.end(), [](const core::Note& note) {
      return note.kind == core::NoteKind::worker_joined;
    });
  };
  while (joined() < 2) rig.round();
  for (int i = 0; i < 3; ++i) {
    rig.clock.now_us += 10'000;
    static_cast<void>(rig.driver->turn());
  }
  // The word of rank 2 came in time, behind more of rank 1 than one turn takes in.
  const Bytes word = wire::encode(kRigJob, {Session(0), wire::Heartbeat{1}});
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(rig.workers[0]->end->send(Rank(0), word).ok());
  ASSERT_TRUE(rig.workers[1]->end->send(Rank(0), word).ok());
  rig.clock.now_us += 15'000;
  static_cast<void>(rig.driver->turn());
  static_cast<void>(rig.driver->turn());
  EXPECT_EQ(rig.driver->stats().workers_lost, 0U);
}

TEST(MasterDriver, takes_a_silent_worker_back_when_it_speaks_again) {
  FarmRig::Setup setup;
  setup.units = 3'000;
  setup.master.timeout_us = 20'000;
  // Else the others would take over what the silent one has, and be done before it is lost.
  setup.master.tail.take_back = false;
  setup.master.tail.second_executions = false;
  FarmRig rig(std::move(setup));
  while (rig.folded.size() < 50) rig.round();
  rig.workers[0]->frozen = true;
  while (rig.count("forget 1") == 0) {
    rig.round();
    ASSERT_FALSE(rig.driver->finish().has_value());
  }
  // A message to the dead can end the sender, so the transport knows, too.
  ASSERT_TRUE(rig.master_end->send(Rank(1), Bytes(9)).ok());
  EXPECT_EQ(rig.master_end->queued_bytes(Rank(1)), 0U);
  rig.workers[0]->frozen = false;
  ASSERT_TRUE(rig.finishes());
  EXPECT_EQ(rig.count("readmit 1"), 1U);
  EXPECT_EQ(rig.driver->finish()->outcome, core::Outcome::complete);
  EXPECT_EQ(rig.folded.size(), 6'000U);
  EXPECT_TRUE(rig.each_folded_once());
}

// Starts a worker at the second look, unless it is told to fail.
class RigSpawner : public transport::Spawner {
 public:
  explicit RigSpawner(FarmRig& rig) : rig_(rig) {}
  void start(Rank rank) override {
    asked.push_back(rank.value);
    looks_ = 0;
    busy_ = true;
  }
  [[nodiscard]] std::optional<Done> take_done() override {
    if (!busy_ || ++looks_ < 2) return std::nullopt;
    busy_ = false;
    const Rank rank(asked.back());
    if (failures > 0) {
      --failures;
      return Done{rank, Error{ErrorCode::unsupported, "no place for it"}};
    }
    rig_.add_worker(rank);
    return Done{rank, {}};
  }
  [[nodiscard]] bool idle() const override { return !busy_; }

  std::vector<int> asked;
  int failures = 0;

 private:
  FarmRig& rig_;
  int looks_ = 0;
  bool busy_ = false;
};

TEST(MasterDriver, has_a_lost_worker_replaced) {
  FarmRig::Setup setup;
  setup.units = 2'000;
  setup.later = 1;
  setup.master.respawn = {5, core::kSecondUs, 100, 0};
  FarmRig rig(std::move(setup));
  RigSpawner spawner(rig);
  spawner.failures = 1;
  rig.driver->use_spawner(spawner);
  while (rig.folded.size() < 50) rig.round();
  rig.hub.kill(Rank(1));
  rig.workers[0]->frozen = true;
  ASSERT_TRUE(rig.finishes());
  EXPECT_EQ(spawner.asked, (std::vector<int>{3, 3}));
  EXPECT_EQ(rig.driver->stats().workers_lost, 1U);
  EXPECT_EQ(rig.driver->stats().workers_replaced, 1U);
  EXPECT_EQ(rig.count("readmit 3"), 1U);  // which tells the heartbeats as well
  const auto kind = [&](core::NoteKind wanted) {
    return std::count_if(rig.notes.begin(), rig.notes.end(), [&](const core::Note& note) {
      return note.kind == wanted && note.rank == Rank(3);
    });
  };
  EXPECT_EQ(kind(core::NoteKind::replacement_failed), 1);
  EXPECT_EQ(kind(core::NoteKind::replacement_started), 1);
  EXPECT_EQ(kind(core::NoteKind::worker_joined), 1);
  EXPECT_EQ(kind(core::NoteKind::worker_left), 1);
  EXPECT_EQ(rig.folded.size(), 4'000U);
  EXPECT_TRUE(rig.each_folded_once());
}

TEST(MasterDriver, stops_on_request_with_what_is_pending_in_the_store) {
  FarmRig::Setup setup;
  setup.units = 5'000;
  FarmRig rig(std::move(setup));
  while (rig.folded.size() < 50) rig.round();
  EXPECT_FALSE(rig.store.hurried);
  rig.driver->request_stop("asked to");
  EXPECT_TRUE(rig.store.hurried);  // before the last generation is laid out
  ASSERT_TRUE(rig.finishes());
  EXPECT_EQ(rig.driver->finish()->outcome, core::Outcome::stopped);
  EXPECT_EQ(rig.driver->finish()->reason, "asked to");
  const core::GenerationDelta& last = rig.store.deltas.back();
  EXPECT_FALSE(last.complete);
  EXPECT_EQ(last.counters.accepted, rig.folded.size());
  EXPECT_FALSE(last.pending_indices.empty());
  for (const auto& worker : rig.workers) EXPECT_EQ(worker->driver.exit()->exit_code, 75);
}

TEST(MasterDriver, checkpoints_on_request_and_goes_on) {
  FarmRig::Setup setup;
  setup.units = 2'000;
  FarmRig rig(std::move(setup));
  while (rig.folded.size() < 50) rig.round();
  const std::size_t before = rig.store.deltas.size();
  rig.driver->request_checkpoint();
  for (int i = 0; i < 5 && rig.store.deltas.size() == before; ++i)
    rig.round();  // 1 ms: no interval
  EXPECT_EQ(rig.store.deltas.size(), before + 1);
  ASSERT_TRUE(rig.finishes());
  EXPECT_EQ(rig.driver->finish()->outcome, core::Outcome::complete);
}

TEST(MasterDriver, measures_how_long_it_stood_still) {
  FarmRig rig({});
  TimeUs stall_us = 100;
  rig.during_publish = [&] { rig.clock.now_us += (stall_us = stall_us == 100 ? 7'000 : 50); };
  ASSERT_TRUE(rig.finishes());
  EXPECT_EQ(rig.driver->stats().publish_us_max, 7'000);
}

TEST(MasterDriver, publishes_nothing_after_a_fold_that_threw) {
  FarmRig rig({});
  while (rig.folded.empty()) rig.round();
  const std::uint64_t before = rig.store.tries;
  rig.before_fold = [] { throw std::runtime_error("no room for this result"); };
  EXPECT_THROW(
      {
        for (int i = 0; i < 1'000; ++i) rig.round();
      },
      std::runtime_error);
  EXPECT_EQ(rig.store.tries, before);
}

/// Never done; the test says when the store comes a step further.
class HangingWriter final : public GenerationWriter {
 public:
  void start(std::shared_ptr<const core::GenerationDelta> delta) override {
    delta_ = std::move(delta);
  }
  [[nodiscard]] std::optional<Result<Generation>> take_done() override { return std::nullopt; }
  [[nodiscard]] std::uint64_t steps() const override { return stepped; }
  std::uint64_t stepped = 0;

 private:
  std::shared_ptr<const core::GenerationDelta> delta_;
};

TEST(MasterDriver, tells_a_slow_store_from_one_that_never_returns) {
  ManualClock clock;
  transport::LocalHub hub(2);
  const auto end = hub.take(Rank(0));
  core::MasterOptions options;
  options.has_store = true;
  HangingWriter writer;
  core::Master machine(options, {0, {}, nullptr}, {Rank(1)}, clock.now(), std::nullopt);
  MasterDriver driver(machine, *end, &writer, clock, kRigJob, {});
  driver.start();
  const auto wait = [&](TimeUs us) {
    for (const TimeUs until = clock.now_us + us; clock.now_us < until; clock.now_us += 100'000) {
      static_cast<void>(driver.turn());
    }
  };
  for (int i = 0; i < 5; ++i) {
    wait(options.store_stall_us - core::kSecondUs);
    ++writer.stepped;
  }
  ASSERT_FALSE(driver.finish().has_value());
  wait(options.store_stall_us + options.goodbye_us + core::kSecondUs);
  ASSERT_TRUE(driver.finish().has_value());
  EXPECT_EQ(driver.finish()->outcome, core::Outcome::not_durable);
  EXPECT_EQ(
      driver.finish()->reason,
      "the end state could not be made durable (a call to the store has not returned for 30 s; "
      "see whether its disk or file server hangs); 0 of 0 accepted units are, run the same "
      "command again for the rest");
}

// One worker, and a process of its that the test says has ended.
struct EndedProcessRig {
  ManualClock clock;
  transport::LocalHub hub{2};
  std::unique_ptr<transport::Transport> end = hub.take(Rank(0));
  std::unique_ptr<transport::Transport> worker = hub.take(Rank(1));
  core::Master machine{{}, {5, {}, nullptr}, {Rank(1)}, 0, std::nullopt};
  std::vector<Rank> ended;
  std::vector<core::Note> notes;
  std::vector<std::string> hosts;
  MasterDriver driver{machine, *end, nullptr, clock, kRigJob, hooks()};

  MasterHooks hooks() {
    MasterHooks h;
    h.hello = [this](Rank, const wire::Hello& hello) { hosts.push_back(hello.host); };
    h.ended_processes = [this] { return std::exchange(ended, {}); };
    h.note = [this](const core::Note& note) { notes.push_back(note); };
    return h;
  }
  void say(wire::Body body) {
    ASSERT_TRUE(worker->send(Rank(0), wire::encode(kRigJob, {Session(1), std::move(body)})).ok());
  }
  void turns(TimeUs us) {
    for (const TimeUs until = clock.now_us + us; clock.now_us < until; clock.now_us += 1'000) {
      static_cast<void>(driver.turn());
    }
  }
  [[nodiscard]] std::size_t count(core::NoteKind kind) const {
    return static_cast<std::size_t>(std::count_if(
        notes.begin(), notes.end(), [&](const core::Note& n) { return n.kind == kind; }));
  }
};

TEST(MasterDriver, takes_the_end_of_a_process_for_the_loss_of_its_worker) {
  EndedProcessRig rig;
  rig.driver.start();
  rig.say(wire::Hello{"node17", 1, true});
  rig.turns(20'000);
  EXPECT_EQ(rig.hosts, std::vector<std::string>{"node17"});
  rig.ended = {Rank(1)};
  rig.turns(50'000);
  ASSERT_EQ(rig.count(core::NoteKind::worker_lost), 1U);
  EXPECT_EQ(rig.notes.back().loss->how, core::LossKind::process);
}

// Two workers on another machine, of which the second sees the first end.
struct NeighboursRig {
  transport::LocalHub hub{3};
  std::unique_ptr<transport::Transport> master_end = hub.take(Rank(0));
  std::unique_ptr<transport::Transport> leaving = hub.take(Rank(1));
  std::unique_ptr<transport::Transport> neighbour = hub.take(Rank(2));
  ManualClock clock;
  core::Master machine{{}, core::IndexUnits{10, {}, nullptr}, {Rank(1), Rank(2)}, 0, std::nullopt};
  std::vector<std::pair<core::NoteKind, Rank>> notes;
  MasterDriver driver{machine, *master_end, nullptr, clock, kRigJob, hooks()};

  MasterHooks hooks() {
    MasterHooks made;
    made.note = [this](const core::Note& note) { notes.emplace_back(note.kind, note.rank); };
    return made;
  }
  static void say(transport::Transport& end, wire::Body body) {
    ASSERT_TRUE(end.send(Rank(0), wire::encode(kRigJob, {Session(1), std::move(body)})).ok());
  }
  void turns(TimeUs us) {
    for (const TimeUs until = clock.now_us + us; clock.now_us < until; clock.now_us += 1'000) {
      static_cast<void>(driver.turn());
    }
  }
  void begin() {
    driver.start();
    say(*leaving, wire::Hello{"node2", 101, true, "boot/1", 1001});
    say(*neighbour, wire::Hello{"node2", 102, true, "boot/1", 1002});
    turns(20'000);
    notes.clear();
    say(*neighbour, wire::Ended{{Rank(1), 101, 1001}});
  }
  [[nodiscard]] std::size_t count(core::NoteKind kind, Rank rank) const {
    return static_cast<std::size_t>(std::count(notes.begin(), notes.end(), std::pair(kind, rank)));
  }
};

// What the dead one sent may come after the word of its end.
TEST(MasterDriver, hears_the_last_words_before_the_word_of_a_neighbour) {
  NeighboursRig rig;
  rig.begin();
  rig.turns(10'000);
  EXPECT_TRUE(rig.notes.empty());
  rig.say(*rig.leaving, wire::Goodbye{});
  rig.turns(50'000);
  EXPECT_EQ(rig.count(core::NoteKind::worker_left, Rank(1)), 1U);
  EXPECT_EQ(rig.count(core::NoteKind::worker_lost, Rank(1)), 0U);
}

// Its word is heard once, or it would seem to live for ever.
TEST(MasterDriver, gives_a_neighbour_up_that_has_said_a_word_and_nothing_since) {
  NeighboursRig rig;
  rig.begin();
  rig.turns(core::MasterOptions().timeout_us + 1'000'000);
  EXPECT_EQ(rig.count(core::NoteKind::worker_lost, Rank(1)), 1U);
  EXPECT_EQ(rig.count(core::NoteKind::worker_lost, Rank(2)), 1U);
}

TEST(MasterDriver, hears_the_last_words_of_a_process_that_has_ended) {
  EndedProcessRig rig;
  rig.driver.start();
  rig.say(wire::Hello{"node17", 1, true});
  rig.turns(20'000);
  rig.ended = {Rank(1)};
  rig.turns(15'000);
  rig.say(wire::Goodbye{});  // it was on the way
  rig.turns(50'000);
  EXPECT_EQ(rig.count(core::NoteKind::worker_left), 1U);
  EXPECT_EQ(rig.count(core::NoteKind::worker_lost), 0U);
}

// Nothing is sent to it meanwhile, and its silence is far from long enough.
TEST(MasterDriver, takes_the_transports_word_for_a_death) {
  EndedProcessRig rig;
  rig.driver.start();
  rig.say(wire::Hello{"node17", 1, true});
  rig.turns(20'000);
  rig.hub.kill(Rank(1));
  rig.turns(50'000);
  ASSERT_EQ(rig.count(core::NoteKind::worker_lost), 1U);
  EXPECT_EQ(rig.notes.back().loss->how, core::LossKind::transport);
}

// Open MPI over TCP: those who leave without MPI_Finalize are called dead at once.
TEST(MasterDriver, hears_the_last_words_of_a_peer_that_the_transport_calls_dead) {
  EndedProcessRig rig;
  rig.driver.start();
  rig.say(wire::Hello{"node17", 1, true});
  rig.turns(20'000);
  rig.say(wire::Goodbye{});
  rig.hub.kill(Rank(1));
  rig.turns(50'000);
  EXPECT_EQ(rig.count(core::NoteKind::worker_left), 1U);
  EXPECT_EQ(rig.count(core::NoteKind::worker_lost), 0U);
}

TEST(MasterDriver, folds_what_was_made_of_a_large_result_and_stores_where_it_lies) {
  FarmRig::Setup setup;
  setup.units = 200;
  setup.shard_bytes = 100;
  setup.master.keep_results = true;
  setup.master.shards = {OwnerEpoch(3), Digest{1, 2}};
  setup.master.shards_from = OwnerEpoch(3);
  setup.work = [](UnitCall& call) {
    const std::uint64_t unit = call.key().lo;
    // Every third one is small and travels.
    call.set_result(Bytes(unit % 3 == 0 ? 50 : 100 + unit, static_cast<std::byte>(unit)));
  };
  FarmRig rig(std::move(setup));
  ASSERT_TRUE(rig.finishes());
  EXPECT_EQ(rig.driver->finish()->outcome, core::Outcome::complete);
  EXPECT_EQ(rig.folded.size(), 200U);
  EXPECT_TRUE(rig.each_folded_once());
  EXPECT_EQ(rig.reduced.size(), 133U);
  std::map<ShardName, std::vector<UnitKey>> shards;
  for (const auto& worker : rig.workers) shards.merge(worker->shards.shards);
  for (const auto& [key, reduced] : rig.reduced) {
    EXPECT_NE(key.lo % 3, 0U);
    EXPECT_EQ(reduced.value, Bytes(1, static_cast<std::byte>(key.lo)));
    EXPECT_EQ(reduced.place.bytes, 100 + key.lo);
    EXPECT_EQ(shards.at(reduced.place.shard.name).at(reduced.place.row), key);
  }
  // Each result once, either in a generation or in a shard that a generation leads to.
  std::set<UnitKey> stored;
  for (const core::GenerationDelta& delta : rig.store.deltas) {
    for (const UnitKey& key : delta.results.keys) EXPECT_TRUE(stored.insert(key).second);
    EXPECT_LE(delta.results.bytes.size(), 50 * delta.results.size());
    for (const auto& record : delta.sharded.records) {
      EXPECT_TRUE(stored.insert(record.key).second);
      const ShardName& name = delta.sharded.shards[record.shard].name;
      EXPECT_EQ(shards.at(name).at(record.row), record.key);
    }
  }
  EXPECT_EQ(stored.size(), 200U);
}

TEST(MasterDriver, does_nothing_more_after_the_finish) {
  FarmRig rig({});
  ASSERT_TRUE(rig.finishes());
  const auto messages = rig.driver->stats().messages_out;
  rig.driver->request_checkpoint();
  rig.driver->request_stop("late");
  EXPECT_EQ(rig.driver->turn(), 0U);
  EXPECT_EQ(rig.driver->stats().messages_out, messages);
  EXPECT_EQ(rig.driver->finish()->outcome, core::Outcome::complete);
}

}  // namespace
}  // namespace steadfarm::driver
