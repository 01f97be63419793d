#include "checkpoint/shard_writer.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "checkpoint/names.hpp"
#include "checkpoint/plain_codec.hpp"
#include "checkpoint/shard_reader.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {
namespace {

const PlainCodec codec;

std::shared_ptr<core::ResultBatch> results_of(std::uint64_t first, std::uint64_t count) {
  auto results = std::make_shared<core::ResultBatch>();
  for (std::uint64_t i = first; i < first + count; ++i) {
    results->add(UnitKey::index(i), bytes_of("the result of unit " + std::to_string(i)));
  }
  return results;
}

/// Writes down every change of the disk, with the random part of the names left out.
class Steps final : public FileObserver {
 public:
  explicit Steps(MemoryFileSystem& files) : files_(files) { files.set_observer(this); }
  ~Steps() override { files_.set_observer(nullptr); }
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;
  void changed(Operation operation, const std::string& /*folder*/, const std::string& name,
               const std::string& to) override {
    std::string line = to_string(operation);
    line += " " + plain(name);
    if (!to.empty()) line += " -> " + plain(to);
    if (lines.empty() || lines.back() != line) lines.push_back(line);
  }
  std::vector<std::string> lines;

 private:
  static std::string plain(const std::string& name) {
    if (name.find("/temp-") != std::string::npos) return "shards/XX/temp";
    if (name.find("/shard-") != std::string::npos) return "shards/XX/shard";
    return name.find('/') == std::string::npos ? name : "shards/XX";
  }
  MemoryFileSystem& files_;
};

class ShardWriting : public testing::Test {
 protected:
  void SetUp() override {
    StoreOptions options = test_options();
    options.codec = &codec;
    OpenReport report;
    store_ = std::move(Store::open(files_, options, report)).value();
    grant_ = {report.owner_epoch, report.fingerprint};
  }
  ShardWriter writer() { return {files_, {store_path, grant_, "", &codec}}; }
  static Result<ShardInfo> write(ShardWriter& writer, std::uint64_t first, std::uint64_t count) {
    Result<LaidOutShard> shard = writer.lay_out(results_of(first, count));
    EXPECT_TRUE(shard);
    return writer.write(shard.value());
  }
  std::unique_ptr<Folder> folder() {
    return std::move(files_.open_folder(store_path, Access::read)).value();
  }

  MemoryFileSystem files_{3};
  std::unique_ptr<Store> store_;
  ShardGrant grant_;
};

TEST_F(ShardWriting, touches_no_disk_before_there_is_something_to_write) {
  const Steps steps(files_);
  ShardWriter writer = this->writer();
  ASSERT_TRUE(writer.lay_out(results_of(0, 3)));
  EXPECT_TRUE(steps.lines.empty());
  EXPECT_EQ(writer.steps(), 0U);
}

// FORMAT.md, section Shards. Each step is needed: whoever leaves one out must change this, too.
TEST_F(ShardWriting, takes_the_steps_of_the_format_in_their_order) {
  ShardWriter writer = this->writer();
  const std::vector<std::string> shard = {
      "create shards/XX/temp", "write shards/XX/temp",
      "sync shards/XX/temp",   "link shards/XX/temp -> shards/XX/shard",
      "unlink shards/XX/temp", std::string(to_string(Operation::sync_folder)) + " shards/XX"};
  const std::string make = to_string(Operation::make_folder);
  const std::string sync = to_string(Operation::sync_folder);
  std::vector<std::string> first = {make + " shards", sync + " ", make + " shards/XX",
                                    sync + " shards"};
  // Does this file system have what a shard needs?
  const std::vector<std::string> probe = {"create shards/XX/temp",
                                          "link shards/XX/temp -> shards/XX/temp",
                                          sync + " shards/XX", "unlink shards/XX/temp"};
  first.insert(first.end(), probe.begin(), probe.end());
  first.insert(first.end(), shard.begin(), shard.end());
  {
    const Steps steps(files_);
    ASSERT_TRUE(write(writer, 0, 2));
    EXPECT_EQ(steps.lines, first);
  }
  const Steps steps(files_);
  ASSERT_TRUE(write(writer, 2, 2));
  EXPECT_EQ(steps.lines, shard);
}

TEST_F(ShardWriting, says_what_is_on_disk_then) {
  ShardWriter writer = this->writer();
  const Result<ShardInfo> info = write(writer, 5, 4);
  ASSERT_TRUE(info);
  EXPECT_EQ(info.value().results, 4U);
  EXPECT_EQ(info.value().name.owner_epoch, grant_.owner_epoch);
  EXPECT_EQ(info.value().name.sequence, 1U);
  const std::string name = shard_name(info.value().name);
  EXPECT_TRUE(files_.is_durable(store_path, name));
  const auto file = files_.disk(store_path).find(name);
  EXPECT_TRUE(file->read_only);
  EXPECT_EQ(file->content.size(), info.value().bytes);
  EXPECT_EQ(digest(file->content), info.value().digest);
  const Result<Segment> back = load_shard(*folder(), info.value(), grant_.fingerprint, codec);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back.value().delta.results, *results_of(5, 4));
  EXPECT_GT(writer.steps(), 5U);
}

TEST_F(ShardWriting, gives_every_shard_of_every_worker_a_name_of_its_own) {
  std::set<ShardName> names;
  for (int i = 0; i < 3; ++i) {
    ShardWriter writer = this->writer();
    for (int k = 0; k < 3; ++k) names.insert(write(writer, 0, 1).value().name);
  }
  EXPECT_EQ(names.size(), 9U);
}

