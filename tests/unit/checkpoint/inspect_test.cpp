#include <gtest/gtest.h>

#include "checkpoint/manifest.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/store.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {
namespace {

/// A store with three generations of work.
std::unique_ptr<MemoryFileSystem> store_with_work(Generation& newest) {
  auto files = std::make_unique<MemoryFileSystem>(1);
  Workload work(4);
  OpenReport report;
  auto store = std::move(Store::open(*files, test_options(), report)).value();
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(store->publish(work.next()));
    work.committed();
  }
  newest = store->generation();
  return files;
}

void damage(MemoryFileSystem& files, const std::string& name) {
  files.disk(store_path).find(name)->content.at(60) ^= std::byte{2};
}

TEST(Inspect, passes_over_a_bad_manifest_and_says_so) {
  Generation newest;
  const auto files = store_with_work(newest);
  EXPECT_TRUE(inspect(*files, store_path).value().warnings.empty());
  damage(*files, manifest_name(newest));
  const Files before = files_of(*files);
  const Result<Inspection> seen = inspect(*files, store_path);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen.value().generation, Generation(newest.value - 1));
  ASSERT_EQ(seen.value().warnings.size(), 1U);
  EXPECT_NE(seen.value().warnings.front().find(manifest_name(newest)), std::string::npos);
  EXPECT_EQ(files_of(*files), before);
}

TEST(Inspect, passes_over_a_manifest_whose_segment_is_missing_or_cut) {
  Generation newest;
  const auto files = store_with_work(newest);
  const std::string segment = inspect(*files, store_path).value().segments.back().file;
  files->disk(store_path).find(segment)->content.pop_back();
  const Result<Inspection> seen = inspect(*files, store_path);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen.value().generation, Generation(newest.value - 1));
  EXPECT_NE(seen.value().warnings.front().find(segment), std::string::npos);
}

TEST(Inspect, says_that_there_is_no_store) {
  MemoryFileSystem files(1);
  EXPECT_EQ(inspect(files, "/nowhere").error().code, ErrorCode::not_found);
  static_cast<void>(files.disk("/empty"));
  for (const Error& error : {inspect(files, "/empty").error(), verify(files, "/empty").error()}) {
    EXPECT_EQ(error.code, ErrorCode::not_found);
    EXPECT_NE(error.message.find("/empty"), std::string::npos);
  }
}

TEST(Verify, counts_what_it_checked_and_finds_nothing_in_a_sound_store) {
  Generation newest;
  const auto files = store_with_work(newest);
  const Result<Verification> verified = verify(*files, store_path);
  ASSERT_TRUE(verified);
  EXPECT_TRUE(verified.value().bad.empty());
  EXPECT_EQ(verified.value().newest_good, newest);
  EXPECT_EQ(verified.value().generations_checked, 3U);
  EXPECT_EQ(verified.value().files_checked, files_of(*files).size());
}

TEST(Verify, names_every_bad_file) {
  Generation newest;
  const auto files = store_with_work(newest);
  const std::string segment = inspect(*files, store_path).value().segments.back().file;
  const std::string manifest = manifest_name(Generation(newest.value - 1));
  damage(*files, segment);
  damage(*files, manifest);
  const Result<Verification> verified = verify(*files, store_path);
  ASSERT_TRUE(verified);
  ASSERT_EQ(verified.value().bad.size(), 2U);
  for (const std::string& name : {segment, manifest}) {
    const bool named = verified.value().bad[0].find(name) != std::string::npos ||
                       verified.value().bad[1].find(name) != std::string::npos;
    EXPECT_TRUE(named) << name;
  }
  EXPECT_EQ(verified.value().newest_good, Generation(newest.value - 2));
}

TEST(Verify, notices_a_manifest_that_was_replaced_by_another_sound_one) {
  Generation newest;
  const auto files = store_with_work(newest);
  Files content = files_of(*files);
  Bytes& middle = content.at(manifest_name(Generation(newest.value - 1)));
  Manifest other = decode_manifest(middle).value();
  other.nonce += 1;
  middle = encode_manifest(other);
  const auto replaced = file_system_with(content);
  const Result<Verification> verified = verify(*replaced, store_path);
  ASSERT_EQ(verified.value().bad.size(), 1U);
  EXPECT_NE(verified.value().bad.front().find("continues"), std::string::npos);
}

TEST(Verify, notices_counts_that_do_not_add_up) {
  Generation newest;
  const auto files = store_with_work(newest);
  Files content = files_of(*files);
  Bytes& last = content.at(manifest_name(newest));
  Manifest manifest = decode_manifest(last).value();
  manifest.pending += 1;
  last = encode_manifest(manifest);
  const auto wrong = file_system_with(content);
  ASSERT_EQ(verify(*wrong, store_path).value().bad.size(), 1U);
  OpenReport report;
  ASSERT_TRUE(Store::open(*wrong, test_options(), report));
  EXPECT_EQ(report.recovered->generation, Generation(newest.value - 1));
}

TEST(Results, stop_at_a_damaged_segment_with_its_name) {
  Generation newest;
  const auto files = store_with_work(newest);
  const std::string segment = inspect(*files, store_path).value().segments.front().file;
  damage(*files, segment);
  const Status read = for_each_result(*files, store_path, [](const UnitKey&, ByteView) {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::corrupt);
  EXPECT_NE(read.error().message.find(segment), std::string::npos);
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
