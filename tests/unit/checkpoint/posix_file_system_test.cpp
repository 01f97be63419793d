// On the machine's own disk: modes, links, full and read-only file systems, as a user meets them.
#include "checkpoint/posix_file_system.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "checkpoint/names.hpp"
#include "checkpoint/put_away.hpp"
#include "checkpoint/store.hpp"
#include "tests/unit/checkpoint/scratch.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {
namespace {

std::unique_ptr<Folder> open_own(const std::string& path) {
  PosixFileSystem files;
  auto folder = files.open_folder(path, Access::own);
  EXPECT_TRUE(folder) << folder.error().message;
  return std::move(folder).value();
}

void write_file(Folder& folder, const std::string& name, const std::string& text) {
  auto file = folder.create(name);
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_TRUE(file.value()->write(bytes_of(text)));
  ASSERT_TRUE(file.value()->sync());
  ASSERT_TRUE(file.value()->make_read_only());
  ASSERT_TRUE(file.value()->close());
}

void expect_refused(const std::string& path, const char* reason, ErrorCode code = ErrorCode::io) {
  PosixFileSystem files;
  const auto folder = files.open_folder(path, Access::own);
  ASSERT_FALSE(folder) << path;
  EXPECT_EQ(folder.error().code, code);
  EXPECT_NE(folder.error().message.find(reason), std::string::npos) << folder.error().message;
  EXPECT_NE(folder.error().message.find(path), std::string::npos) << folder.error().message;
  EXPECT_EQ(folder.error().message.find('\n'), std::string::npos);
}

TEST(PosixFileSystem, makes_folders_and_files_private_whatever_the_umask) {
  const Scratch scratch;
  const mode_t old_mask = ::umask(0);
  const auto folder = open_own(scratch / "store");
  write_file(*folder, "done", "x");
  const auto unfinished = folder->create("unfinished");
  ASSERT_TRUE(folder->make_folder("bad"));
  ::umask(0777);
  const auto masked = folder->create("masked");
  ::umask(old_mask);
  EXPECT_EQ(mode_of(scratch / "store"), 0700U);
  EXPECT_EQ(mode_of(scratch / "store/done"), 0400U);
  EXPECT_EQ(mode_of(scratch / "store/unfinished"), 0600U);
  EXPECT_EQ(mode_of(scratch / "store/masked"), 0600U);
  EXPECT_EQ(mode_of(scratch / "store/bad"), 0700U);
}

TEST(PosixFileSystem, refuses_a_folder_that_others_could_change) {
  const Scratch scratch;
  for (const mode_t mode : {0770U, 0707U, 0777U, 01777U}) {
    const std::string path = scratch / "open";
    fs::create_directory(path);
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    expect_refused(path, "others may write");
  }
  const std::string path = scratch / "readable";
  fs::create_directory(path);
  ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
  PosixFileSystem files;
  EXPECT_TRUE(files.open_folder(path, Access::own));
}

TEST(PosixFileSystem, refuses_a_symbolic_link_and_names_the_real_folder) {
  const Scratch scratch;
  fs::create_directory(scratch / "real");
  fs::create_symlink(scratch / "real", scratch / "link");
  fs::create_symlink(scratch / "nowhere", scratch / "dangling");
  // Trying again is of no use, and `restore` and `clean` have no --store.
  expect_refused(scratch / "link", "symbolic link", ErrorCode::unsupported);
  const std::string advice = "give the real folder: " + (scratch / "real");
  expect_refused(scratch / "link", advice.c_str(), ErrorCode::unsupported);
  PosixFileSystem files;
  EXPECT_FALSE(files.open_folder((scratch / "link") + "/", Access::own));
  expect_refused(scratch / "dangling", "symbolic link", ErrorCode::unsupported);
}

// The files of a store lie in it: a link could lead to another file system, or to somebody else's.
TEST(PosixFileSystem, says_what_stands_in_place_of_a_folder_or_file_of_the_store) {
  const Scratch scratch;
  const auto folder = open_own(scratch / "store");
  fs::create_directory(scratch / "elsewhere");
  fs::create_symlink(scratch / "elsewhere", scratch / "store/shards");
  fs::create_symlink(scratch / "nowhere", scratch / "store/bad");
  std::ofstream(scratch / "store/discarded") << "x";
  const auto expect_said = [&](const Status& refused, const char* name, const char* what) {
    ASSERT_FALSE(refused) << name;
    for (const std::string& part : {(scratch / "store/") + name, std::string(what)}) {
      EXPECT_NE(refused.error().message.find(part), std::string::npos) << refused.error().message;
    }
  };
  for (const char* name : {"shards", "bad"}) {
    const auto listed = folder->list(name);
    ASSERT_FALSE(listed) << name;
    for (const Status& refused :
         {folder->make_folder(name), folder->sync(name), Status(listed.error())}) {
      expect_said(refused, name, "is a symbolic link (to ");
      expect_said(refused, name, "move what it leads to in its place");
    }
  }
  expect_said(folder->make_folder("discarded"), "discarded", "is not a folder");
  fs::create_symlink(scratch / "elsewhere/file", scratch / "store/segment");
  std::ofstream(scratch / "elsewhere/file") << "x";
  expect_said(folder->read_all("segment", 10).error(), "segment", "is a symbolic link");
}

TEST(PosixFileSystem, warns_of_folders_above_in_which_everybody_may_write) {
  const Scratch scratch;
  fs::create_directories(scratch / "public/inner");
  PosixFileSystem files;
  const auto warnings = [&](Access access) {
    return files.open_folder(scratch / "public/inner/store", access).value()->warnings();
  };
  EXPECT_TRUE(warnings(Access::own).empty());
  ASSERT_EQ(::chmod((scratch / "public").c_str(), 0777), 0);
  const std::vector<std::string> said = warnings(Access::own);
  ASSERT_EQ(said.size(), 1U);
  const std::string real = fs::canonical(scratch / "public");
  for (const std::string& part :
       {"everybody may write in " + real, "chmod +t " + real, scratch / "public/inner/store"}) {
    EXPECT_NE(said[0].find(part), std::string::npos) << said[0];
  }
  EXPECT_TRUE(warnings(Access::read).empty());
  ASSERT_EQ(::chmod((scratch / "public").c_str(), 01777), 0);
  EXPECT_TRUE(warnings(Access::own).empty());
}

TEST(PosixStore, says_that_its_folder_can_be_replaced) {
  const Scratch scratch;
  fs::create_directory(scratch / "public");
  ASSERT_EQ(::chmod((scratch / "public").c_str(), 0777), 0);
  PosixFileSystem files;
  StoreOptions options = test_options();
  options.path = scratch / "public/store";
  OpenReport report;
  ASSERT_TRUE(Store::open(files, options, report));
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_NE(report.warnings[0].find("everybody may write"), std::string::npos);
}

TEST(PosixFileSystem, refuses_what_is_no_folder_or_has_no_parent) {
  const Scratch scratch;
  std::ofstream(scratch / "file") << "x";
  expect_refused(scratch / "file", "not a folder; give another one with --store");
  PosixFileSystem files;
  const auto read = files.open_folder(scratch / "file", Access::read);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, (scratch / "file") + " is not a folder; give that of a store");
  const auto nowhere = files.open_folder(scratch / "a/b", Access::own);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ErrorCode::not_found);
  const auto missing = files.open_folder(scratch / "missing", Access::read);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_FALSE(fs::exists(scratch / "missing"));
  EXPECT_EQ(files.open_folder("", Access::own).error().code, ErrorCode::usage);
}