TEST_F(ShardWriting, survives_a_failure_at_every_step_with_the_next_try) {
  std::uint64_t failures = 0;
  for (std::uint64_t n = 1; n < 100; ++n) {
    ShardWriter writer = this->writer();
    const Result<LaidOutShard> shard = writer.lay_out(results_of(0, 2));
    files_.faults().fail_operation(files_.faults().operations() + n, {EIO, Effect::none}, false);
    Result<ShardInfo> info = writer.write(shard.value());
    const bool failed = !info;
    if (failed) {
      ++failures;
      EXPECT_NE(info.error().message.find(store_path), std::string::npos) << info.error().message;
      EXPECT_EQ(info.error().code, ErrorCode::io) << n;
      info = writer.write(shard.value());
    }
    files_.faults().clear();
    ASSERT_TRUE(info) << n << ": " << info.error().message;
    EXPECT_TRUE(files_.is_durable(store_path, shard_name(info.value().name))) << n;
    EXPECT_TRUE(load_shard(*folder(), info.value(), grant_.fingerprint, codec)) << n;
    if (!failed && !files_.faults().script_hit()) break;
  }
  EXPECT_GT(failures, 12U);
}

// A link whose reply was lost leaves the file under its name: the next try must not run into it.
TEST_F(ShardWriting, does_not_run_into_its_own_lost_reply) {
  ShardWriter writer = this->writer();
  ASSERT_TRUE(write(writer, 0, 1));
  const Result<LaidOutShard> shard = writer.lay_out(results_of(1, 1));
  for (std::uint64_t n = 1; n <= 12; ++n) {
    files_.faults().fail_operation(files_.faults().operations() + n, {EIO, Effect::whole}, false);
    Result<ShardInfo> info = writer.write(shard.value());
    if (!info) info = writer.write(shard.value());
    ASSERT_TRUE(info) << n << ": " << info.error().message;
    files_.faults().clear();
    EXPECT_TRUE(files_.is_durable(store_path, shard_name(info.value().name))) << n;
  }
}

TEST_F(ShardWriting, a_file_that_a_failed_probe_left_does_not_stop_the_next_try) {
  ShardWriter writer = this->writer();
  FaultRates rates;
  rates.fail[static_cast<std::size_t>(Operation::unlink)] = 1.0;
  rates.fail[static_cast<std::size_t>(Operation::link)] = 1.0;
  files_.faults().set_rates(rates);
  ASSERT_FALSE(write(writer, 0, 1));
  ASSERT_FALSE(list_shards(*folder()).value().temps.empty());
  files_.faults().set_rates({});
  const Result<ShardInfo> info = write(writer, 0, 1);
  ASSERT_TRUE(info) << info.error().message;
}

TEST_F(ShardWriting, leaves_nothing_behind_on_a_full_disk) {
  ShardWriter writer = this->writer();
  ASSERT_TRUE(write(writer, 0, 1));
  const std::vector<std::string> before = list_shards(*folder()).value().shards;
  files_.set_capacity_bytes(files_.disk(store_path).used_bytes() + 10);
  for (int i = 0; i < 3; ++i) {
    const Result<ShardInfo> refused = write(writer, 1, 5);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::no_space);
  }
  EXPECT_EQ(list_shards(*folder()).value().shards, before);
  EXPECT_EQ(list_shards(*folder()).value().temps, std::vector<std::string>());
  files_.set_capacity_bytes(UINT64_MAX);
  EXPECT_TRUE(write(writer, 1, 5));
}

TEST_F(ShardWriting, refuses_a_folder_that_is_not_the_masters_store) {
  {
    ShardWriter elsewhere(files_, {"/elsewhere", grant_, "", &codec});
    const Result<ShardInfo> refused = write(elsewhere, 0, 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::not_found);
  }
  {
    ASSERT_TRUE(files_.open_folder("/empty", Access::own));
    ShardWriter elsewhere(files_, {"/empty", grant_, "", &codec});
    const Result<ShardInfo> refused = write(elsewhere, 0, 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::not_found);
    EXPECT_NE(refused.error().message.find("--shard off"), std::string::npos);
  }
  // A later owner's take-over may come into sight here only after a while.
  const ShardGrant later_owner{grant_.owner_epoch.next(), grant_.fingerprint};
  const ShardGrant earlier_owner{OwnerEpoch(grant_.owner_epoch.value - 1), grant_.fingerprint};
  const ShardGrant other_job{grant_.owner_epoch, Digest{1, 1}};
  for (const ShardGrant& grant : {later_owner, earlier_owner, other_job}) {
    ShardWriter stranger(files_, {store_path, grant, "", &codec});
    const Result<ShardInfo> refused = write(stranger, 0, 1);
    ASSERT_FALSE(refused);
    const bool may_come = grant.owner_epoch > grant_.owner_epoch;
    EXPECT_EQ(refused.error().code, may_come ? ErrorCode::io : ErrorCode::foreign);
  }
  EXPECT_TRUE(list_shards(*folder()).value().shards.empty());
}

TEST_F(ShardWriting, names_the_fields_of_its_results) {
  ShardWriter writer(files_, {store_path, grant_, "value:text", nullptr});
  const Result<ShardInfo> info = write(writer, 0, 2);
  ASSERT_TRUE(info);
  const Result<Segment> back =
      load_shard(*folder(), info.value(), grant_.fingerprint, codec_or_hdf5(nullptr));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back.value().header.result_fields, "value:text");
  EXPECT_EQ(back.value().delta.results, *results_of(0, 2));
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
