// Shards that no generation names: counted, kept as long as they may still be accepted, and
// removed.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>

#include "checkpoint/names.hpp"
#include "checkpoint/plain_codec.hpp"
#include "checkpoint/shard_reader.hpp"
#include "checkpoint/shard_writer.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {
namespace {

const PlainCodec codec;

class Orphans : public testing::Test {
 protected:
  Orphans() { open(); }

  void open(bool fresh = false, OwnerEpoch shards_from = {}) {
    store_.reset();
    StoreOptions options = test_options();
    options.codec = &codec;
    options.fresh = fresh;
    options.shards_from = shards_from;
    store_ = std::move(Store::open(files_, options, report_)).value();
    writer_ = std::make_unique<ShardWriter>(
        files_, ShardOptions{store_path, {report_.owner_epoch, report_.fingerprint}, "", &codec});
  }
  ShardInfo write() {
    auto results = std::make_shared<core::ResultBatch>();
    results->add(UnitKey::index(units_), Bytes(200, std::byte{1}));
    const ShardInfo shard = writer_->write(writer_->lay_out(results).value()).value();
    unit_in_[shard.name] = units_++;
    return shard;
  }
  void publish(const ShardInfo& shard, bool complete = false) {
    core::GenerationDelta delta;
    delta.sharded.add(UnitKey::index(unit_in_.at(shard.name)), {shard, 0, 200});
    delta.epoch = Epoch(++accepted_);
    delta.counters.accepted = delta.counters.executions = accepted_;
    delta.complete = complete;
    if (!complete) delta.pending_indices = {{1000, 1001}};
    ASSERT_TRUE(store_->publish(delta));
  }
  std::vector<std::string> there() {
    auto folder = std::move(files_.open_folder(store_path, Access::read)).value();
    return list_shards(*folder).value().shards;
  }
  std::size_t shards_in(const char* subfolder) {
    auto folder = std::move(files_.open_folder(store_path, Access::read)).value();
    const Result<std::vector<std::string>> names = folder->list(subfolder);
    EXPECT_TRUE(names);
    return static_cast<std::size_t>(
        std::count_if(names.value().begin(), names.value().end(),
                      [](const std::string& name) { return name.starts_with("shard-"); }));
  }
  /// A file of somebody's.
  void put(const std::string& name) {
    MemoryDisk& disk = files_.disk(store_path);
    disk.make_folder(shards_folder);
    disk.make_folder(name.substr(0, name.rfind('/')));
    disk.put(name, std::make_shared<MemoryFile>());
  }
  /// As inspect and as verify count them.
  void expect_counts(std::uint64_t named, std::uint64_t orphans) {
    const Result<Inspection> seen = inspect(files_, store_path, &codec);
    ASSERT_TRUE(seen);
    EXPECT_TRUE(seen.value().warnings.empty()) << seen.value().warnings.front();
    EXPECT_EQ(seen.value().shards.named, named);
    EXPECT_EQ(seen.value().shards.named_bytes > 0, named > 0);
    EXPECT_EQ(seen.value().shards.orphans, orphans);
    const Result<Verification> verified = verify(files_, store_path, &codec);
    ASSERT_TRUE(verified);
    EXPECT_TRUE(verified.value().bad.empty()) << verified.value().bad.front();
    EXPECT_EQ(verified.value().shards.named, named);
    EXPECT_EQ(verified.value().shards.orphans, orphans);
  }

