#include "checkpoint/os_error.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace steadfarm::checkpoint {
namespace {

TEST(OsError, tells_full_missing_and_taken_from_the_rest) {
  EXPECT_EQ(os_error(ENOSPC, "x").code, ErrorCode::no_space);
  EXPECT_EQ(os_error(EDQUOT, "x").code, ErrorCode::no_space);
  EXPECT_EQ(os_error(ENOENT, "x").code, ErrorCode::not_found);
  EXPECT_EQ(os_error(EEXIST, "x").code, ErrorCode::exists);
  for (const int number : {EIO, EROFS, ESTALE}) {
    EXPECT_EQ(os_error(number, "x").code, ErrorCode::io);
  }
}

TEST(OsError, tells_what_is_short_and_what_is_forbidden_from_a_broken_disk) {
  EXPECT_EQ(os_error(ENOMEM, "x").code, ErrorCode::no_memory);
  for (const int number : {EMFILE, ENFILE}) {
    EXPECT_EQ(os_error(number, "x").code, ErrorCode::shortage);
  }
  for (const int number : {EACCES, EPERM}) {
    EXPECT_EQ(os_error(number, "x").code, ErrorCode::denied);
  }
}

TEST(OsError, says_what_where_why_and_what_to_do) {
  const std::string message = os_error(EROFS, "write /data/run/segment-1").message;
  for (const char* part : {"cannot write", "/data/run/segment-1", "Read-only", "--store"}) {
    EXPECT_NE(message.find(part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace steadfarm::checkpoint