TEST(PosixFileSystem, never_follows_or_replaces_what_has_the_name) {
  const Scratch scratch;
  const auto folder = open_own(scratch / "store");
  std::ofstream(scratch / "victim") << "untouched";
  fs::create_symlink(scratch / "victim", scratch / "store/planted");
  const auto created = folder->create("planted");
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, ErrorCode::exists);
  EXPECT_FALSE(folder->read_all("planted", 100));
  write_file(*folder, "one", "1");
  write_file(*folder, "two", "2");
  EXPECT_EQ(folder->link("one", "two").error().code, ErrorCode::exists);
  EXPECT_EQ(folder->rename("one", "two").error().code, ErrorCode::exists);
  EXPECT_EQ(folder->create("one").error().code, ErrorCode::exists);
  EXPECT_EQ(folder->read_all("two", 100).value(), bytes_of("2"));
  std::string text;
  std::ifstream(scratch / "victim") >> text;
  EXPECT_EQ(text, "untouched");
}

TEST(PosixFileSystem, reads_links_moves_and_removes) {
  const Scratch scratch;
  const auto folder = open_own(scratch / "store");
  write_file(*folder, "one", "some text");
  ASSERT_TRUE(folder->link("one", "same"));
  ASSERT_TRUE(folder->unlink("one"));
  ASSERT_TRUE(folder->make_folder("bad"));
  ASSERT_TRUE(folder->make_folder("bad"));
  ASSERT_TRUE(folder->rename("same", "bad/same"));
  ASSERT_TRUE(folder->sync());
  ASSERT_TRUE(folder->sync("bad"));
  EXPECT_EQ(folder->read_all("bad/same", 9).value(), bytes_of("some text"));
  EXPECT_EQ(folder->size("bad/same").value(), 9U);
  EXPECT_EQ(folder->read_all("bad/same", 8).error().code, ErrorCode::corrupt);
  EXPECT_EQ(folder->read_all("one", 9).error().code, ErrorCode::not_found);
  EXPECT_EQ(folder->unlink("one").error().code, ErrorCode::not_found);
  EXPECT_EQ(folder->list().value(), std::vector<std::string>{"bad"});
  EXPECT_GT(folder->free_bytes().value(), 0U);
}

