// What a file system lacks is found by trying, before anything changes, and named in one line: on
// the in-memory file system, which answers what it is told to, and on a real one where the machine
// has one that is short of something.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>

#include "checkpoint/names.hpp"
#include "checkpoint/plain_codec.hpp"
#include "checkpoint/posix_file_system.hpp"
#include "checkpoint/shard_writer.hpp"
#include "tests/unit/checkpoint/scratch.hpp"
#include "tests/unit/checkpoint/store_steps.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {
namespace {

const PlainCodec codec;

StoreOptions plain_options() {
  StoreOptions options = test_options();
  options.codec = &codec;
  return options;
}

bool says(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

/// One line that names the folder, the lack and what to do.
void expect_named(const Error& error, const char* lack) {
  EXPECT_EQ(error.code, ErrorCode::unsupported);
  for (const char* part : {lack, store_path, "another file system", "--store"}) {
    EXPECT_TRUE(says(error.message, part)) << part << " is missing in: " << error.message;
  }
  EXPECT_FALSE(says(error.message, "\n"));
}

/// Counts the bytes' way to the disk: what is lacking is to be found before any is taken.
class Writes final : public FileObserver {
 public:
  explicit Writes(MemoryFileSystem& files) : files_(files) { files.set_observer(this); }
  ~Writes() override { files_.set_observer(nullptr); }
  Writes(const Writes&) = delete;
  Writes& operator=(const Writes&) = delete;
  void changed(Operation operation, const std::string& /*folder*/, const std::string& /*name*/,
               const std::string& /*to*/) override {
    if (operation == Operation::write) ++count;
  }
  std::uint64_t count = 0;

 private:
  MemoryFileSystem& files_;
};

void expect_store_refused(const MemoryLacks& lacks, const char* lack) {
  MemoryFileSystem files(1);
  files.set_lacks(lacks);
  const Writes writes(files);
  OpenReport report;
  const auto refused = Store::open(files, plain_options(), report);
  ASSERT_FALSE(refused);
  EXPECT_EQ(writes.count, 0U);
  expect_named(refused.error(), lack);
  EXPECT_TRUE(files_of(files).empty()) << files_of(files).begin()->first << " is left";
}

TEST(LackingFileSystem, without_hard_links_is_refused_and_the_folder_is_as_it_was) {
  expect_store_refused({.hard_links = true}, "makes no hard links");
}

TEST(LackingFileSystem, that_cannot_sync_folders_is_refused_and_the_folder_is_as_it_was) {
  expect_store_refused({.folder_sync = true}, "cannot make the names in a folder durable");
}

TEST(LackingFileSystem, is_noticed_before_a_store_that_is_there_changes) {
  MemoryFileSystem files(1);
  OpenReport report;
  Workload work(3);
  publish_steps(*open_store(files, plain_options(), report), work, 3);
  const Files before = files_of(files);
  files.set_lacks({.hard_links = true});
  ASSERT_FALSE(Store::open(files, plain_options(), report));
  EXPECT_EQ(files_of(files), before);
}

TEST(LackingFileSystem, without_modes_is_warned_of_and_the_store_works) {
  MemoryFileSystem files(1);
  files.set_lacks({.modes = true});
  OpenReport report;
  Workload work(3);
  {
    const auto store = open_store(files, plain_options(), report);
    ASSERT_EQ(report.warnings.size(), 1U);
    for (const char* part : {"keeps no modes", store_path, "who may read", "--store"}) {
      EXPECT_TRUE(says(report.warnings[0], part)) << report.warnings[0];
    }
    publish_steps(*store, work, 3);
  }
  ASSERT_TRUE(open_store(files, plain_options(), report));
  EXPECT_EQ(difference(*report.recovered, work.snapshot()), "");
}

TEST(LackingFileSystem, leaves_nothing_behind_where_all_is_there) {
  MemoryFileSystem files(1);
  OpenReport report;
  ASSERT_TRUE(open_store(files, plain_options(), report));
  EXPECT_TRUE(report.warnings.empty());
  EXPECT_EQ(files_of(files).size(), 1U);  // the manifest
}

TEST(LackingFileSystem, what_a_probe_left_at_a_crash_goes_at_the_next_opening) {
  for (std::uint64_t point = 1;; ++point) {
    MemoryFileSystem files(point);
    OpenReport report;
    files.faults().power_off_after(point);
    const bool opened = Store::open(files, plain_options(), report).ok();
    files.faults().clear();  // the process died, the disk has all that was done
    if (opened) break;
    ASSERT_TRUE(open_store(files, plain_options(), report));
    for (const auto& [name, bytes] : files_of(files)) {
      ASSERT_FALSE(parse_temp_name(name)) << name << " after operation " << point;
    }
  }
}

/// Takes the first file that is written away, as the owner of a store tidies up.
class TidiesOnce final : public FileObserver {
 public:
  explicit TidiesOnce(MemoryFileSystem& files) : files_(files) { files.set_observer(this); }
  ~TidiesOnce() override { files_.set_observer(nullptr); }
  TidiesOnce(const TidiesOnce&) = delete;
  TidiesOnce& operator=(const TidiesOnce&) = delete;
  void changed(Operation operation, const std::string& folder, const std::string& name,
               const std::string& /*to*/) override {
    if (operation != Operation::sync || done) return;
    done = true;
    files_.disk(folder).remove(name);
  }
  bool done = false;

 private:
  MemoryFileSystem& files_;
};

// Seed 17960387430212 of the simulation: the next claim used the names of the first one again.
TEST(LackingFileSystem, a_file_that_a_claim_left_does_not_stop_the_next_claim) {
  MemoryFileSystem files(1);
  TidiesOnce rival(files);
  FaultRates rates;
  rates.fail[static_cast<std::size_t>(Operation::unlink)] = 1.0;
  files.faults().set_rates(rates);
  OpenReport report;
  ASSERT_TRUE(open_store(files, plain_options(), report));
  EXPECT_TRUE(rival.done);
  EXPECT_EQ(report.generation, Generation(1));
}

// ---- a worker, whose host may see another file system than the master's ----

class LackingAtAWorker : public testing::Test {
 protected:
  void SetUp() override {
    OpenReport report;
    store_ = open_store(files_, plain_options(), report);
    grant_ = {report.owner_epoch, report.fingerprint};
  }
  Result<ShardInfo> write() {
    auto results = std::make_shared<core::ResultBatch>();
    results->add(UnitKey::index(1), bytes_of("a result"));
    ShardWriter writer(files_, {store_path, grant_, "", &codec,
                                [this](const std::string& text) { warned_.push_back(text); }});
    const Result<LaidOutShard> shard = writer.lay_out(results);
    return writer.write(shard.value());
  }

  MemoryFileSystem files_{1};
  std::unique_ptr<Store> store_;
  ShardGrant grant_;
  std::vector<std::string> warned_;
};

TEST_F(LackingAtAWorker, hard_links_are_missed_before_a_shard_is_written) {
  files_.set_lacks({.hard_links = true});
  const Writes writes(files_);
  const Result<ShardInfo> refused = write();
  ASSERT_FALSE(refused);
  expect_named(refused.error(), "makes no hard links");
  EXPECT_EQ(writes.count, 0U);
}

TEST_F(LackingAtAWorker, folder_sync_is_missed) {
  files_.set_lacks({.folder_sync = true});
  const Result<ShardInfo> refused = write();
  ASSERT_FALSE(refused);
  expect_named(refused.error(), "cannot make the names in a folder durable");
}

TEST_F(LackingAtAWorker, modes_are_warned_of_and_the_shard_is_written) {
  files_.set_lacks({.modes = true});
  ASSERT_TRUE(write());
  ASSERT_EQ(warned_.size(), 1U);
  EXPECT_TRUE(says(warned_[0], "keeps no modes")) << warned_[0];
}

TEST_F(LackingAtAWorker, nothing_is_said_where_all_is_there) {
  ASSERT_TRUE(write());
  EXPECT_TRUE(warned_.empty());
}

// ---- real ones ----

TEST(FullFileSystem, without_inodes_says_inodes_and_not_space) {
  const Scratch scratch;
  const SmallDisk disk(scratch / "disk", "size=1m,nr_inodes=6,mode=0700");
  if (disk.forbidden()) return;
  ASSERT_TRUE(disk.mounted());
  PosixFileSystem files;
  const auto folder = files.open_folder(scratch / "disk/store", Access::own);
  ASSERT_TRUE(folder) << folder.error().message;
  std::vector<std::unique_ptr<NewFile>> kept;
  Status created;
  for (int i = 0; i < 8 && created; ++i) {
    auto file = folder.value()->create("file" + std::to_string(i));
    created = file ? Status() : file.error();
    if (file) kept.push_back(std::move(file).value());
  }
  // The folder, and what may be made without a new inode, must say the same.
  for (const Status& refused :
       {created, folder.value()->make_folder("bad"),
        files.open_folder(scratch / "disk/other", Access::own).ok()
            ? Status()
            : Status(files.open_folder(scratch / "disk/other", Access::own).error())}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::no_space);
    EXPECT_TRUE(says(refused.error().message, "no inodes are left")) << refused.error().message;
    EXPECT_FALSE(says(refused.error().message, "free some space")) << refused.error().message;
  }
  ASSERT_TRUE(kept.front()->write(Bytes(100)));  // there is space
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