  MemoryFileSystem files_{1};
  std::unique_ptr<Store> store_;
  OpenReport report_;
  std::unique_ptr<ShardWriter> writer_;
  std::uint64_t units_ = 0;  // that were executed, into a shard each
  std::map<ShardName, std::uint64_t> unit_in_;
  std::uint64_t accepted_ = 0;
};

TEST_F(Orphans, are_counted_and_stay_while_their_answers_may_be_on_the_way) {
  expect_counts(0, 0);
  publish(write());
  const ShardInfo on_the_way = write();
  const ShardInfo orphan = write();
  for (int i = 0; i < 5; ++i) publish(write());
  expect_counts(6, 2);
  publish(on_the_way);
  expect_counts(7, 1);
  EXPECT_NE(on_the_way.name, orphan.name);
}

TEST_F(Orphans, go_when_the_job_is_complete) {
  publish(write());
  write();
  open();  // another start finishes the job
  publish(write());
  const ShardInfo second_execution = write();
  publish(write(), true);
  expect_counts(3, 0);
  EXPECT_EQ(there().size(), 3U);
  // One that a worker finishes after that stays until the store is opened the next time.
  write();
  expect_counts(3, 1);
  open();
  expect_counts(3, 0);
  EXPECT_EQ(second_execution.results, 1U);
}

TEST_F(Orphans, of_earlier_owners_go_at_the_take_over_unless_they_are_to_be_spared) {
  publish(write());
  write();
  const OwnerEpoch first = report_.owner_epoch;
  open(false, first);
  expect_counts(1, 1);
  open();
  expect_counts(1, 0);
}

TEST_F(Orphans, of_a_run_that_was_discarded_are_not_removed_by_the_one_that_completes) {
  publish(write());
  write();
  open(true);
  accepted_ = 0;
  publish(write(), true);
  expect_counts(1, 0);
  EXPECT_EQ(shards_in("discarded"), 2U);
}

// What was discarded but could not be put away yet goes to that folder at the next start; what a
// newer owner's workers write is not ours at all.
TEST_F(Orphans, of_others_are_not_removed_by_the_owner_that_completes) {
  write();
  open(true);
  const std::string discarded = shard_name({OwnerEpoch(1), 0xAB, 1});
  const std::string newer = shard_name({report_.owner_epoch.next(), 0xAB, 1});
  const std::string ours = shard_name({report_.owner_epoch, 0xAB, 1});
  for (const std::string& name : {discarded, newer, ours}) put(name);
  publish(write(), true);
  EXPECT_TRUE(files_.disk(store_path).find(discarded));
  EXPECT_TRUE(files_.disk(store_path).find(newer));
  EXPECT_FALSE(files_.disk(store_path).find(ours));
}

// A worker may be writing it at this moment.
TEST_F(Orphans, that_are_still_being_written_stay_with_their_owners_shards) {
  const std::string temp = shard_folder(0xAB) + "/" + temp_name({report_.owner_epoch, 0xAB, 1});
  put(temp);
  open(false, report_.owner_epoch);
  EXPECT_TRUE(files_.disk(store_path).find(temp));
  open();
  EXPECT_FALSE(files_.disk(store_path).find(temp));
}

// They may be what the damaged generation led to.
TEST_F(Orphans, are_set_aside_and_not_removed_after_damage) {
  publish(write());
  publish(write());
  write();
  files_.disk(store_path).find(manifest_name(store_->generation()))->content.at(9) ^= std::byte{1};
  open();
  expect_counts(1, 0);
  EXPECT_EQ(shards_in("bad"), 2U);
}

TEST_F(Orphans, are_not_counted_for_a_damaged_generation_which_inspect_refuses) {
  publish(write());
  for (const auto& [name, file] : files_.disk(store_path).visible()) {
    if (parse_segment_name(name)) file->content.at(9) ^= std::byte{1};
  }
  const Result<Inspection> seen = inspect(files_, store_path, &codec);
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, ErrorCode::corrupt);
  EXPECT_NE(seen.error().message.find("digest"), std::string::npos);
}

// A bad segment and the manifest that names it go aside for one reason, which was once said twice.
TEST_F(Orphans, a_bad_newest_segment_is_said_once) {
  publish(write());
  publish(write());
  std::string newest;
  for (const auto& [name, file] : files_.disk(store_path).visible()) {
    if (parse_segment_name(name)) newest = name;
  }
  files_.disk(store_path).find(newest)->content.at(9) ^= std::byte{1};
  open();
  EXPECT_GE(report_.set_aside, 2U);
  std::size_t said = 0;
  for (const std::string& warning : report_.warnings) {
    if (warning.find(newest) != std::string::npos) ++said;
  }
  EXPECT_EQ(said, 1U);
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
