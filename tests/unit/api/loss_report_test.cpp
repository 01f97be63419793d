#include "api/loss_report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace steadfarm::api {
namespace {

using core::LossKind;
using core::Note;
using core::NoteKind;

Note lost(std::int32_t rank, core::Loss loss) {
  return {NoteKind::worker_lost, Rank(rank), {}, 3, "killed", loss};
}

TEST(LossReport, says_who_was_lost_how_it_was_noticed_and_what_it_cost) {
  LossReport report;
  report.hello(Rank(2), {"node17", 4242, true});
  report.note(lost(2, {LossKind::process, 250'000, 0, 1'500'000}), 8'000'000);
  const nlohmann::json loss = report.json().at(0);
  EXPECT_EQ(loss.at("rank"), 2);
  EXPECT_EQ(loss.at("host"), "node17");
  EXPECT_EQ(loss.at("pid"), 4242);
  EXPECT_EQ(loss.at("at_s"), 8.0);
  EXPECT_EQ(loss.at("how"), "process");
  EXPECT_EQ(loss.at("evidence"), "killed");
  EXPECT_EQ(loss.at("silence_s"), 0.25);
  EXPECT_EQ(loss.at("units"), 3);
  EXPECT_EQ(loss.at("unit_seconds_lost"), 1.5);
  EXPECT_TRUE(loss.at("work_went_on_after_s").is_null());
  EXPECT_FALSE(loss.contains("phi"));
  EXPECT_FALSE(loss.at("returned"));
}

TEST(LossReport, adds_when_the_work_went_on_and_that_the_worker_came_back) {
  LossReport report;
  report.note(lost(1, {LossKind::phi, 5'000'000, 9.5, 0}), 0);
  report.note(lost(2, {LossKind::silence, 10'000'000, 0, 2'000'000}), 0);
  report.note({NoteKind::work_went_on, Rank(1), UnitKey::index(4), 20'000, {}}, 0);
  report.note({NoteKind::worker_returned, Rank(2), {}, 0, {}}, 0);
  const nlohmann::json losses = report.json();
  ASSERT_EQ(losses.size(), 2U);
  EXPECT_EQ(losses.at(0).at("work_went_on_after_s"), 0.02);
  EXPECT_EQ(losses.at(0).at("phi"), 9.5);
  EXPECT_FALSE(losses.at(0).at("returned"));
  EXPECT_TRUE(losses.at(1).at("returned"));
  EXPECT_EQ(report.redo_us(), 2'000'000);
}

TEST(LossReport, a_worker_that_is_lost_again_has_a_second_entry) {
  LossReport report;
  report.note(lost(1, {LossKind::silence, 1, 0, 1}), 0);
  report.note({NoteKind::worker_returned, Rank(1), {}, 0, {}}, 0);
  report.note(lost(1, {LossKind::silence, 1, 0, 1}), 5);
  ASSERT_EQ(report.json().size(), 2U);
  EXPECT_FALSE(report.json().at(1).at("returned"));
}

TEST(LossReport, keeps_the_first_thousand_and_the_sum_of_all) {
  LossReport report;
  for (int i = 0; i < 1500; ++i) report.note(lost(1, {LossKind::transport, 0, 0, 10}), i);
  EXPECT_EQ(report.json().size(), 1000U);
  EXPECT_EQ(report.redo_us(), 15'000);
}

TEST(LossReport, names_a_worker_by_what_is_known_of_it) {
  LossReport report;
  report.hello(Rank(1), {"node3", 1, true});
  EXPECT_EQ(report.name(Rank(1)), "1 on node3");
  EXPECT_EQ(report.name(Rank(2)), "2");
}

TEST(TakeOverReport, says_who_was_lost_and_what_there_is_to_go_on_with) {
  TakeOverReport report{.lost = Rank(0),
                        .rank = Rank(1),
                        .evidence = "silent",
                        .silence_us = 3'000'000,
                        .missing = {Rank(3)},
                        .restored = 93,
                        .went_on_us = {}};
  EXPECT_TRUE(report.json().at("work_went_on_after_s").is_null());
  report.went_on_us = 250'000;
  report.handed_in = 11;
  EXPECT_EQ(report.json(), nlohmann::json::parse(R"({"lost_rank": 0, "rank": 1,
      "evidence": "silent", "silence_s": 3.0, "missing_ranks": [3], "units_restored": 93,
      "units_handed_in": 11, "work_went_on_after_s": 0.25})"));
}

}  // namespace
}  // namespace steadfarm::api
