#include "base/assert.hpp"

#include <gtest/gtest.h>

namespace steadfarm {
namespace {

TEST(AssertDeathTest, stays_on_in_every_build_and_names_its_place) {
  EXPECT_DEATH(STEADFARM_ASSERT(1 + 1 == 3), "1 \\+ 1 == 3 \\(.*assert_test.cpp:[0-9]+\\)");
}

TEST(Assert, evaluates_its_expression_once) {
  int count = 0;
  STEADFARM_ASSERT(++count == 1);
  EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace steadfarm
