#include "base/build.hpp"

#include <gtest/gtest.h>

namespace steadfarm {
namespace {

TEST(ShortBuild, has_the_first_digits_without_the_kind) {
  EXPECT_EQ(short_build("gnu-0123456789abcdef"), "0123456789ab");
  EXPECT_EQ(short_build("xxh3-0123456789abcdef"), "0123456789ab");
  EXPECT_EQ(short_build("v1"), "v1");
  EXPECT_EQ(short_build(""), "unknown");
}

}  // namespace
}  // namespace steadfarm
