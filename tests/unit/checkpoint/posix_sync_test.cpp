// What reaches the system's fsync, which no file system shows afterwards: the call is caught here.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/posix_file_system.hpp"

namespace {
std::vector<std::string> synced;  // paths, in order
bool refuses = false;
}  // namespace

// Takes the place of the library's in this program.
extern "C" int fsync(int fd) {
  std::array<char, 4096> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = readlink(link.c_str(), path.data(), path.size());
  if (size > 0) synced.emplace_back(path.data(), static_cast<std::size_t>(size));
  if (refuses) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(syscall(SYS_fsync, fd));
}

namespace steadfarm::checkpoint {
namespace {

namespace fs = std::filesystem;

class PosixSync : public testing::Test {
 protected:
  PosixSync() {
    std::string pattern = fs::canonical(fs::temp_directory_path()) / "steadfarm-sync.XXXXXX";
    root_ = mkdtemp(pattern.data());
    synced.clear();
  }
  ~PosixSync() override {
    refuses = false;
    fs::remove_all(root_);
  }
  std::unique_ptr<Folder> open() {
    Result<std::unique_ptr<Folder>> folder = files_.open_folder(root_ + "/store", Access::own);
    EXPECT_TRUE(folder.ok());
    return std::move(folder).value();
  }

  PosixFileSystem files_;
  std::string root_;
};

TEST_F(PosixSync, of_a_file_is_of_that_file) {
  const auto folder = open();
  auto file = folder->create("temp");
  ASSERT_TRUE(file.ok());
  synced.clear();
  ASSERT_TRUE(file.value()->sync().ok());
  EXPECT_EQ(synced, std::vector<std::string>{root_ + "/store/temp"});
  refuses = true;
  const Status failed = file.value()->sync();
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::io);
}

TEST_F(PosixSync, of_a_folder_is_of_that_folder) {
  const auto folder = open();
  ASSERT_TRUE(folder->make_folder("bad").ok());
  synced.clear();
  ASSERT_TRUE(folder->sync().ok());
  ASSERT_TRUE(folder->sync("bad").ok());
  EXPECT_EQ(synced, (std::vector<std::string>{root_ + "/store", root_ + "/store/bad"}));
  refuses = true;
  EXPECT_FALSE(folder->sync().ok());
}

TEST_F(PosixSync, of_a_new_store_is_of_the_folder_above_it) {
  open();
  EXPECT_EQ(synced, std::vector<std::string>{root_});
  fs::remove(root_ + "/store");
  refuses = true;
  EXPECT_FALSE(files_.open_folder(root_ + "/store", Access::own).ok());
}

// A run that is killed between the two leaves a folder whose name may not be on disk.
TEST_F(PosixSync, of_a_store_that_is_there_is_of_the_folder_above_it_too) {
  ASSERT_EQ(mkdir((root_ + "/store").c_str(), 0700), 0);
  open();
  EXPECT_EQ(synced, std::vector<std::string>{root_});
  refuses = true;  // the folder above may be of a kind that cannot be synced
  EXPECT_TRUE(files_.open_folder(root_ + "/store", Access::own).ok());
}

TEST_F(PosixSync, is_not_asked_for_by_a_reader) {
  open();
  synced.clear();
  ASSERT_TRUE(files_.open_folder(root_ + "/store", Access::read).ok());
  EXPECT_EQ(synced, std::vector<std::string>{});
}

}  // namespace
}  // namespace steadfarm::checkpoint
