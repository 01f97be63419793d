#include "driver/paths.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/driver/scratch_folder.hpp"

namespace steadfarm::driver {
namespace {

TEST(PathIn, names_a_relative_path_from_the_root) {
  EXPECT_EQ("/here/run", path_in("/here", "run"));
  EXPECT_EQ("/here/a/b", path_in("/here", "./a/b"));
  EXPECT_EQ("/here/a", path_in("/here", ".//./a"));
  EXPECT_EQ("/run", path_in("/", "run"));
  EXPECT_EQ("/here", path_in("/here", "."));
  EXPECT_EQ("/here", path_in("/here", "./"));
  EXPECT_EQ("/here/.hidden", path_in("/here", ".hidden"));
}

TEST(PathIn, leaves_alone_what_it_must) {
  EXPECT_EQ("/run", path_in("/here", "/run"));
  EXPECT_EQ("", path_in("/here", "")) << "no path at all";
  EXPECT_EQ("/here/../a", path_in("/here", "../a")) << "/here may be a symbolic link";
}

TEST(CurrentFolder, says_so_where_there_is_none) {
  const ScratchFolder scratch;
  const Result<std::string> before = current_folder();
  ASSERT_TRUE(before.ok());
  const std::string gone = scratch.path() + "/gone";
  ASSERT_EQ(mkdir(gone.c_str(), 0700), 0);
  ASSERT_EQ(chdir(gone.c_str()), 0);
  EXPECT_EQ(current_folder().ok(), true);
  ASSERT_EQ(rmdir(gone.c_str()), 0);
  const Result<std::string> none = current_folder();
  ASSERT_EQ(chdir(before.value().c_str()), 0);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::usage);
  EXPECT_EQ(none.error().message, "the current folder cannot be told (No such file or directory)");
}

}  // namespace
}  // namespace steadfarm::driver
