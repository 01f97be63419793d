#include "checkpoint/publisher.hpp"

#include <gtest/gtest.h>

#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint {
namespace {

// Over months the list of segments grows. What no reader takes must not replace what one does.
TEST(Publisher, refuses_a_manifest_that_is_larger_than_any_reader_takes) {
  MemoryFileSystem files(1);
  const auto folder = std::move(files.open_folder(test::store_path, Access::own)).value();
  Publisher publisher(*folder, OwnerEpoch(1), 5, hdf5_codec());
  Manifest manifest;
  manifest.generation = Generation(2);
  const std::size_t empty_bytes = encode_manifest(manifest).size();
  const SegmentEntry entry{
      segment_name({Generation(1), OwnerEpoch(1), 1}), SegmentRole::results, 1, 1000, {}};
  manifest.segments.push_back(entry);
  const std::size_t entry_bytes = encode_manifest(manifest).size() - empty_bytes;
  manifest.segments.resize(manifest_bytes_max / entry_bytes + 1, entry);
  const Publisher::Outcome refused = publisher.write_manifest(manifest);
  ASSERT_FALSE(refused.status.ok());
  EXPECT_FALSE(refused.tried_link);
  EXPECT_NE(refused.status.error().message.find("another --store"), std::string::npos);
  EXPECT_TRUE(folder->list().value().empty());

  manifest.segments.resize(manifest_bytes_max / entry_bytes - 100, entry);
  ASSERT_TRUE(publisher.write_manifest(manifest).status.ok());
  EXPECT_TRUE(folder->read_all(manifest_name(Generation(2)), manifest_bytes_max).ok());
}

// A network file system that lost its reply asks twice, and the second answer is that the name is
// taken: by ourselves. A rival's manifest of that number is not ours, however alike.
TEST(Publisher, takes_a_name_that_is_taken_for_its_own_only_if_the_content_is) {
  MemoryFileSystem files(1);
  const auto folder = std::move(files.open_folder(test::store_path, Access::own)).value();
  Publisher publisher(*folder, OwnerEpoch(1), 5, hdf5_codec());
  Manifest manifest;
  manifest.generation = Generation(2);
  manifest.nonce = 5;
  ASSERT_TRUE(publisher.write_manifest(manifest).status.ok());
  EXPECT_TRUE(publisher.write_manifest(manifest).status.ok());
  const Bytes ours = folder->read_all(manifest_name(Generation(2)), manifest_bytes_max).value();

  Publisher rival(*folder, OwnerEpoch(1), 6, hdf5_codec());
  manifest.nonce = 6;
  const Publisher::Outcome refused = rival.write_manifest(manifest);
  ASSERT_FALSE(refused.status.ok());
  EXPECT_EQ(refused.status.error().code, ErrorCode::exists);
  EXPECT_EQ(folder->read_all(manifest_name(Generation(2)), manifest_bytes_max).value(), ours);
}

}  // namespace
}  // namespace steadfarm::checkpoint
