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
