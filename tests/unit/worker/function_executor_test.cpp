#include "worker/function_executor.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace steadfarm::worker {
namespace {

Bytes bytes(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

std::string text(ByteView view) {
  return {reinterpret_cast<const char*>(view.data()), view.size()};
}

core::Execute unit(std::uint64_t index, ByteView payload = {}) {
  return {UnitKey::index(index), Attempt(1), payload, 99};
}

const UnitOutcome& run(FunctionExecutor& executor, core::Execute what = unit(0)) {
  executor.start(what);
  const UnitOutcome* outcome = executor.finished();
  STEADFARM_ASSERT(outcome != nullptr);
  return *outcome;
}

// Told by two threads, or by a stop and then by a state that cannot be made.
TEST(Verdict, the_first_word_stands) {
  Verdict verdict;
  verdict.leave();
  verdict.fail("later");
  EXPECT_EQ(verdict.kind(), Verdict::Kind::left);
  verdict.begin();
  verdict.fail("first");
  verdict.leave();
  verdict.fail("later");
  EXPECT_EQ(verdict.kind(), Verdict::Kind::failed);
  EXPECT_EQ(verdict.why(), "first");
}

TEST(FunctionExecutor, shows_the_unit_to_the_function) {
  const Bytes payload = bytes("what to do");
  core::Execute what{UnitKey{1ULL << 63U, 5}, Attempt(4), payload, 99};
  int calls = 0;
  FunctionExecutor executor([&](UnitCall& call) {
    ++calls;
    EXPECT_EQ(call.key(), (UnitKey{1ULL << 63U, 5}));
    EXPECT_EQ(call.attempt(), 4U);
    EXPECT_EQ(text(call.payload()), "what to do");
    EXPECT_EQ(call.seed(), unit_seed(99, what.key));
  });
  EXPECT_EQ(executor.finished(), nullptr);
  run(executor, what);
  EXPECT_EQ(calls, 1);
}

struct Saves {
  core::SafePoint wish = core::SafePoint::go_on;
  std::vector<std::pair<std::uint64_t, std::string>> taken;

  [[nodiscard]] FunctionExecutor::Hooks hooks() {
    FunctionExecutor::Hooks hooks;
    hooks.save_point = [this] { return wish; };
    hooks.save = [this](std::uint64_t sequence, const Bytes& state) {
      taken.emplace_back(sequence, text(state));
    };
    return hooks;
  }
};

TEST(FunctionExecutor, asks_for_the_state_only_when_it_is_wanted) {
  Saves saves;
  int made = 0;
  FunctionExecutor executor([&](UnitCall& call) {
    for (int i = 1; i <= 5; ++i) {
      saves.wish = i == 3 ? core::SafePoint::save : core::SafePoint::go_on;
      EXPECT_TRUE(call.save([&] {
        ++made;
        return bytes("state " + std::to_string(i));
      }));
    }
    call.set_result(bytes("result"));
  });
  executor.set_hooks(saves.hooks());
  const UnitOutcome& outcome = run(executor);
  EXPECT_FALSE(outcome.left);
  EXPECT_EQ(text(outcome.payload), "result");
  EXPECT_EQ(made, 1);
  EXPECT_EQ(saves.taken, (std::vector<std::pair<std::uint64_t, std::string>>{{3, "state 3"}}));
}

TEST(FunctionExecutor, goes_on_counting_from_the_state_that_it_was_given) {
  Saves saves;
  saves.wish = core::SafePoint::save;
  const Bytes state = bytes("so far");
  core::Execute what = unit(0);
  std::vector<std::string> seen;
  FunctionExecutor executor([&](UnitCall& call) {
    const auto saved = call.saved_state();
    seen.push_back(saved ? text(*saved) : "none");
    EXPECT_TRUE(call.save([] { return bytes("more"); }));
  });
  executor.set_hooks(saves.hooks());
  run(executor, what);
  what.saved_sequence = 7;
  what.saved_state = state;
  run(executor, what);
  EXPECT_EQ(seen, (std::vector<std::string>{"none", "so far"}));
  EXPECT_EQ(saves.taken,
            (std::vector<std::pair<std::uint64_t, std::string>>{{1, "more"}, {8, "more"}}));
}

TEST(FunctionExecutor, ends_an_execution_that_was_told_to_leave_whatever_it_does_then) {
  for (const int then : {0, 1, 2}) {
    Saves saves;
    saves.wish = core::SafePoint::leave;
    FunctionExecutor executor([&](UnitCall& call) {
      call.set_result(bytes("no result"));
      EXPECT_FALSE(call.save([] { return bytes("last"); }));
      if (then == 1) throw std::runtime_error("leaving");
      if (then == 2) throw 7;
    });
    executor.set_hooks(saves.hooks());
    EXPECT_TRUE(run(executor).left) << then;
    EXPECT_EQ(saves.taken.size(), 1U);
    // The next unit is none the worse for it.
    saves.wish = core::SafePoint::go_on;
    FunctionExecutor other([](UnitCall& call) { call.set_result(bytes("r")); });
    EXPECT_FALSE(run(other).left);
  }
}

// What a unit may do when it is told to end, and return a result all the same.
enum class Swallow { save, try_save, shared_value, save_for_ever, try_for_ever };

void swallow(UnitCall& call, Swallow how) {
  const auto state = [] { return bytes("state"); };
  if (how == Swallow::save || how == Swallow::save_for_ever) {
    for (int i = 0; i < (how == Swallow::save ? 1 : 3); ++i) {
      try {
        if (!call.save(state)) throw 1;  // as Context does
        ADD_FAILURE() << "it was not told to end";
      } catch (...) {  // NOLINT(bugprone-empty-catch): that is what units do
      }
    }
  } else if (how == Swallow::shared_value) {
    EXPECT_THROW(static_cast<void>(call.shared_value()), EndUnit);
    EXPECT_THROW(static_cast<void>(call.shared_value()), EndUnit) << "again";
  } else {
    for (int i = 0; i < (how == Swallow::try_save ? 1 : 3); ++i) EXPECT_FALSE(call.try_save(state));
  }
  call.set_result(bytes("wrong"));
  call.spawn(bytes("child"), 0);
}

TEST(FunctionExecutor, takes_no_answer_of_an_execution_over_its_time_limit) {
  for (const Swallow how : {Swallow::save, Swallow::try_save, Swallow::shared_value,
                            Swallow::save_for_ever, Swallow::try_for_ever}) {
    Saves saves;
    FunctionExecutor executor([how](UnitCall& call) { swallow(call, how); });
    FunctionExecutor::Hooks hooks = saves.hooks();
    bool over = true;  // told once is enough
    hooks.over_time = [&]() -> std::optional<std::string> {
      return std::exchange(over, false) ? std::optional<std::string>("too long") : std::nullopt;
    };
    executor.set_hooks(std::move(hooks));
    const UnitOutcome& outcome = run(executor);
    EXPECT_EQ(outcome.status, wire::AnswerStatus::failed) << static_cast<int>(how);
    EXPECT_EQ(text(outcome.payload), "too long");
    EXPECT_TRUE(outcome.children.empty());
    EXPECT_FALSE(outcome.left);
    EXPECT_TRUE(saves.taken.empty());
    saves.wish = core::SafePoint::go_on;
  }
}

TEST(FunctionExecutor, takes_no_answer_of_an_execution_that_was_told_to_leave) {
  for (const Swallow how :
       {Swallow::save, Swallow::try_save, Swallow::save_for_ever, Swallow::try_for_ever}) {
    Saves saves;
    saves.wish = core::SafePoint::leave;
    int looks = 0;
    FunctionExecutor executor([&](UnitCall& call) {
      swallow(call, how);
      saves.wish = core::SafePoint::go_on;  // whatever is said later
      EXPECT_FALSE(call.try_save([] { return bytes("later"); }));
      EXPECT_TRUE(call.stopping());
      EXPECT_EQ(call.shared_value(), nullptr) << "harmless";
    });
    FunctionExecutor::Hooks hooks = saves.hooks();
    hooks.safe_point = [&] { ++looks; };
    executor.set_hooks(std::move(hooks));
    const UnitOutcome& outcome = run(executor);
    EXPECT_TRUE(outcome.left) << static_cast<int>(how);
    EXPECT_EQ(saves.taken.size(), 1U) << "what it saves after that may be anything";
    EXPECT_EQ(looks, 0);
  }
}

TEST(FunctionExecutor, the_next_unit_is_none_the_worse_for_the_last_ones_verdict) {
  Saves saves;
  saves.wish = core::SafePoint::leave;
  FunctionExecutor executor([](UnitCall& call) {
    static_cast<void>(call.save([] { return bytes("state"); }));
    call.set_result(bytes("r"));
  });
  executor.set_hooks(saves.hooks());
  EXPECT_TRUE(run(executor).left);
  saves.wish = core::SafePoint::go_on;
  const UnitOutcome& outcome = run(executor);
  EXPECT_FALSE(outcome.left);
  EXPECT_EQ(text(outcome.payload), "r");
}

TEST(FunctionExecutor, reduces_nothing_of_an_execution_that_left) {
  Saves saves;
  saves.wish = core::SafePoint::leave;
  FunctionExecutor executor([](UnitCall& call) {
    static_cast<void>(call.save([] { return Bytes(); }));
    call.set_result(Bytes(100));
  });
  executor.set_hooks(saves.hooks());
  bool reduced = false;
  executor.set_reduction(1, [&reduced](ByteView) {
    reduced = true;
    return Bytes();
  });
  EXPECT_TRUE(run(executor).left);
  EXPECT_FALSE(reduced);
}

TEST(FunctionExecutor, try_save_takes_states_as_save_does) {
  Saves saves;
  saves.wish = core::SafePoint::save;
  FunctionExecutor executor([](UnitCall& call) {
    EXPECT_TRUE(call.try_save([] { return bytes("a"); }));
    EXPECT_TRUE(call.save([] { return bytes("b"); }));
    call.set_result(bytes("r"));
  });
  executor.set_hooks(saves.hooks());
  EXPECT_EQ(text(run(executor).payload), "r");
  EXPECT_EQ(saves.taken, (std::vector<std::pair<std::uint64_t, std::string>>{{1, "a"}, {2, "b"}}));
}

TEST(FunctionExecutor, try_save_fails_a_unit_whose_state_cannot_be_made_and_throws_nothing) {
  for (const int what : {0, 1, 2}) {
    Saves saves;
    saves.wish = core::SafePoint::save;
    FunctionExecutor executor([what](UnitCall& call) {
      EXPECT_FALSE(call.try_save([what]() -> Bytes {
        if (what == 0) throw std::runtime_error("no state");
        if (what == 1) throw 42;
        return Bytes(state_bytes_max + 1);
      }));
      EXPECT_THROW(static_cast<void>(call.save([] { return Bytes(); })), EndUnit);
      call.set_result(bytes("wrong"));
    });
    executor.set_hooks(saves.hooks());
    const UnitOutcome& outcome = run(executor);
    EXPECT_EQ(outcome.status, wire::AnswerStatus::failed);
    const std::vector<std::string> says = {
        "no state", "what makes the state threw something that is not a std::exception",
        "the state to save has 67108865 bytes, the limit is 67108864"};
    EXPECT_EQ(text(outcome.payload), says[static_cast<std::size_t>(what)]);
  }
}

TEST(FunctionExecutor, stopping_is_a_hint_after_which_a_result_counts) {
  bool asks = false;
  bool over = false;
  FunctionExecutor executor([&](UnitCall& call) {
    EXPECT_FALSE(call.stopping());
    asks = true;
    EXPECT_TRUE(call.stopping());
    asks = false;
    over = true;
    EXPECT_TRUE(call.stopping());
    call.set_result(bytes("what is done"));
  });
  FunctionExecutor::Hooks hooks;
  hooks.stopping = [&] { return asks; };
  hooks.over_time = [&]() -> std::optional<std::string> {
    return over ? std::optional<std::string>("too long") : std::nullopt;
  };
  executor.set_hooks(std::move(hooks));
  const UnitOutcome& outcome = run(executor);
  EXPECT_EQ(outcome.status, wire::AnswerStatus::done);
  EXPECT_FALSE(outcome.left);
  EXPECT_EQ(text(outcome.payload), "what is done");
}

// Calls from threads of the unit's own, while it waits for them.
template <class Function>
void beside(Function function) {
  std::thread(std::move(function)).join();
}

TEST(FunctionExecutor, save_on_another_thread_takes_no_state_and_is_said) {
  Saves saves;
  saves.wish = core::SafePoint::leave;
  std::vector<UnitKey> said;
  FunctionExecutor executor([](UnitCall& call) {
    beside([&call] {
      EXPECT_TRUE(call.save([]() -> Bytes { throw std::logic_error("not wanted"); }));
    });
    call.set_result(bytes("r"));
  });
  FunctionExecutor::Hooks hooks = saves.hooks();
  hooks.saved_beside = [&](const UnitKey& key) { said.push_back(key); };
  executor.set_hooks(std::move(hooks));
  const UnitOutcome& outcome = run(executor, unit(7));
  EXPECT_FALSE(outcome.left);
  EXPECT_EQ(text(outcome.payload), "r");
  EXPECT_TRUE(saves.taken.empty());
  EXPECT_EQ(said, std::vector<UnitKey>{UnitKey::index(7)});
}

TEST(FunctionExecutor, try_save_on_another_thread_ends_the_unit_without_a_look_outside) {
  for (const bool over : {false, true}) {
    bool known = false;
    FunctionExecutor executor([&](UnitCall& call) {
      const auto state = []() -> Bytes { throw std::logic_error("not wanted"); };
      beside([&] {
        EXPECT_FALSE(call.stopping());
        EXPECT_TRUE(call.try_save(state));
        known = true;
        EXPECT_TRUE(call.stopping());
        EXPECT_FALSE(call.try_save(state));
        known = false;
        EXPECT_FALSE(call.try_save(state)) << "once told";
      });
      EXPECT_FALSE(call.try_save(state)) << "its own thread hears of it";
      call.set_result(bytes("wrong"));
    });
    FunctionExecutor::Hooks hooks;
    hooks.save_point = [] {
      ADD_FAILURE() << "that belongs to the unit's own thread";
      return core::SafePoint::go_on;
    };
    hooks.safe_point = [] { ADD_FAILURE() << "as does that"; };
    hooks.stopping = [] { return ADD_FAILURE() << "and that", false; };
    hooks.stopping_beside = [&] { return known && !over; };
    hooks.over_time = [&]() -> std::optional<std::string> {
      return known && over ? std::optional<std::string>("too long") : std::nullopt;
    };
    executor.set_hooks(std::move(hooks));
    const UnitOutcome& outcome = run(executor);
    EXPECT_EQ(outcome.left, !over);
    EXPECT_EQ(outcome.status, over ? wire::AnswerStatus::failed : wire::AnswerStatus::done);
  }
}

TEST(FunctionExecutor, says_before_each_exception_that_the_unit_is_to_end) {
  int ends = 0;
  FunctionExecutor executor([&](UnitCall& call) {
    EXPECT_FALSE(call.try_save([] { return Bytes(); }));
    EXPECT_EQ(ends, 0) << "there comes none";
    EXPECT_THROW(static_cast<void>(call.save([] { return Bytes(); })), EndUnit);
    EXPECT_EQ(ends, 1);
    EXPECT_THROW(static_cast<void>(call.shared_value()), EndUnit);
    EXPECT_EQ(ends, 2);
  });
  FunctionExecutor::Hooks hooks;
  hooks.over_time = [] { return std::optional<std::string>("too long"); };
  hooks.ends = [&] { ++ends; };
  executor.set_hooks(std::move(hooks));
  run(executor);
}

TEST(FunctionExecutor, saves_nothing_where_nobody_listens) {
  FunctionExecutor executor([](UnitCall& call) {
    EXPECT_TRUE(call.save([]() -> Bytes { throw std::logic_error("not wanted"); }));
  });
  EXPECT_EQ(run(executor).status, wire::AnswerStatus::done);
}

TEST(FunctionExecutor, fails_a_unit_whose_state_is_too_large_and_says_so) {
  Saves saves;
  saves.wish = core::SafePoint::save;
  FunctionExecutor executor(
      [](UnitCall& call) { EXPECT_TRUE(call.save([] { return Bytes(state_bytes_max + 1); })); });
  executor.set_hooks(saves.hooks());
  const UnitOutcome& outcome = run(executor);
  EXPECT_EQ(outcome.status, wire::AnswerStatus::failed);
  EXPECT_EQ(text(outcome.payload), "the state to save has 67108865 bytes, the limit is 67108864");
  EXPECT_TRUE(saves.taken.empty());
}

TEST(FunctionExecutor, hands_back_result_children_and_proposal) {
  FunctionExecutor executor([](UnitCall& call) {
    call.spawn(bytes("first"), -3);
    call.spawn(bytes(""), 7, {30, 4, false});
    EXPECT_TRUE(call.improve(12, bytes("proof")));
    call.set_result(bytes("overwritten"));
    call.set_result(bytes("result"));
  });
  const UnitOutcome& outcome = run(executor);
  EXPECT_EQ(outcome.status, wire::AnswerStatus::done);
  EXPECT_EQ(text(outcome.payload), "result");
  ASSERT_EQ(outcome.children.size(), 2U);
  EXPECT_EQ(text(outcome.children[0].payload), "first");
  EXPECT_EQ(outcome.children[0].priority, -3);
  EXPECT_TRUE(outcome.children[1].payload.empty());
  EXPECT_EQ(outcome.children[1].priority, 7);
  EXPECT_EQ(outcome.children[0].hints, UnitHints());
  EXPECT_EQ(outcome.children[1].hints, (UnitHints{30, 4, false}));
  EXPECT_EQ(outcome.proposal, (SharedValue{12, bytes("proof")}));
}

TEST(FunctionExecutor, fails_a_unit_whose_answer_is_too_large_for_a_message) {
  std::size_t result_bytes = 0;
  FunctionExecutor executor([&](UnitCall& call) {
    call.set_result(Bytes(result_bytes));
    call.spawn(Bytes(40), 0);
  });
  executor.set_answer_bytes_max(100);
  result_bytes = 60;
  EXPECT_EQ(run(executor).status, wire::AnswerStatus::done);
  result_bytes = 61;
  const UnitOutcome& outcome = run(executor);
  EXPECT_EQ(outcome.status, wire::AnswerStatus::failed);
  EXPECT_EQ(text(outcome.payload),
            "the result and the units that it spawns have 101 bytes, the limit is 100");
  EXPECT_TRUE(outcome.children.empty());
}

TEST(FunctionExecutor, reduces_large_results_and_no_others) {
  std::size_t result_bytes = 0;
  FunctionExecutor executor([&](UnitCall& call) { call.set_result(Bytes(result_bytes)); });
  executor.set_reduction(100, [](ByteView result) { return bytes(std::to_string(result.size())); });
  result_bytes = 99;
  EXPECT_FALSE(run(executor).reduced.has_value());
  result_bytes = 100;
  const UnitOutcome& large = run(executor);
  ASSERT_TRUE(large.reduced.has_value());
  EXPECT_EQ(text(*large.reduced), "100");
  EXPECT_EQ(large.payload.size(), 100U) << "it stays here";
  result_bytes = 5;
  EXPECT_FALSE(run(executor).reduced.has_value()) << "nothing is left of the last one";
}

TEST(FunctionExecutor, fails_a_unit_whose_result_cannot_be_reduced) {
  FunctionExecutor executor([](UnitCall& call) { call.set_result(Bytes(100)); });
  executor.set_reduction(1, [](ByteView) -> Bytes { throw std::runtime_error("no score"); });
  const UnitOutcome& outcome = run(executor);
  EXPECT_EQ(outcome.status, wire::AnswerStatus::failed);
  EXPECT_EQ(text(outcome.payload), "no score");
  EXPECT_FALSE(outcome.reduced.has_value());
}

TEST(FunctionExecutor, has_an_empty_result_without_one) {
  FunctionExecutor executor([](UnitCall& /*call*/) {});
  const UnitOutcome& outcome = run(executor);
  EXPECT_EQ(outcome.status, wire::AnswerStatus::done);
  EXPECT_TRUE(outcome.payload.empty());
  EXPECT_TRUE(outcome.children.empty());
  EXPECT_EQ(outcome.proposal, std::nullopt);
}

TEST(FunctionExecutor, fails_with_the_message_and_without_children_when_the_unit_throws) {
  FunctionExecutor executor([](UnitCall& call) {
    call.set_result(bytes("half a result"));
    call.spawn(bytes("child"), 0);
    call.improve(1, {});
    throw std::runtime_error("no convergence");
  });
  const UnitOutcome& outcome = run(executor);
  EXPECT_EQ(outcome.status, wire::AnswerStatus::failed);
  EXPECT_EQ(text(outcome.payload), "no convergence");
  EXPECT_TRUE(outcome.children.empty());
  EXPECT_EQ(outcome.proposal, std::nullopt);
}

TEST(FunctionExecutor, fails_with_words_of_its_own_when_there_is_no_exception_to_ask) {
  FunctionExecutor executor([](UnitCall& /*call*/) { throw 42; });  // NOLINT: what users do
  const UnitOutcome& outcome = run(executor);
  EXPECT_EQ(outcome.status, wire::AnswerStatus::failed);
  EXPECT_EQ(text(outcome.payload), "the unit threw something that is not a std::exception");
}

TEST(FunctionExecutor, bears_an_exception_without_words) {
  struct Mute final : std::exception {
    [[nodiscard]] const char* what() const noexcept override { return nullptr; }
  };
  FunctionExecutor executor([](UnitCall& /*call*/) { throw Mute(); });
  EXPECT_EQ(text(run(executor).payload), "an exception without a message");
}

TEST(FunctionExecutor, keeps_a_message_short_enough_to_be_kept) {
  FunctionExecutor executor(
      [](UnitCall& /*call*/) { throw std::runtime_error(std::string(1'000'000, 'x')); });
  EXPECT_EQ(run(executor).payload.size(), 4096U);
}

TEST(FunctionExecutor, carries_nothing_over_into_the_next_unit) {
  FunctionExecutor executor([](UnitCall& call) {
    if (call.key() == UnitKey::index(1)) return;
    call.set_result(bytes("result"));
    call.spawn(bytes("child"), 1);
    call.improve(5, bytes("w"));
    if (call.key() == UnitKey::index(2)) throw std::runtime_error("failed");
  });
  for (const std::uint64_t before : {0, 2}) {
    run(executor, unit(before));
    const UnitOutcome& outcome = run(executor, unit(1));
    EXPECT_EQ(outcome.status, wire::AnswerStatus::done) << "after unit " << before;
    EXPECT_TRUE(outcome.payload.empty());
    EXPECT_TRUE(outcome.children.empty());
    EXPECT_EQ(outcome.proposal, std::nullopt);
  }
}

TEST(FunctionExecutor, is_not_finished_while_the_function_runs) {
  FunctionExecutor executor([&](UnitCall& /*call*/) { EXPECT_EQ(executor.finished(), nullptr); });
  run(executor);
  run(executor);
}

TEST(FunctionExecutor, calls_the_safe_point_before_it_shows_the_shared_value) {
  int safe_points = 0;
  FunctionExecutor executor([](UnitCall& call) {
    const std::int64_t* value = call.shared_value();
    ASSERT_NE(value, nullptr);
    EXPECT_EQ(*value, 30);
    EXPECT_EQ(text(call.shared_witness()), "news");
  });
  executor.set_hooks({[&] {
                        ++safe_points;
                        executor.shared_changed({30, bytes("news")});
                      },
                      {}});
  run(executor);
  EXPECT_EQ(safe_points, 1);
}

TEST(FunctionExecutor, knows_no_shared_value_at_first) {
  FunctionExecutor executor([](UnitCall& call) {
    EXPECT_EQ(call.shared_value(), nullptr);
    EXPECT_TRUE(call.shared_witness().empty());
  });
  run(executor);
}

TEST(FunctionExecutor, does_not_let_a_worse_shared_value_replace_a_better_one) {
  FunctionExecutor executor([](UnitCall& call) {
    EXPECT_EQ(*call.shared_value(), 10);
    EXPECT_EQ(text(call.shared_witness()), "b");
  });
  executor.shared_changed({10, bytes("b")});
  executor.shared_changed({11, bytes("a")});
  executor.shared_changed({10, bytes("c")});  // equal, with the larger witness
  run(executor);
}

TEST(FunctionExecutor, proposes_only_what_beats_the_known_value) {
  std::vector<SharedValue> proposed;
  FunctionExecutor executor([](UnitCall& call) {
    EXPECT_FALSE(call.improve(10, bytes("z")));
    EXPECT_TRUE(call.improve(10, bytes("a")));
    EXPECT_FALSE(call.improve(11, bytes("a")));
    EXPECT_TRUE(call.improve(9, bytes("x")));
    EXPECT_EQ(*call.shared_value(), 9);
  });
  executor.set_hooks({{}, [&](const SharedValue& found) { proposed.push_back(found); }});
  executor.shared_changed({10, bytes("m")});
  const UnitOutcome& outcome = run(executor);
  EXPECT_EQ(proposed,
            (std::vector<SharedValue>{{10, bytes("a")}, {9, bytes("x")}}));  // told at once
  EXPECT_EQ(outcome.proposal, (SharedValue{9, bytes("x")}));  // the best goes with the answer
}

}  // namespace
}  // namespace steadfarm::worker
