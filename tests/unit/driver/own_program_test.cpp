#include "driver/own_program.hpp"

#include <gtest/gtest.h>

namespace steadfarm::driver {
namespace {

TEST(OwnProgram, is_the_file_that_runs) { EXPECT_EQ(own_program().file, "driver_test"); }

TEST(OwnProgram, has_a_build_that_stays) {
  const std::string build = own_program().build;
  EXPECT_TRUE(build.starts_with("gnu-") || build.starts_with("xxh3-")) << build;
  EXPECT_GE(build.size(), 20U);
  EXPECT_EQ(own_program().build, build);
}

}  // namespace
}  // namespace steadfarm::driver
