#include "base/shared_value.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace steadfarm {
namespace {

SharedValue shared(std::int64_t value, std::initializer_list<unsigned char> witness) {
  SharedValue out{value, {}};
  for (const unsigned char byte : witness) out.witness.push_back(std::byte{byte});
  return out;
}

TEST(SharedValue, anything_is_better_than_nothing) {
  EXPECT_TRUE(is_better(shared(1000, {}), std::nullopt));
}

TEST(SharedValue, lower_is_better_whatever_the_witness) {
  EXPECT_TRUE(is_better(shared(-5, {9}), shared(-4, {1})));
  EXPECT_FALSE(is_better(shared(-4, {1}), shared(-5, {9})));
}

TEST(SharedValue, of_equal_values_the_smaller_witness_is_better) {
  EXPECT_TRUE(is_better(shared(5, {1, 2}), shared(5, {1, 3})));
  EXPECT_TRUE(is_better(shared(5, {1}), shared(5, {1, 0})));
  EXPECT_TRUE(is_better(shared(5, {127}), shared(5, {128})));  // bytes have no sign
  EXPECT_FALSE(is_better(shared(5, {1, 3}), shared(5, {1, 2})));
  EXPECT_FALSE(is_better(shared(5, {1, 2}), shared(5, {1, 2})));
}

}  // namespace
}  // namespace steadfarm
