// Who may read a store: nobody else, or a group; all of it alike, over starts with other modes; and
// what somebody who may not is told.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <fstream>

#include "checkpoint/names.hpp"
#include "checkpoint/plain_codec.hpp"
#include "checkpoint/posix_file_system.hpp"
#include "checkpoint/shard_writer.hpp"
#include "checkpoint/store.hpp"
#include "tests/unit/checkpoint/scratch.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {
namespace {

constexpr gid_t a_group = 65533;  // of nobody in particular

/// A store with a generation and a shard, made and opened with one mode and then with another.
class SharedStore : public testing::Test {
 protected:
  SharedStore() : path_(scratch_ / "store") {
    EXPECT_EQ(::chmod(fs::path(path_).parent_path().c_str(), 0755), 0);
  }

  StoreOptions options() const {
    StoreOptions options = test_options();
    options.path = path_;
    return options;
  }

  /// Opens it and publishes; a worker writes a shard. Returns what opening said.
  std::vector<std::string> run(Sharing sharing) {
    PosixFileSystem files(sharing);
    OpenReport report;
    const auto store = Store::open(files, options(), report);
    EXPECT_TRUE(store) << store.error().message;
    if (!store) return {};
    EXPECT_TRUE(store.value()->publish(work_.next()));
    work_.committed();
    auto results = std::make_shared<core::ResultBatch>();
    results->add(UnitKey::index(1), bytes_of("a result"));
    ShardWriter writer(files, {path_, {report.owner_epoch, report.fingerprint}, ""});
    EXPECT_TRUE(writer.write(writer.lay_out(results).value()));
    return report.warnings;
  }

  /// Puts a file of that mode where older runs have set files aside.
  void put_in_bad(mode_t mode) {
    fs::create_directory(path_ + "/bad");
    std::ofstream(path_ + "/bad/manifest-000000000001") << "x";
    ASSERT_EQ(::chmod((path_ + "/bad/manifest-000000000001").c_str(), mode), 0);
  }

  /// Every file and every folder below the store has these modes.
  void expect_modes(mode_t file, mode_t folder) const {
    std::size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(path_)) {
      const mode_t wanted = entry.is_directory() ? folder : file;
      EXPECT_EQ(mode_of(entry.path().string()), wanted) << entry.path();
      files += entry.is_regular_file() ? 1 : 0;
    }
    EXPECT_GE(files, 3U);
  }

  Scratch scratch_;
  std::string path_;
  Workload work_{3};
};

TEST_F(SharedStore, private_is_closed_whatever_the_umask) {
  const mode_t old_mask = ::umask(0);
  EXPECT_TRUE(run(Sharing::nobody).empty());
  ::umask(old_mask);
  EXPECT_EQ(mode_of(path_), 0700U);
  expect_modes(0400, 0700);
}

TEST_F(SharedStore, of_a_group_is_open_to_it_whatever_the_umask) {
  const mode_t old_mask = ::umask(077);
  EXPECT_TRUE(run(Sharing::group).empty());
  ::umask(old_mask);
  EXPECT_EQ(mode_of(path_), 0750U);
  expect_modes(0440, 0750);
}

TEST_F(SharedStore, a_file_that_is_being_written_is_nobody_elses) {
  PosixFileSystem files(Sharing::group);
  const auto folder = files.open_folder(path_, Access::own);
  const auto file = folder.value()->create("temp");
  ASSERT_TRUE(file);
  EXPECT_EQ(mode_of(path_ + "/temp"), 0600U);
}

TEST_F(SharedStore, changes_with_the_mode_of_the_start_and_says_so_once) {
  run(Sharing::nobody);
  put_in_bad(0400);
  const std::vector<std::string> opened = run(Sharing::group);
  ASSERT_EQ(opened.size(), 1U);
  EXPECT_NE(opened[0].find("another --mode"), std::string::npos) << opened[0];
  EXPECT_EQ(mode_of(path_), 0750U);
  expect_modes(0440, 0750);
  EXPECT_TRUE(run(Sharing::group).empty());

  const std::vector<std::string> closed = run(Sharing::nobody);
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_NE(closed[0].find("another --mode"), std::string::npos) << closed[0];
  EXPECT_EQ(mode_of(path_), 0700U);
  expect_modes(0400, 0700);
  EXPECT_TRUE(run(Sharing::nobody).empty());
}

