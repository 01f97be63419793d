#include "steadfarm/outcome.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace steadfarm {
namespace {

using nlohmann::json;

Outcome some_outcome() {
  Outcome o;
  o.complete = true;
  o.ranks = 4;
  o.seconds = 1.5;
  o.units_accepted = 10;
  o.units_committed = 9;
  o.units_restored = 8;
  o.units_failed = 7;
  o.executions = 20;
  o.workers_lost = 1;
  o.restarts = 2;
  o.generation = 3;
  return o;
}

TEST(OutcomeJson, has_the_fields_that_scripts_rely_on) {
  EXPECT_EQ(some_outcome().json("42"),
            R"({"complete":true,"ranks":4,"seconds":1.5,"units_accepted":10,"units_committed":9,)"
            R"("units_restored":8,"units_failed":7,"executions":20,"workers_lost":1,"restarts":2,)"
            R"("generation":3,"answer":42})");
}

TEST(OutcomeJson, takes_in_an_answer_and_more_fields) {
  const json got = json::parse(some_outcome().json(R"({"nodes": 5})", R"({"nodes_per_s": 2.5})"));
  EXPECT_EQ(got["answer"], (json{{"nodes", 5}}));
  EXPECT_EQ(got["nodes_per_s"], 2.5);
  EXPECT_EQ(got.size(), 13U);
}

TEST(OutcomeJson, is_still_an_object_when_the_answer_is_no_json) {
  const json got = json::parse(some_outcome().json("not \"json\n", "neither"));
  EXPECT_EQ(got["answer"], "not \"json\n");
  EXPECT_EQ(got.size(), 12U);
  EXPECT_EQ(json::parse(some_outcome().json("null"))["answer"], json());
  EXPECT_EQ(json::parse(some_outcome().json("1", "[1, 2]")).size(), 12U);
}

TEST(OutcomeJson, is_one_line_of_ascii) {
  Outcome outcome = some_outcome();
  outcome.seconds = std::numeric_limits<double>::quiet_NaN();
  const std::string text = outcome.json("\"\xc3\xa4\\n\"");
  for (const char c : text) {
    EXPECT_GE(c, 0x20);
    EXPECT_LT(c, 0x7f);
  }
  EXPECT_EQ(json::parse(text)["answer"], "\xc3\xa4\n");
  EXPECT_EQ(json::parse(text)["seconds"], json());
}

TEST(OutcomeJson, says_that_a_stopped_run_is_not_complete) {
  Outcome outcome;
  outcome.exit_code = 75;
  outcome.units_accepted = 3;
  const json got = json::parse(outcome.json("null"));
  EXPECT_EQ(got["complete"], false);
  EXPECT_EQ(got["units_accepted"], 3);
}

}  // namespace
}  // namespace steadfarm
