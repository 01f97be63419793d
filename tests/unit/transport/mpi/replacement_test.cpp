#include "transport/mpi/replacement.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace steadfarm::transport {
namespace {

std::optional<Rank> taken(const char* text) {
  setenv(kReplacementVariable, text, 1);
  const std::optional<Rank> rank = take_replacement_rank();
  EXPECT_EQ(std::getenv(kReplacementVariable), nullptr) << "what we start must not inherit it";
  return rank;
}

TEST(Replacement, is_told_its_rank_once) {
  EXPECT_EQ(taken("7"), Rank(7));
  EXPECT_EQ(take_replacement_rank(), std::nullopt);
}

TEST(Replacement, is_nobody_with_another_word) {
  for (const char* text : {"", "0", "-3", "4x", " 4", "99999999999"}) {
    EXPECT_EQ(taken(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace steadfarm::transport
