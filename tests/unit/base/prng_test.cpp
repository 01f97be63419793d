#include "base/prng.hpp"

#include <gtest/gtest.h>

namespace steadfarm {
namespace {

TEST(Prng, gives_the_published_sequence) {
  Prng zero(0);
  EXPECT_EQ(zero.next(), 0xe220a8397b1dcdafULL);
  Prng one(1);
  EXPECT_EQ(one.next(), 0x910a2dec89025cc1ULL);
  EXPECT_EQ(one.next(), 0xbeeb8da1658eec67ULL);
  EXPECT_EQ(one.next(), 0xf893a2eefb32555eULL);
}

TEST(Prng, stays_within_its_bounds_and_reaches_both_ends) {
  Prng prng(3);
  bool lowest = false;
  bool highest = false;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LT(prng.below(7), 7U);
    const std::int64_t value = prng.between(-2, 2);
    EXPECT_GE(value, -2);
    EXPECT_LE(value, 2);
    lowest = lowest || value == -2;
    highest = highest || value == 2;
    const double uniform = prng.uniform();
    EXPECT_GE(uniform, 0.0);
    EXPECT_LT(uniform, 1.0);
  }
  EXPECT_TRUE(lowest && highest);
}

TEST(Prng, takes_chances_about_as_often_as_told) {
  Prng prng(4);
  int taken = 0;
  for (int i = 0; i < 10'000; ++i) taken += prng.chance(0.25) ? 1 : 0;
  EXPECT_NEAR(taken, 2500, 200);
  EXPECT_FALSE(prng.chance(0.0));
  EXPECT_TRUE(prng.chance(1.0));
}

}  // namespace
}  // namespace steadfarm