TEST_F(SharedStore, in_a_folder_made_beforehand_keeps_what_its_user_gave_it) {
  for (const mode_t mode : {0750U, 02750U, 0700U}) {
    fs::remove_all(path_);
    fs::create_directory(path_);
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    EXPECT_TRUE(run(Sharing::group).empty());
    EXPECT_EQ(mode_of(path_), mode | 050U);
    const mode_t inherited = mode & S_ISGID;
    expect_modes(0440, inherited | 0750U);
  }
  // A private store in a folder that others may look into: its user's decision, and files are
  // closed.
  fs::remove_all(path_);
  fs::create_directory(path_);
  ASSERT_EQ(::chmod(path_.c_str(), 0755), 0);
  EXPECT_TRUE(run(Sharing::nobody).empty());
  EXPECT_EQ(mode_of(path_), 0755U);
  expect_modes(0400, 0700);
}

TEST_F(SharedStore, has_the_group_of_its_folder_though_the_process_has_another) {
  if (::geteuid() != 0) return;  // giving a file to a group that one is not in takes root
  for (const mode_t mode : {0750U, 02750U}) {
    fs::remove_all(path_);
    fs::create_directory(path_);
    ASSERT_EQ(::chown(path_.c_str(), 0, a_group), 0);
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    run(Sharing::nobody);
    run(Sharing::group);  // what the private run wrote, too
    for (const auto& entry : fs::recursive_directory_iterator(path_)) {
      struct stat info {};
      ASSERT_EQ(::lstat(entry.path().c_str(), &info), 0);
      EXPECT_EQ(info.st_gid, a_group) << entry.path();
    }
    const auto read = [&] {
      PosixFileSystem files;
      const auto verified = verify(files, path_);
      return verified && verified.value().bad.empty() && inspect(files, path_) ? 0 : 1;
    };
    EXPECT_EQ(as_nobody(read, a_group), 0);
    EXPECT_NE(as_nobody(read), 0);
  }
}

/// What nobody is told who tries to read the store. 0: all of it is there.
template <class Read>
int told_as_nobody(const std::string& path, Read read) {
  return as_nobody([&] {
    PosixFileSystem files;
    const Status status = read(files);
    if (status) return 1;
    const std::string& text = status.error().message;
    for (const char* part :
         {path.c_str(), "Permission denied", "belongs to root (user 0)", "--mode group"}) {
      if (text.find(part) == std::string::npos) {
        std::fprintf(stderr, "'%s' is missing in: %s\n", part, text.c_str());
        return 2;
      }
    }
    // That is an owner's advice.
    return text.find("that you may write") == std::string::npos ? 0 : 3;
  });
}

TEST_F(SharedStore, a_reader_who_may_not_is_told_whose_it_is_and_whom_to_ask) {
  if (::geteuid() != 0) return;
  run(Sharing::nobody);
  const auto verifying = [&](FileSystem& files) {
    const auto done = verify(files, path_);
    return done ? Status() : Status(done.error());
  };
  const auto inspecting = [&](FileSystem& files) {
    const auto done = inspect(files, path_);
    return done ? Status() : Status(done.error());
  };
  const auto reading = [&](FileSystem& files) {
    return for_each_result(files, path_, [](const UnitKey&, ByteView) {});
  };
  EXPECT_EQ(told_as_nobody(path_, verifying), 0);
  EXPECT_EQ(told_as_nobody(path_, inspecting), 0);
  EXPECT_EQ(told_as_nobody(path_, reading), 0);
  // The folder is open and its files are not.
  ASSERT_EQ(::chmod(path_.c_str(), 0755), 0);
  EXPECT_EQ(told_as_nobody(path_, reading), 0);
}

TEST_F(SharedStore, its_own_user_is_told_to_open_it_to_himself) {
  fs::create_directory(path_);
  ASSERT_EQ(::chmod(path_.c_str(), 0), 0);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(path_.c_str(), 65534, 65534), 0);
  }
  const int code = as_nobody([&] {
    PosixFileSystem files;
    const auto refused = files.open_folder(path_, Access::read);
    if (refused) return 1;
    return refused.error().message.find("it is yours") != std::string::npos ? 0 : 2;
  });
  EXPECT_EQ(code, 0);
  ASSERT_EQ(::chmod(path_.c_str(), 0700), 0);
}

TEST_F(SharedStore, an_owner_to_be_of_a_closed_folder_is_told_whose_it_is) {
  if (::geteuid() != 0) return;
  run(Sharing::nobody);
  const int code = as_nobody([&] {
    PosixFileSystem files;
    const auto refused = files.open_folder(path_, Access::own);
    if (refused) return 1;
    const std::string& text = refused.error().message;
    if (text.find("belongs to root (user 0) and not to you") == std::string::npos) return 2;
    return text.find("with --store") != std::string::npos ? 0 : 3;
  });
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
