#include "core/policy/load_index.hpp"

#include <gtest/gtest.h>

namespace steadfarm::core {
namespace {

TEST(LoadIndex, knows_the_least_loaded_of_the_others) {
  LoadIndex loads;
  EXPECT_EQ(loads.least_but(Rank(1)), std::nullopt);
  loads.set(Rank(1), 5);
  EXPECT_EQ(loads.least_but(Rank(1)), std::nullopt);
  EXPECT_EQ(loads.least_but(Rank(2)), 5);
  loads.set(Rank(2), 5);
  loads.set(Rank(3), 9);
  EXPECT_EQ(loads.least_but(Rank(1)), 5);
  loads.set(Rank(2), 20);
  EXPECT_EQ(loads.least_but(Rank(1)), 9);
  EXPECT_EQ(loads.least_but(Rank(3)), 5);
  loads.set(Rank(2), 20);
  loads.erase(Rank(3));
  loads.erase(Rank(3));
  EXPECT_EQ(loads.least_but(Rank(1)), 20);
}

}  // namespace
}  // namespace steadfarm::core
