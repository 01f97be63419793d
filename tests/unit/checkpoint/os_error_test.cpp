#include "checkpoint/os_error.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

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

TEST(OsError, names_the_limit_in_force_where_something_is_short) {
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  const rlimit fewer{200, files.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &fewer), 0);
  const std::string message = os_error(EMFILE, "open /data/run/segment-1").message;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  for (const char* part : {"/data/run/segment-1", "200 open files", "ulimit -n"}) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }
  // The host's limit is another one.
  const std::string host = os_error(ENFILE, "open /data/run/segment-1").message;
  EXPECT_NE(host.find("this host"), std::string::npos) << host;
  EXPECT_EQ(host.find("ulimit"), std::string::npos) << host;
}

TEST(OsError, names_the_memory_that_a_process_may_have) {
  rlimit memory{};
  ASSERT_EQ(::getrlimit(RLIMIT_AS, &memory), 0);
  const rlimit less{rlim_t{1} << 40U, memory.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &less), 0);
  const std::string message = os_error(ENOMEM, "read /data/run/segment-1").message;
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &memory), 0);
  for (const char* part : {"/data/run/segment-1", "1099511627776 bytes", "memory"}) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }
}

TEST(OsError, names_what_a_file_system_lacks_and_another_one_as_the_way_out) {
  for (const Error& error : {no_hard_links(EPERM, "/data/run"), no_folder_sync(EINVAL, "/data/run"),
                             no_modes("chmod 0400: Operation not permitted", "/data/run")}) {
    EXPECT_EQ(error.code, ErrorCode::unsupported);
    for (const char* part : {"the file system of /data/run", "another file system", "--store"}) {
      EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
    }
  }
  // Real trouble is not taken for a lack.
  for (const int number : {EIO, ENOSPC, EDQUOT, EROFS, EACCES, ESTALE, EEXIST, ENOENT}) {
    EXPECT_FALSE(means_no_hard_links(number)) << number;
    EXPECT_FALSE(means_no_folder_sync(number)) << number;
    EXPECT_FALSE(means_no_modes(number)) << number;
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
