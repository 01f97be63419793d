// The worker's loop goes on while a shard is written, hears of it once, and is never lied to.
#include "driver/shard_keeper.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <future>
#include <new>
#include <thread>

#include "checkpoint/memory_file_system.hpp"
#include "checkpoint/plain_codec.hpp"
#include "checkpoint/shard_reader.hpp"
#include "checkpoint/store.hpp"

namespace steadfarm::driver {
namespace {

const checkpoint::PlainCodec codec;

/// Encodes as the plain one does, and tells where.
class TellingCodec final : public checkpoint::SegmentCodec {
 public:
  [[nodiscard]] Result<checkpoint::EncodedSegment> encode(
      const checkpoint::SegmentView& view) const override {
    encoded_by = std::this_thread::get_id();
    if (no_memory) throw std::bad_alloc();
    return codec.encode(view);
  }
  [[nodiscard]] Result<checkpoint::Segment> decode(ByteView bytes) const override {
    return codec.decode(bytes);
  }
  [[nodiscard]] Result<core::GenerationDelta> decode_lists(
      ByteView bytes, const checkpoint::FileIndex& index) const override {
    return codec.decode_lists(bytes, index);
  }
  mutable std::thread::id encoded_by;
  bool no_memory = false;
};

/// Stands between the writer and the disk, on the thread that writes.
class Gate final : public checkpoint::FileObserver {
 public:
  explicit Gate(checkpoint::MemoryFileSystem& files) : files_(files) { files.set_observer(this); }
  ~Gate() override { files_.set_observer(nullptr); }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  void changed(checkpoint::Operation operation, const std::string& /*folder*/,
               const std::string& /*name*/, const std::string& /*to*/) override {
    if (operation != checkpoint::Operation::create || reached_) return;
    reached_ = true;
    reached.set_value(std::this_thread::get_id());
    open.get_future().wait();
  }
  std::promise<std::thread::id> reached;
  std::promise<void> open;

 private:
  checkpoint::MemoryFileSystem& files_;
  bool reached_ = false;
};

class Keeper : public testing::Test {
 protected:
  Keeper() {
    checkpoint::StoreOptions options;
    options.path = "/store";
    options.job.job.identity = "the test job";
    options.codec = &codec;
    checkpoint::OpenReport report;
    store_ = std::move(checkpoint::Store::open(*files_, options, report)).value();
    grant_ = {report.owner_epoch, report.fingerprint};
  }

  /// The file system is shared with whom the thread is left behind to.
  ThreadedShards::MakeWriter maker() {
    return [this](const ShardGrant& grant) {
      struct Both {
        std::shared_ptr<checkpoint::MemoryFileSystem> files;
        checkpoint::ShardWriter writer;
      };
      const auto both =
          std::make_shared<Both>(Both{files_, {*files_, {"/store", grant, "", used_}}});
      return std::shared_ptr<checkpoint::ShardWriter>(both, &both->writer);
    };
  }
  static void fill(ThreadedShards& shards, std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t i = first; i < first + count; ++i) {
      shards.keep(UnitKey::index(i), Bytes(50 + i, std::byte{4}));
    }
  }
  /// Waits as long as it takes; the test's own timeout is the deadline.
  static Result<ShardInfo> outcome(ThreadedShards& shards) {
    while (true) {
      if (std::optional<Result<ShardInfo>> done = shards.take_done()) return std::move(*done);
      std::this_thread::yield();
    }
  }
  std::vector<UnitKey> keys_in(const ShardInfo& shard) {
    auto folder = std::move(files_->open_folder("/store", checkpoint::Access::read)).value();
    const auto read = checkpoint::load_shard(*folder, shard, grant_.fingerprint, codec);
    EXPECT_TRUE(read);
    return read ? read.value().delta.results.keys : std::vector<UnitKey>();
  }

