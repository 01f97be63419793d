#include "checkpoint/patience.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace steadfarm::checkpoint {
namespace {

/// A clock that waiting alone moves, and what the user is told.
struct Scene {
  std::int64_t now_ms = 1'000;
  std::vector<std::string> said;
  bool run_goes_on = true;

  PatienceHooks hooks() {
    return {[this] { return now_ms; },
            [this](std::int64_t pause_ms) {
              now_ms += pause_ms;
              return run_goes_on;
            },
            [this](const std::string& text) { said.push_back(text); }};
  }
};

Error error_of(ErrorCode code) { return {code, "cannot read /s/segment-1: trouble"}; }

TEST(Patience, tries_again_until_the_limit_and_not_longer) {
  Scene scene;
  Patience patience(90'000, scene.hooks());
  int reads = 0;
  const Status read = read_patiently(&patience, [&]() -> Status {
    ++reads;
    return error_of(ErrorCode::io);
  });
  ASSERT_FALSE(read);
  EXPECT_EQ(scene.now_ms, 91'000);
  EXPECT_GT(reads, 40);
  EXPECT_LT(reads, 80);
  EXPECT_NE(read.error().message.find("tried for 90 s"), std::string::npos);
}

TEST(Patience, counts_for_each_file_from_its_own_first_failure) {
  Scene scene;
  Patience patience(10'000, scene.hooks());
  scene.now_ms += 1'000'000;  // a store that takes long to read
  int left = 5;
  EXPECT_TRUE(read_patiently(&patience, [&]() -> Status {
    return --left > 0 ? Status(error_of(ErrorCode::shortage)) : Status();
  }));
}

// What was written before the look began is visible by then, so a thousand missing files cost one
// patience and not a thousand.
TEST(Patience, looks_for_missing_files_from_the_beginning_of_the_opening_alone) {
  Scene scene;
  Patience patience(10'000, scene.hooks());
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_FALSE(
        read_patiently(&patience, []() -> Status { return error_of(ErrorCode::not_found); }));
  }
  EXPECT_EQ(scene.now_ms, 11'000);
}

TEST(Patience, does_not_wait_for_what_time_does_not_mend) {
  Scene scene;
  Patience patience(10'000, scene.hooks());
  for (const ErrorCode code : {ErrorCode::corrupt, ErrorCode::denied, ErrorCode::no_memory,
                               ErrorCode::unsupported, ErrorCode::foreign}) {
    Retry retry(&patience);
    EXPECT_FALSE(retry.again(error_of(code))) << to_string(code);
  }
  EXPECT_EQ(scene.now_ms, 1'000);
}

TEST(Patience, ends_with_the_run) {
  Scene scene;
  Patience patience(10'000, scene.hooks());
  scene.run_goes_on = false;
  Retry retry(&patience);
  EXPECT_FALSE(patience.ended());
  EXPECT_FALSE(retry.again(error_of(ErrorCode::io)));
  EXPECT_TRUE(patience.ended());
  Retry other(&patience);
  const std::int64_t before_ms = scene.now_ms;
  EXPECT_FALSE(other.again(error_of(ErrorCode::io)));
  EXPECT_EQ(scene.now_ms, before_ms);
}

TEST(Patience, does_not_wait_for_a_file_that_a_live_owner_removed) {
  Scene scene;
  Patience patience(10'000, scene.hooks());
  patience.set_superseded([] { return true; });
  Retry missing(&patience);
  EXPECT_FALSE(missing.again(error_of(ErrorCode::not_found)));
  Retry unreadable(&patience);
  EXPECT_TRUE(unreadable.again(error_of(ErrorCode::io)));
}

TEST(Patience, says_once_what_it_waits_for_and_only_if_that_takes_long) {
  Scene scene;
  Patience patience(30'000, scene.hooks());
  Retry quick(&patience);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(quick.again(error_of(ErrorCode::io)));
  EXPECT_TRUE(scene.said.empty());
  EXPECT_FALSE(
      read_patiently(&patience, []() -> Status { return error_of(ErrorCode::not_found); }));
  ASSERT_EQ(scene.said.size(), 1U);
  EXPECT_NE(scene.said[0].find("/s/segment-1"), std::string::npos);
  EXPECT_NE(scene.said[0].find("not visible here yet"), std::string::npos);
  EXPECT_NE(scene.said[0].find("30 s"), std::string::npos);
}

TEST(Patience, without_one_an_input_error_is_tried_a_few_times_at_once) {
  int reads = 0;
  const auto failing = [&reads](ErrorCode code) {
    reads = 0;
    return read_patiently(nullptr, [&]() -> Status {
      ++reads;
      return error_of(code);
    });
  };
  EXPECT_FALSE(failing(ErrorCode::io));
  EXPECT_EQ(reads, 4);
  EXPECT_FALSE(failing(ErrorCode::not_found));
  EXPECT_EQ(reads, 1);
}

}  // namespace
}  // namespace steadfarm::checkpoint
