// Nothing is parsed before its size and digest were checked.
#include "checkpoint/reader.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "checkpoint/names.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint {
namespace {

using test::file_system_with;
using test::store_path;

class Spy final : public SegmentCodec {
 public:
  Result<EncodedSegment> encode(const SegmentView& view) const override {
    return encode_segment(view);
  }
  Result<core::GenerationDelta> decode_lists(ByteView bytes,
                                             const FileIndex& index) const override {
    return hdf5_codec().decode_lists(bytes, index);
  }
  Result<Segment> decode(ByteView bytes) const override {
    ++decoded;
    return decode_segment(bytes);
  }
  mutable int decoded = 0;
};

class Read : public testing::Test {
 protected:
  Read() {
    SegmentView view;
    view.header = {Generation(4), OwnerEpoch(2), Epoch(1), Digest{1, 2}};
    bytes_ = encode_segment(view).value().image.flatten();
    entry_ = {segment_name({Generation(4), OwnerEpoch(2), 1}), SegmentRole::state, 0, bytes_.size(),
              digest(ByteView(bytes_))};
  }
  Result<Segment> load(const Bytes& on_disk) {
    files_ = file_system_with({{entry_.file, on_disk}});
    folder_ = std::move(files_->open_folder(store_path, Access::read)).value();
    return load_segment(*folder_, entry_, Digest{1, 2}, spy_);
  }

  Bytes bytes_;
  SegmentEntry entry_;
  Spy spy_;
  std::unique_ptr<MemoryFileSystem> files_;
  std::unique_ptr<Folder> folder_;
};

TEST_F(Read, a_sound_segment_is_parsed_once) {
  const auto segment = load(bytes_);
  ASSERT_TRUE(segment) << segment.error().message;
  EXPECT_EQ(spy_.decoded, 1);
}

TEST_F(Read, a_flipped_bit_keeps_the_parser_away) {
  for (std::size_t at = 0; at < bytes_.size(); at += 37) {
    Bytes bad = bytes_;
    bad[at] ^= std::byte{16};
    const auto segment = load(bad);
    ASSERT_FALSE(segment);
    EXPECT_EQ(segment.error().code, ErrorCode::corrupt);
    EXPECT_NE(segment.error().message.find(entry_.file), std::string::npos);
  }
  EXPECT_EQ(spy_.decoded, 0);
}

TEST_F(Read, another_size_keeps_the_parser_away) {
  Bytes longer = bytes_;
  longer.push_back({});
  EXPECT_FALSE(load(longer));
  for (const std::size_t bytes : {bytes_.size() - 1, std::size_t{0}}) {
    const auto cut =
        load(Bytes(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(bytes)));
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, ErrorCode::corrupt);
    // Who reads this knows that it was cut, and not changed.
    EXPECT_NE(cut.error().message.find(": it has " + std::to_string(bytes) + " bytes and not " +
                                       std::to_string(bytes_.size())),
              std::string::npos)
        << cut.error().message;
  }
  EXPECT_EQ(spy_.decoded, 0);
}

TEST_F(Read, a_segment_of_another_job_owner_or_generation_is_refused) {
  ASSERT_TRUE(load(bytes_));
  EXPECT_FALSE(load_segment(*folder_, entry_, Digest{9, 9}, spy_));
  entry_.results = 1;
  EXPECT_FALSE(load(bytes_));
  entry_.results = 0;
  entry_.file = segment_name({Generation(5), OwnerEpoch(2), 1});
  EXPECT_FALSE(load(bytes_));
  entry_.file = segment_name({Generation(4), OwnerEpoch(3), 1});
  EXPECT_FALSE(load(bytes_));
}

TEST_F(Read, a_passing_failure_is_tried_again_and_a_lasting_one_is_not_for_ever) {
  ASSERT_TRUE(load(bytes_));
  for (std::uint64_t failures = 1; failures <= 6; ++failures) {
    FaultRates never;
    files_->faults().set_rates(never);
    const std::uint64_t now = files_->faults().operations();
    files_->faults().fail_operation(now + 1, {EIO, Effect::none}, true);
    EXPECT_FALSE(read_verified(*folder_, entry_));
    EXPECT_EQ(files_->faults().operations(), now + 4);
    files_->faults().fail_operation(files_->faults().operations() + 1, {EIO, Effect::none}, false);
    EXPECT_TRUE(read_verified(*folder_, entry_));
  }
}

