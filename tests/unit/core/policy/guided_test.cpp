#include "core/policy/guided.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace steadfarm::core {
namespace {

TEST(Guided, gives_the_published_chunks) {
  std::vector<std::uint64_t> chunks;
  for (std::uint64_t left = 1000; left > 0; left -= chunks.back()) {
    chunks.push_back(guided_chunk(left, 4));
  }
  EXPECT_EQ(chunks.size(), 22U);
  chunks.resize(10);
  EXPECT_EQ(chunks, (std::vector<std::uint64_t>{250, 188, 141, 106, 79, 59, 45, 33, 25, 19}));
}

TEST(Guided, is_never_below_one_and_knows_no_division_by_zero) {
  EXPECT_EQ(guided_chunk(0, 4), 1U);
  EXPECT_EQ(guided_chunk(3, 100), 1U);
  EXPECT_EQ(guided_chunk(7, 0), 7U);
  EXPECT_EQ(guided_chunk(UINT64_MAX, 1), UINT64_MAX);
}

}  // namespace
}  // namespace steadfarm::core