// As `steadfarm clean` meets it: it says what to do, and the rest goes.
TEST(PosixStore, a_folder_among_what_was_put_away_is_named_and_keeps_nothing_else) {
  const Scratch scratch;
  const auto folder = open_own(scratch / "store");
  ASSERT_TRUE(folder->make_folder("discarded"));
  ASSERT_TRUE(folder->make_folder("discarded/a_folder"));
  write_file(*folder, "discarded/a_folder/notes", "x");
  for (const char* name : {"discarded/manifest-000000000001", "discarded/other"}) {
    write_file(*folder, name, "x");
  }
  PosixFileSystem files;
  const Result<PutAway> refused = clean(files, scratch / "store", false);
  ASSERT_FALSE(refused);
  for (const char* part : {"discarded/a_folder", "it is a folder", "move it away"}) {
    EXPECT_NE(refused.error().message.find(part), std::string::npos) << refused.error().message;
  }
  EXPECT_EQ(folder->list("discarded").value(), std::vector<std::string>{"a_folder"});
  EXPECT_EQ(folder->size("discarded/a_folder/notes").value(), 1U);
}

TEST(PosixFileSystem, lists_afresh_each_time) {
  const Scratch scratch;
  const auto folder = open_own(scratch / "store");
  for (int i = 0; i < 3; ++i) {
    write_file(*folder, std::to_string(i), "x");
    EXPECT_EQ(folder->list().value().size(), static_cast<std::size_t>(i + 1));
  }
}

TEST(PosixFileSystem, a_pipe_in_the_folder_does_not_hang_a_reader) {
  const Scratch scratch;
  const auto folder = open_own(scratch / "store");
  ASSERT_EQ(::mkfifo((scratch / "store/pipe").c_str(), 0600), 0);
  const auto read = folder->read_all("pipe", 10);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::corrupt);
}

TEST(PosixFileSystem, draws_another_nonce_each_time) {
  PosixFileSystem files;
  EXPECT_NE(files.nonce(), files.nonce());
}

TEST(PosixStore, publishes_and_comes_back_with_private_files) {
  const Scratch scratch;
  PosixFileSystem files;
  StoreOptions options = test_options();
  options.path = scratch / "store";
  Workload work(3);
  OpenReport report;
  {
    auto store = Store::open(files, options, report);
    ASSERT_TRUE(store) << store.error().message;
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(store.value()->publish(work.next()));
      work.committed();
    }
  }
  for (const auto& entry : fs::directory_iterator(options.path)) {
    EXPECT_EQ(mode_of(entry.path().string()), 0400U) << entry.path();
  }
  ASSERT_TRUE(Store::open(files, options, report));
  EXPECT_EQ(difference(*report.recovered, work.snapshot()), "");
  EXPECT_EQ(results_difference(files, options.path, work.snapshot()), "");
  EXPECT_TRUE(report.warnings.empty());
}

TEST(PosixStore, damage_is_set_aside_and_the_older_generation_used) {
  const Scratch scratch;
  PosixFileSystem files;
  StoreOptions options = test_options();
  options.path = scratch / "store";
  Workload work(3);
  OpenReport report;
  Snapshot older;
  std::string newest;
  {
    auto store = Store::open(files, options, report);
    ASSERT_TRUE(store.value()->publish(work.next()));
    work.committed();
    older = work.snapshot();
    ASSERT_TRUE(store.value()->publish(work.next()));
    newest = manifest_name(store.value()->generation());
  }
  const std::string path = options.path + "/" + newest;
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  std::fstream(path, std::ios::in | std::ios::out).seekp(50).put('~');
  ASSERT_TRUE(Store::open(files, options, report));
  EXPECT_EQ(difference(*report.recovered, older), "");
  EXPECT_TRUE(fs::exists(options.path + "/bad/" + newest));
  EXPECT_FALSE(fs::exists(path));
  EXPECT_NE(report.warnings.front().find(newest), std::string::npos);
}

