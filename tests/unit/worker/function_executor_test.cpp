#include "worker/function_executor.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
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
