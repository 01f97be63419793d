#include "checkpoint/shard_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "checkpoint/names.hpp"
#include "checkpoint/plain_codec.hpp"
#include "checkpoint/shard_writer.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {
namespace {

/// With a signature, as files of HDF5 have one.
class SignedCodec final : public SegmentCodec {
 public:
  [[nodiscard]] Result<EncodedSegment> encode(const SegmentView& view) const override {
    Result<EncodedSegment> inner = plain_.encode(view);
    if (!inner) return inner;
    Bytes bytes(4, std::byte{0x89});
    const Bytes rest = inner.value().image.flatten();
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    EncodedSegment out;
    const std::uint64_t size = bytes.size();
    out.image.own(0, std::move(bytes));
    if (Status sealed = out.image.seal(size); !sealed) return sealed.error();
    return out;
  }
  [[nodiscard]] Result<Segment> decode(ByteView bytes) const override {
    return plain_.decode(bytes.subspan(4));
  }
  [[nodiscard]] Result<core::GenerationDelta> decode_lists(ByteView bytes,
                                                           const FileIndex& index) const override {
    return plain_.decode_lists(bytes, index);
  }
  [[nodiscard]] ByteView signature() const override { return signature_; }

 private:
  PlainCodec plain_;
  Bytes signature_ = Bytes(4, std::byte{0x89});
};

const SignedCodec codec;

class ShardReading : public testing::Test {
 protected:
  void SetUp() override {
    StoreOptions options = test_options();
    options.codec = &codec;
    OpenReport report;
    store_ = std::move(Store::open(files_, options, report)).value();
    fingerprint_ = report.fingerprint;
    ShardWriter writer(files_, {store_path, {report.owner_epoch, fingerprint_}, "", &codec});
    for (std::uint64_t i = 0; i < 8; ++i) {
      auto results = std::make_shared<core::ResultBatch>();
      results->add(UnitKey::index(i), Bytes(100 + i, std::byte{7}));
      shards_.push_back(writer.write(writer.lay_out(results).value()).value());
    }
    folder_ = std::move(files_.open_folder(store_path, Access::read)).value();
  }
  Bytes& content(std::size_t i) {
    return files_.disk(store_path).find(shard_name(shards_[i].name))->content;
  }
  Status check(std::string& bad_file) {
    return check_shards(*folder_, shards_, codec, 1, bad_file);
  }

  MemoryFileSystem files_{3};
  std::unique_ptr<Store> store_;
  std::unique_ptr<Folder> folder_;
  Digest fingerprint_;
  std::vector<ShardInfo> shards_;
};

TEST_F(ShardReading, finds_whole_shards_good) {
  std::string bad_file;
  EXPECT_TRUE(check(bad_file));
  EXPECT_EQ(bad_file, "");
  EXPECT_TRUE(check_shards(*folder_, {}, codec, 4, bad_file));
  for (const ShardInfo& shard : shards_) {
    EXPECT_TRUE(load_shard(*folder_, shard, fingerprint_, codec));
  }
}

TEST_F(ShardReading, blames_the_first_one_that_is_missing_or_cut_or_begins_otherwise) {
  std::string bad_file;
  content(6).at(0) ^= std::byte{1};
  Status looked = check(bad_file);
  ASSERT_FALSE(looked);
  EXPECT_EQ(looked.error().code, ErrorCode::corrupt);
  EXPECT_EQ(bad_file, shard_name(shards_[6].name));
  EXPECT_NE(looked.error().message.find("does not begin as a shard does"), std::string::npos);

  content(4).pop_back();
  looked = check(bad_file);
  ASSERT_FALSE(looked);
  EXPECT_EQ(bad_file, shard_name(shards_[4].name));
  EXPECT_NE(looked.error().message.find("bytes and not"), std::string::npos);

  ASSERT_TRUE(folder_->unlink(shard_name(shards_[2].name)));
  looked = check(bad_file);
  ASSERT_FALSE(looked);
  EXPECT_EQ(looked.error().code, ErrorCode::not_found);
  EXPECT_EQ(bad_file, shard_name(shards_[2].name));
}

TEST_F(ShardReading, does_not_see_a_flipped_byte_at_a_look_but_does_before_use) {
  content(3).at(50) ^= std::byte{1};
  std::string bad_file;
  EXPECT_TRUE(check(bad_file));
  const Result<Segment> used = load_shard(*folder_, shards_[3], fingerprint_, codec);
  ASSERT_FALSE(used);
  EXPECT_EQ(used.error().code, ErrorCode::corrupt);
  EXPECT_NE(used.error().message.find(shard_name(shards_[3].name)), std::string::npos);
}

// A network file system may fail once.
TEST_F(ShardReading, looks_again_after_an_error_that_passes) {
  files_.faults().fail_operation(files_.faults().operations() + 3, {EIO, Effect::none}, false);
  std::string bad_file;
  EXPECT_TRUE(check(bad_file));
  EXPECT_TRUE(files_.faults().script_hit());
  files_.faults().fail_operation(files_.faults().operations() + 3, {EIO, Effect::none}, true);
  const Status looked = check(bad_file);
  ASSERT_FALSE(looked);
  EXPECT_EQ(looked.error().code, ErrorCode::io);
  EXPECT_EQ(bad_file, shard_name(shards_[2].name));
}

TEST_F(ShardReading, refuses_a_shard_of_another_owner_job_or_count) {
  const Bytes bytes = content(0);
  EXPECT_TRUE(decode_shard(*folder_, shards_[0], bytes, fingerprint_, codec));
  EXPECT_FALSE(decode_shard(*folder_, shards_[0], bytes, Digest{1, 2}, codec));
  ShardInfo other = shards_[0];
  other.name.owner_epoch = other.name.owner_epoch.next();
  EXPECT_FALSE(decode_shard(*folder_, other, bytes, fingerprint_, codec));
  other = shards_[0];
  ++other.results;
  const Result<Segment> refused = decode_shard(*folder_, other, bytes, fingerprint_, codec);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
}

TEST_F(ShardReading, lists_shards_and_temporary_files_of_their_folders_and_nothing_else) {
  MemoryDisk& disk = files_.disk(store_path);
  const auto file = std::make_shared<MemoryFile>();
  const std::string subfolder = shard_folder(shards_[0].name.nonce);
  const std::string temp = subfolder + "/" + temp_name({OwnerEpoch(1), 5, 9});
  disk.put(temp, file);
  disk.put(subfolder + "/notes.txt", file);
  disk.put("shards/shard-1-0000000000000005-1.h5", file);  // not in its own subfolder
  disk.make_folder("shards/other");
  disk.put("shards/other/shard-1-0000000000000005-1.h5", file);
  const Result<ShardListing> listing = list_shards(*folder_);
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing.value().temps, std::vector<std::string>{temp});
  std::vector<std::string> names;
  for (const ShardInfo& shard : shards_) names.push_back(shard_name(shard.name));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(listing.value().shards, names);
}

TEST(ShardListing, of_a_store_without_shards_is_empty) {
  MemoryFileSystem files(1);
  const auto folder = std::move(files.open_folder(store_path, Access::own)).value();
  const Result<ShardListing> listing = list_shards(*folder);
  ASSERT_TRUE(listing);
  EXPECT_TRUE(listing.value().shards.empty() && listing.value().temps.empty());
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