  std::shared_ptr<checkpoint::MemoryFileSystem> files_ =
      std::make_shared<checkpoint::MemoryFileSystem>(1);
  std::unique_ptr<checkpoint::Store> store_;
  ShardGrant grant_;
  const checkpoint::SegmentCodec* used_ = &codec;
};

TEST_F(Keeper, returns_at_once_however_long_the_disk_takes) {
  Gate gate(*files_);
  ThreadedShards shards(maker(), 1000);
  shards.open(grant_);
  fill(shards, 0, 2);
  shards.seal(false);  // would never return if it waited for the disk
  EXPECT_NE(gate.reached.get_future().get(), std::this_thread::get_id());
  EXPECT_FALSE(shards.take_done().has_value());
  fill(shards, 2, 3);  // the next one fills meanwhile
  gate.open.set_value();
  const Result<ShardInfo> first = outcome(shards);
  ASSERT_TRUE(first);
  EXPECT_FALSE(shards.take_done().has_value());  // said once
  EXPECT_EQ(keys_in(first.value()), (std::vector<UnitKey>{UnitKey::index(0), UnitKey::index(1)}));
  shards.seal(false);
  const Result<ShardInfo> second = outcome(shards);
  ASSERT_TRUE(second);
  EXPECT_EQ(keys_in(second.value()).size(), 3U);
  EXPECT_NE(first.value().name, second.value().name);
}

TEST_F(Keeper, lays_out_on_the_callers_thread_which_is_the_one_of_hdf5) {
  TellingCodec telling;
  used_ = &telling;
  ThreadedShards shards(maker(), 1000);
  shards.open(grant_);
  fill(shards, 0, 1);
  shards.seal(false);
  ASSERT_TRUE(outcome(shards));
  EXPECT_EQ(telling.encoded_by, std::this_thread::get_id());
}

TEST_F(Keeper, hands_a_failure_over_and_writes_the_same_again_under_another_name) {
  ThreadedShards shards(maker(), 1000);
  shards.open(grant_);
  fill(shards, 0, 2);
  // Behind the probe of the file system, in the midst of the file.
  files_->faults().fail_operation(files_->faults().operations() + 15, {ENOSPC, {}}, false);
  shards.seal(false);
  const Result<ShardInfo> refused = outcome(shards);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::no_space);
  fill(shards, 2, 1);  // goes into the next one, not into the one that failed
  shards.seal(true);
  const Result<ShardInfo> again = outcome(shards);
  ASSERT_TRUE(again);
  EXPECT_EQ(keys_in(again.value()).size(), 2U);
  EXPECT_EQ(again.value().name.sequence, 2U);
}

TEST_F(Keeper, memory_that_runs_out_while_it_lays_out_is_a_failure_to_try_again) {
  TellingCodec telling;
  used_ = &telling;
  ThreadedShards shards(maker(), 1000);
  shards.open(grant_);
  fill(shards, 0, 2);
  telling.no_memory = true;
  shards.seal(false);
  EXPECT_FALSE(outcome(shards));
  telling.no_memory = false;
  shards.seal(true);
  const Result<ShardInfo> again = outcome(shards);
  ASSERT_TRUE(again);
  EXPECT_EQ(keys_in(again.value()).size(), 2U);
}

TEST_F(Keeper, counts_steps_so_that_a_slow_disk_can_be_told_from_one_that_hangs) {
  ThreadedShards shards(maker(), 1000);
  EXPECT_EQ(shards.steps(), 0U);
  shards.open(grant_);
  fill(shards, 0, 1);
  shards.seal(false);
  ASSERT_TRUE(outcome(shards));
  EXPECT_GT(shards.steps(), 8U);
}

TEST_F(Keeper, its_end_waits_for_what_is_written_or_says_that_it_did_not_return) {
  {
    ThreadedShards shards(maker(), 1000);
    EXPECT_TRUE(shards.end()) << "it never began";
  }
  Gate gate(*files_);
  ThreadedShards shards(maker(), 1000);
  shards.open(grant_);
  fill(shards, 0, 1);
  shards.seal(false);
  gate.reached.get_future().get();
  EXPECT_FALSE(shards.end(1'000));
  EXPECT_FALSE(shards.end(1'000)) << "it stays so";
  // The one that was left behind comes back to what it needs: it belongs to both.
  gate.open.set_value();
  while (!shards.take_done()) std::this_thread::yield();
}

}  // namespace
}  // namespace steadfarm::driver
