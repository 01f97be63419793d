#include "examples/qap/incumbent.hpp"

#include <gtest/gtest.h>

#include "tests/unit/examples/qap/support.hpp"

namespace steadfarm::qap {
namespace {

TEST(Incumbent, lower_cost_wins_then_the_smaller_permutation) {
  const Incumbent best{10, {1, 0, 2}};
  EXPECT_TRUE(is_better(best, std::nullopt));
  EXPECT_TRUE(is_better({9, {2, 1, 0}}, best));
  EXPECT_FALSE(is_better({11, {0, 1, 2}}, best));
  EXPECT_TRUE(is_better({10, {0, 2, 1}}, best));
  EXPECT_FALSE(is_better({10, {1, 2, 0}}, best));
  EXPECT_FALSE(is_better(best, best));
}

TEST(Incumbent, local_one_keeps_the_best_of_what_it_is_offered) {
  LocalIncumbent port;
  port.offer({5, {1, 0}});
  port.offer({5, {0, 1}});
  port.offer({6, {0, 1}});
  EXPECT_EQ(port.best(), (Incumbent{5, {0, 1}}));
}

TEST(Witness, byte_order_is_permutation_order) {
  Prng random(41);
  for (int i = 0; i < 1000; ++i) {
    const Permutation p = random_permutation(random, 64);
    const Permutation q = random_permutation(random, 64);
    EXPECT_EQ(p < q, encode_witness(p) < encode_witness(q));
    EXPECT_EQ(decode_witness(encode_witness(p), 64), p);
  }
}

TEST(Witness, refuses_what_is_no_permutation) {
  const auto bytes = [](std::initializer_list<int> values) {
    Bytes out;
    for (const int value : values) out.push_back(static_cast<std::byte>(value));
    return out;
  };
  EXPECT_TRUE(decode_witness(bytes({2, 0, 1}), 3).has_value());
  EXPECT_FALSE(decode_witness(bytes({2, 0}), 3).has_value());
  EXPECT_FALSE(decode_witness(bytes({2, 0, 1, 3}), 3).has_value());
  EXPECT_FALSE(decode_witness(bytes({2, 0, 2}), 3).has_value());
  EXPECT_FALSE(decode_witness(bytes({3, 0, 1}), 3).has_value());
  EXPECT_FALSE(decode_witness(bytes({255, 0, 1}), 3).has_value());
}

}  // namespace
}  // namespace steadfarm::qap