// Its manifest is set aside with it, for the same reason: one line says both.
TEST(PosixStore, a_damaged_segment_is_said_once) {
  const Scratch scratch;
  PosixFileSystem files;
  StoreOptions options = test_options();
  options.path = scratch / "store";
  Workload work(3);
  OpenReport report;
  std::string segment;
  {
    auto store = Store::open(files, options, report);
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(store.value()->publish(work.next()));
      work.committed();
    }
    for (const auto& entry : fs::directory_iterator(options.path)) {
      const std::string name = entry.path().filename();
      if (name.starts_with("segment-")) segment = std::max(segment, name);
    }
  }
  const std::string path = options.path + "/" + segment;
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  fs::resize_file(path, fs::file_size(path) - 1);
  ASSERT_TRUE(Store::open(files, options, report));
  EXPECT_TRUE(fs::exists(options.path + "/bad/" + segment));
  EXPECT_EQ(report.set_aside, 2U);
  ASSERT_EQ(report.warnings.size(), 2U);
  EXPECT_NE(report.warnings[0].find(segment), std::string::npos) << report.warnings[0];
  EXPECT_NE(report.warnings[1].find("going on from generation 2"), std::string::npos)
      << report.warnings[1];
}

TEST(PosixStore, a_folder_without_permission_is_an_error_with_its_name) {
  const Scratch scratch;
  const std::string path = scratch / "store";
  fs::create_directory(path);
  ASSERT_EQ(::chmod(fs::path(path).parent_path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(path.c_str(), 0500), 0);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);
  }
  const int code = as_nobody([&] {
    PosixFileSystem files;
    StoreOptions options = test_options();
    options.path = path;
    OpenReport report;
    const auto store = Store::open(files, options, report);
    if (store) return 1;
    if (store.error().code != ErrorCode::denied) return 2;
    return store.error().message.find(path) != std::string::npos ? 0 : 3;
  });
  EXPECT_EQ(code, 0);
  EXPECT_TRUE(fs::is_empty(path));
}

TEST(PosixStore, another_users_folder_is_refused) {
  const Scratch scratch;
  const std::string path = scratch / "store";
  fs::create_directory(path);
  // As root: a folder given away. As a user: one of root's.
  const std::string other = ::geteuid() == 0 ? path : "/usr";
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);
  }
  expect_refused(other, "belongs to");
}

TEST(PosixStore, a_full_disk_keeps_the_last_generation_and_goes_on_when_there_is_room) {
  const Scratch scratch;
  const SmallDisk disk(scratch / "disk", "size=256k,mode=0700");
  if (disk.forbidden()) return;
  ASSERT_TRUE(disk.mounted());
  PosixFileSystem files;
  StoreOptions options = test_options();
  options.path = scratch / "disk/store";
  Workload work(3);
  OpenReport report;
  auto store = Store::open(files, options, report);
  ASSERT_TRUE(store) << store.error().message;
  ASSERT_TRUE(store.value()->publish(work.next()));
  work.committed();
  const Snapshot good = work.snapshot();
  // Leave room for the advice of free_bytes to be too kind, and for nothing else.
  const std::string filler = scratch / "disk/filler";
  {
    std::ofstream out(filler, std::ios::binary);
    const std::string block(4096, 'x');
    while (out.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  const core::GenerationDelta delta = work.next();
  const Result<Generation> refused = store.value()->publish(delta);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::no_space) << refused.error().message;
  const auto folder = files.open_folder(options.path, Access::own);
  ASSERT_TRUE(folder);
  const auto file = folder.value()->create("to-fill");
  ASSERT_TRUE(file);
  const Status written = file.value()->write(Bytes(1U << 20U));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::no_space);
  ASSERT_TRUE(folder.value()->unlink("to-fill"));
  fs::remove(filler);
  ASSERT_TRUE(store.value()->publish(delta));
  work.committed();
  ASSERT_TRUE(Store::open(files, options, report));
  EXPECT_EQ(difference(*report.recovered, work.snapshot()), "");
}

TEST(PosixStore, a_read_only_disk_is_an_error_and_can_still_be_looked_at) {
  const Scratch scratch;
  const SmallDisk disk(scratch / "disk", "size=1m,mode=0700");
  if (disk.forbidden()) return;
  ASSERT_TRUE(disk.mounted());
  PosixFileSystem files;
  StoreOptions options = test_options();
  options.path = scratch / "disk/store";
  Workload work(3);
  OpenReport report;
  auto store = Store::open(files, options, report);
  ASSERT_TRUE(store);
  ASSERT_TRUE(store.value()->publish(work.next()));
  ASSERT_TRUE(disk.remount_read_only());
  const Result<Generation> refused = store.value()->publish(work.next());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::io);
  EXPECT_NE(refused.error().message.find("Read-only"), std::string::npos);
  const auto reopened = Store::open(files, options, report);
  ASSERT_FALSE(reopened);
  EXPECT_EQ(reopened.error().code, ErrorCode::io);
  EXPECT_TRUE(inspect(files, options.path));
  EXPECT_TRUE(verify(files, options.path).value().bad.empty());
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
