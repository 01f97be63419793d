#include "core/policy/names.hpp"

#include <gtest/gtest.h>

namespace steadfarm::core {
namespace {

TEST(PolicyNames, lead_to_their_kinds_and_back) {
  for (std::size_t i = 0; i < kPolicyNames.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(kPolicyNames[i].kind), i);
    EXPECT_EQ(policy_from_name(kPolicyNames[i].name), kPolicyNames[i].kind);
    EXPECT_EQ(to_string(kPolicyNames[i].kind), kPolicyNames[i].name);
  }
  EXPECT_EQ(policy_from_name("magic"), std::nullopt);
  EXPECT_EQ(policy_from_name(""), std::nullopt);
}

TEST(PolicyNames, read_as_a_list) {
  EXPECT_EQ(policy_names_in_words(),
            "dynamic, fixed, guided, factoring, trapezoid, round-robin, random, hash, weighted, "
            "least-loaded or affinity");
}

}  // namespace
}  // namespace steadfarm::core