/// Gives at the first look what one folder holds, and later what the other one does.
class Fickle final : public Folder {
 public:
  Fickle(Folder& first, Folder& later) : first_(first), later_(later) {}
  [[nodiscard]] const std::string& path() const override { return later_.path(); }
  [[nodiscard]] Result<std::unique_ptr<OldFile>> open(const std::string& name) override {
    return look().open(name);
  }
  [[nodiscard]] Result<Bytes> read_all(const std::string& name, std::uint64_t bytes_max) override {
    return look().read_all(name, bytes_max);
  }
  [[nodiscard]] int looks() const { return looks_; }

  // Who reads has no use for these.
  [[nodiscard]] Result<std::unique_ptr<NewFile>> create(const std::string&) override {
    return none();
  }
  [[nodiscard]] Status link(const std::string&, const std::string&) override { return none(); }
  [[nodiscard]] Status rename(const std::string&, const std::string&) override { return none(); }
  [[nodiscard]] Status unlink(const std::string&) override { return none(); }
  [[nodiscard]] Status make_folder(const std::string&) override { return none(); }
  [[nodiscard]] Status sync(const std::string&) override { return none(); }
  [[nodiscard]] Result<bool> give_mode(const std::string&) override { return none(); }
  [[nodiscard]] Result<std::uint64_t> size(const std::string&) override { return none(); }
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string&) override {
    return none();
  }
  [[nodiscard]] Result<std::uint64_t> free_bytes() override { return none(); }

 private:
  static Error none() { return {ErrorCode::internal, "not for readers"}; }
  Folder& look() { return looks_++ == 0 ? first_ : later_; }

  Folder& first_;
  Folder& later_;
  int looks_ = 0;
};

// Memory on the way may have been at fault; what is on the disk is as it was.
TEST_F(Read, what_seems_damaged_is_looked_at_twice) {
  const std::string manifest = manifest_name(Generation(4));
  Manifest content;
  content.generation = Generation(4);
  const Bytes manifest_bytes = encode_manifest(content);
  Bytes wrong = bytes_;
  wrong.back() ^= std::byte{1};
  Bytes wrong_manifest = manifest_bytes;
  wrong_manifest.back() ^= std::byte{1};
  const auto bad_files = file_system_with({{entry_.file, wrong}, {manifest, wrong_manifest}});
  const auto good_files = file_system_with({{entry_.file, bytes_}, {manifest, manifest_bytes}});
  const auto bad = std::move(bad_files->open_folder(store_path, Access::read)).value();
  const auto good = std::move(good_files->open_folder(store_path, Access::read)).value();

  Fickle whole(*bad, *good);
  EXPECT_TRUE(read_verified(whole, entry_));
  Fickle checked(*bad, *good);
  EXPECT_TRUE(check_verified(checked, entry_));
  Fickle read(*bad, *good);
  EXPECT_TRUE(read_manifest(read, Generation(4)));

  // Twice damaged is damaged.
  Fickle proved(*bad, *bad);
  const auto refused = read_verified(proved, entry_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  EXPECT_EQ(proved.looks(), 2);
}

TEST_F(Read, a_manifest_under_another_number_is_a_copy) {
  Manifest manifest;
  manifest.generation = Generation(3);
  files_ = file_system_with({{manifest_name(Generation(4)), encode_manifest(manifest)}});
  folder_ = std::move(files_->open_folder(store_path, Access::read)).value();
  const auto read = read_manifest(*folder_, Generation(4));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::corrupt);
  EXPECT_NE(read.error().message.find("copy of generation 3"), std::string::npos);
}

TEST_F(Read, the_listing_sorts_by_kind_and_age_and_ignores_the_rest) {
  files_ = file_system_with({{manifest_name(Generation(9)), {}},
                             {manifest_name(Generation(10)), {}},
                             {segment_name({Generation(1), OwnerEpoch(1), 1}), {}},
                             {temp_name({OwnerEpoch(1), 2, 3}), {}},
                             {"notes.txt", {}},
                             {"bad/" + manifest_name(Generation(11)), {}}});
  folder_ = std::move(files_->open_folder(store_path, Access::read)).value();
  const Listing listing = list_store(*folder_).value();
  EXPECT_EQ(listing.manifests, (std::vector<Generation>{Generation(10), Generation(9)}));
  EXPECT_EQ(listing.newest(), Generation(10));
  EXPECT_EQ(listing.segments.size(), 1U);
  EXPECT_EQ(listing.temps.size(), 1U);
}

}  // namespace
}  // namespace steadfarm::checkpoint
