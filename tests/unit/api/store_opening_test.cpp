#include "api/store_opening.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace steadfarm::api {
namespace {

// 74: `steadfarm run` starts it again. 65: a person is to look at the store.
TEST(StoreOpening, tells_what_may_go_well_the_next_time_from_what_needs_a_person) {
  for (const ErrorCode code : {ErrorCode::unreadable, ErrorCode::shortage, ErrorCode::no_memory}) {
    EXPECT_EQ(opening_exit_code({code, "x"}), 74) << to_string(code);
  }
  for (const ErrorCode code : {ErrorCode::corrupt, ErrorCode::foreign, ErrorCode::unsupported,
                               ErrorCode::fenced, ErrorCode::denied, ErrorCode::no_space}) {
    EXPECT_EQ(opening_exit_code({code, "x"}), 65) << to_string(code);
  }
  EXPECT_EQ(opening_exit_code({ErrorCode::internal, "x"}), 70);
}

TEST(StoreOpening, waits_as_long_as_it_is_told) {
  const checkpoint::PatienceHooks hooks = patience_hooks();
  const std::int64_t before_ms = hooks.now_ms();
  EXPECT_TRUE(hooks.wait(120));
  EXPECT_GE(hooks.now_ms() - before_ms, 120);
}

}  // namespace
}  // namespace steadfarm::api
