#include "base/error.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace steadfarm {
namespace {

TEST(Result, holds_a_value_or_an_error) {
  const Result<int> good(5);
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(good.value(), 5);
  const Result<int> bad(Error{ErrorCode::io, "no"});
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::io);
  EXPECT_EQ(bad.error().message, "no");
}

TEST(Result, gives_a_move_only_value_away) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 7);
}

TEST(ResultDeathTest, aborts_when_the_wrong_side_is_asked_for) {
  EXPECT_DEATH(static_cast<void>(Result<int>(Error{}).value()), "assertion failed");
  EXPECT_DEATH(static_cast<void>(Result<int>(1).error()), "assertion failed");
  EXPECT_DEATH(static_cast<void>(Status().error()), "assertion failed");
}

TEST(Status, is_ok_until_it_is_given_an_error) {
  EXPECT_TRUE(Status().ok());
  const Status bad(Error{ErrorCode::fenced, "taken over"});
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().code, ErrorCode::fenced);
}

TEST(ErrorCode, has_a_name_of_its_own_for_every_value) {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i) {
    names.insert(to_string(static_cast<ErrorCode>(i)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(ErrorCode::internal) + 1);
  EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace steadfarm
