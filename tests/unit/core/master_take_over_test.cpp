#include "base/digest.hpp"
#include "tests/unit/core/master_rig.hpp"

namespace steadfarm::core::test {
namespace {

constexpr Term kTerm{7};

// A master that has taken over from rank 0 with the workers 1 and 2, of four units of a range.
struct Successor {
  explicit Successor(std::optional<RecoveredState> recovered = std::nullopt)
      : rig(options(), MasterRig::range(4), 2, recovered) {
    rig.step(0, Started{});
  }
  static MasterOptions options() {
    MasterOptions o;
    o.policy.kind = PolicyKind::fixed;
    o.has_store = true;
    o.takeover = true;
    o.term = kTerm;
    o.owner_epoch = OwnerEpoch(12);
    o.awaited = {Rank(1), Rank(2)};
    o.settle_us = kSecondUs;
    o.keep_results = true;
    o.shards = {OwnerEpoch(12), {1, 2}};
    o.shards_from = OwnerEpoch(9);
    return o;
  }
  // Handed in by a worker, in the session that the master opened with it.
  void hand_in(TimeUs now, std::int32_t from, const std::vector<wire::AnswerView>& answers,
               std::optional<wire::HandIn::Running> running = {}) {
    auto batch = std::make_shared<wire::AnswerBatch>();
    for (const auto& answer : answers) batch->add(answer);
    wire::HandIn message;
    message.report_seq = 1;
    message.running = running;
    message.answers = std::move(batch);
    const Session session = session_before(kTerm).next();
    rig.step(now, MessageFrom{Rank(from), {session, std::move(message)}});
  }
  [[nodiscard]] std::vector<UnitKey> accepted() const {
    std::vector<UnitKey> keys;
    for (const Accept& accept : rig.all<Accept>()) keys.push_back(accept.key);
    return keys;
  }
  MasterRig rig;
};

wire::AnswerView child_answer(const UnitKey& key, std::string_view payload) {
  wire::AnswerView answer = done(key, 1);
  answer.unit_digest = digest(view(payload)).lo;
  return answer;
}

TEST(MasterTakeOver, welcomes_those_who_agreed_and_hands_out_nothing_before_they_have_handed_in) {
  Successor successor;
  const auto sends = successor.rig.all<Send>();
  ASSERT_FALSE(sends.empty());
  EXPECT_EQ(sends[0].message.session, Session((std::uint64_t{7} << 32U) + 1));
  EXPECT_EQ(successor.rig.sent<wire::Welcome>(1).size(), 1U);
  EXPECT_EQ(successor.rig.sent<wire::Welcome>(2).size(), 1U);
  successor.hand_in(1, 1, {done(UnitKey::index(2), 1)});
  EXPECT_EQ(successor.accepted(), std::vector<UnitKey>{UnitKey::index(2)});
  EXPECT_TRUE(successor.rig.sent<wire::Assign>(1).empty());
  successor.hand_in(2, 2, {});
  EXPECT_EQ(successor.rig.notes(NoteKind::settled).size(), 1U);
  const auto assigned = successor.rig.sent<wire::Assign>(1);
  ASSERT_EQ(assigned.size(), 1U);
  ASSERT_EQ(assigned[0].units.runs.size(), 1U);
  EXPECT_EQ(assigned[0].units.runs[0].begin, 0U);
  EXPECT_EQ(mark_of(assigned[0].units.runs[0].attempt), mark_of(kTerm));
}

TEST(MasterTakeOver, does_not_wait_for_ever_for_those_who_do_not_hand_in) {
  Successor successor;
  successor.rig.step(kSecondUs - 1, Tick{});
  EXPECT_TRUE(successor.rig.sent<wire::Assign>(1).empty());
  successor.rig.step(kSecondUs, Tick{});
  EXPECT_EQ(successor.rig.sent<wire::Assign>(1).size(), 1U);
  EXPECT_EQ(successor.rig.sent<wire::Assign>(2).size(), 1U);
}

TEST(MasterTakeOver, counts_what_two_workers_hand_in_once) {
  Successor successor;
  successor.hand_in(1, 1, {done(UnitKey::index(2), 1)});
  successor.hand_in(2, 2, {done(UnitKey::index(2), 2)});
  EXPECT_TRUE(successor.accepted().empty());
  EXPECT_EQ(successor.rig.notes(NoteKind::answer_duplicate).size(), 1U);
}

// Between two masters of a job another one may have had the store, and tidied up.
TEST(MasterTakeOver, a_shard_counts_if_nobody_can_have_tidied_it_away) {
  Successor successor;
  wire::AnswerView too_old = done(UnitKey::index(2), 1);
  too_old.place = ShardPlace{{{OwnerEpoch(8), 1, 1}, 1, 100, {}}, 0, 10};
  wire::AnswerView good = done(UnitKey::index(3), 1);
  good.place = ShardPlace{{{OwnerEpoch(9), 1, 1}, 1, 100, {}}, 0, 10};
  successor.hand_in(1, 1, {too_old, good});
  EXPECT_EQ(successor.accepted(), std::vector<UnitKey>{UnitKey::index(3)});
  EXPECT_EQ(successor.rig.notes(NoteKind::answer_stray).size(), 1U);
}

TEST(MasterTakeOver, tells_the_workers_from_which_owner_on_shards_count) {
  Successor successor;
  ASSERT_EQ(successor.rig.sent<wire::Welcome>(1).size(), 1U);
  EXPECT_EQ(successor.rig.sent<wire::Welcome>(1)[0].shards_from, OwnerEpoch(9));
}

// The generation it comes from may have become durable without anybody hearing of it.
TEST(MasterTakeOver, what_is_handed_in_and_known_counts_as_no_execution) {
  Successor successor;
  successor.hand_in(1, 1, {done(UnitKey::index(2), 1)});
  successor.hand_in(2, 2, {done(UnitKey::index(2), 1)});
  EXPECT_EQ(successor.rig.master().progress().counters.executions, 1U);
}

TEST(MasterTakeOver, a_failed_try_of_an_older_term_costs_nothing) {
  Successor successor;
  successor.hand_in(1, 1, {failed(UnitKey::index(2), 1)});
  EXPECT_TRUE(successor.rig.notes(NoteKind::unit_retried).empty());
}

TEST(MasterTakeOver, a_child_counts_when_its_parent_does) {
  Successor successor;
  const UnitKey child = child_key(UnitKey::index(1), 0);
  successor.hand_in(1, 1, {child_answer(child, "born")});
  EXPECT_TRUE(successor.accepted().empty());
  wire::AnswerView parent = done(UnitKey::index(1), 1);
  parent.children = {{0, view("born")}};
  successor.hand_in(2, 2, {parent});
  EXPECT_EQ(successor.accepted(), (std::vector<UnitKey>{UnitKey::index(1), child}));
}

TEST(MasterTakeOver, an_answer_of_another_unit_under_the_same_key_does_not_count) {
  Successor successor;
  const UnitKey child = child_key(UnitKey::index(1), 0);
  successor.hand_in(1, 1, {child_answer(child, "another")});
  wire::AnswerView parent = done(UnitKey::index(1), 1);
  parent.children = {{0, view("born")}};
  successor.hand_in(2, 2, {parent});
  EXPECT_EQ(successor.accepted(), std::vector<UnitKey>{UnitKey::index(1)});
}

TEST(MasterTakeOver, what_a_worker_is_executing_goes_to_nobody_else) {
  Successor successor;
  successor.hand_in(1, 1, {}, wire::HandIn::Running{UnitKey::index(0), Attempt(3), {}});
  successor.hand_in(2, 2, {});
  const auto assigned = successor.rig.sent<wire::Assign>(2);
  ASSERT_EQ(assigned.size(), 1U);
  EXPECT_EQ(assigned[0].units.runs[0].begin, 2U);  // the first worker has got unit 1 to wait
  wire::Report report;
  report.report_seq = 2;
  successor.rig.step(3, [&] {
    auto batch = std::make_shared<wire::AnswerBatch>();
    batch->add(done(UnitKey::index(0), 3));
    report.answers = std::move(batch);
    return MessageFrom{Rank(1), {session_before(kTerm).next(), report}};
  }());
  EXPECT_EQ(successor.accepted(), std::vector<UnitKey>{UnitKey::index(0)});
}

// What it was told while it followed somebody else it never heard.
TEST(MasterTakeOver, a_worker_that_turned_away_and_came_back_begins_anew) {
  Successor successor;
  successor.hand_in(1, 1, {});
  successor.hand_in(2, 2, {});
  const Session before = session_before(kTerm).next();
  successor.rig.step(3, MessageFrom{Rank(1), {before, wire::Hello{}}});
  ASSERT_EQ(successor.rig.sent<wire::Welcome>(1).size(), 1U);
  EXPECT_EQ(successor.rig.all<Send>().front().message.session, before.next());
  const auto assigned = successor.rig.sent<wire::Assign>(1);
  ASSERT_EQ(assigned.size(), 1U);
  EXPECT_EQ(assigned[0].assign_seq, 1U);
  EXPECT_EQ(assigned[0].units.runs[0].begin, 0U);
  // A second copy of that word is of a session that is over.
  successor.rig.step(4, MessageFrom{Rank(1), {before, wire::Hello{}}});
  EXPECT_TRUE(successor.rig.sent<wire::Assign>(1).empty());
}

TEST(MasterTakeOver, the_first_word_after_a_promise_begins_nothing_anew) {
  Successor successor;
  successor.hand_in(1, 1, {});
  successor.hand_in(2, 2, {});
  successor.rig.step(3, MessageFrom{Rank(1), {Session(0), wire::Hello{}}});
  EXPECT_TRUE(successor.rig.all<Send>().empty());
}

TEST(MasterTakeOver, says_which_delta_holds_an_answer_and_which_are_durable) {
  Successor successor;
  const std::uint32_t before = 1;  // the first generation is on its way since the start
  successor.hand_in(1, 1, {done(UnitKey::index(2), 1)});
  const auto acks = successor.rig.sent<wire::Ack>(1);
  ASSERT_EQ(acks.size(), 1U);
  EXPECT_GE(acks[0].delta, before);
  MasterOptions plain = Successor::options();
  plain.takeover = false;
  plain.term = Term(0);
  plain.awaited.clear();
  MasterRig rig(plain, MasterRig::range(4), 1);
  rig.step(0, Started{});
  rig.hello(1, 1);
  wire::Report report;
  report.report_seq = 1;
  rig.report(2, 1, 1, report, {done(UnitKey::index(0), 1)});
  ASSERT_EQ(rig.sent<wire::Ack>(1).size(), 1U);
  EXPECT_EQ(rig.sent<wire::Ack>(1)[0].delta, 0U);
}

}  // namespace
}  // namespace steadfarm::core::test
