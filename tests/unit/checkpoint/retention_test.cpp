#include "checkpoint/retention.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "checkpoint/names.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint {
namespace {

using test::Files;
using test::store_path;

std::string segment(std::uint64_t n) { return segment_name({Generation(n), OwnerEpoch(1), n}); }

Manifest manifest(std::uint64_t generation, const std::vector<std::uint64_t>& segments,
                  bool takeover = false) {
  Manifest out;
  out.generation = Generation(generation);
  out.takeover = takeover;
  for (const std::uint64_t n : segments) out.segments.push_back({segment(n), {}, 0, 0, {}});
  return out;
}

class Retain : public testing::Test {
 protected:
  void SetUp() override {
    Files content;
    for (std::uint64_t n = 1; n <= 9; ++n) {
      content[segment(n)] = Bytes(1);
      content[manifest_name(Generation(n))] = Bytes(1);
    }
    files_ = test::file_system_with(content);
    folder_ = std::move(files_->open_folder(store_path, Access::own)).value();
  }
  [[nodiscard]] bool has(const std::string& name) const {
    return test::files_of(*files_).contains(name);
  }
  [[nodiscard]] bool has_manifest(std::uint64_t n) const {
    return has(manifest_name(Generation(n)));
  }

  std::unique_ptr<MemoryFileSystem> files_;
  std::unique_ptr<Folder> folder_;
  std::vector<std::string> warnings_;
};

TEST_F(Retain, removes_manifests_beyond_the_kept_ones_and_their_segments_only) {
  Retention retention(2);
  retention.keep(manifest(1, {1}));
  retention.keep(manifest(2, {1, 2}));
  retention.keep(manifest(3, {3}));
  retention.sweep(*folder_, warnings_);
  EXPECT_FALSE(has_manifest(1));
  EXPECT_TRUE(has_manifest(2) && has_manifest(3));
  EXPECT_TRUE(has(segment(1)) && has(segment(2)) && has(segment(3)));
  retention.keep(manifest(4, {3, 4}));
  retention.sweep(*folder_, warnings_);
  EXPECT_FALSE(has_manifest(2));
  EXPECT_FALSE(has(segment(1)) || has(segment(2)));
  EXPECT_TRUE(has(segment(3)) && has(segment(4)));
  EXPECT_TRUE(has(segment(9)));  // nobody told it of this one
  EXPECT_TRUE(warnings_.empty());
}

// The number below the newest stays taken: see Retention.
TEST_F(Retain, counts_no_takeovers_but_keeps_the_two_newest_manifests) {
  Retention retention(2);
  for (const bool takeover : {false, false, true, true, true}) {
    static std::uint64_t n = 0;
    ++n;
    retention.keep(manifest(n, {1}, takeover));
  }
  retention.sweep(*folder_, warnings_);
  EXPECT_TRUE(has_manifest(1) && has_manifest(2) && has_manifest(4) && has_manifest(5));
  EXPECT_FALSE(has_manifest(3));
}

TEST_F(Retain, a_manifest_that_cannot_be_removed_protects_its_segments_until_it_can) {
  Retention retention(2);
  for (std::uint64_t n = 1; n <= 3; ++n) retention.keep(manifest(n, {n}));
  files_->faults().fail_operation(files_->faults().operations() + 1, {EIO, Effect::none}, false);
  retention.sweep(*folder_, warnings_);
  EXPECT_TRUE(has_manifest(1) && has(segment(1)));
  EXPECT_EQ(warnings_.size(), 1U);
  retention.sweep(*folder_, warnings_);
  EXPECT_FALSE(has_manifest(1) || has(segment(1)));
}

TEST_F(Retain, warns_of_a_file_once_however_often_it_fails) {
  Retention retention(2);
  for (std::uint64_t n = 1; n <= 3; ++n) retention.keep(manifest(n, {n}));
  files_->faults().fail_operation(files_->faults().operations() + 1, {EIO, Effect::none}, true);
  for (int i = 0; i < 5; ++i) retention.sweep(*folder_, warnings_);
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_NE(warnings_.front().find(manifest_name(Generation(1))), std::string::npos);
}

TEST_F(Retain, segments_stay_while_the_folder_cannot_be_synced) {
  Retention retention(2);
  for (std::uint64_t n = 1; n <= 3; ++n) retention.keep(manifest(n, {n}));
  files_->faults().fail_operation(files_->faults().operations() + 2, {EIO, Effect::none}, false);
  retention.sweep(*folder_, warnings_);
  EXPECT_FALSE(has_manifest(1));
  EXPECT_TRUE(has(segment(1)));
  retention.sweep(*folder_, warnings_);
  EXPECT_FALSE(has(segment(1)));
}

TEST_F(Retain, a_doomed_file_that_a_manifest_names_stays) {
  Retention retention(2);
  retention.keep(manifest(1, {1}));
  retention.doom_file(segment(1));
  retention.doom_file(segment(2));
  retention.sweep(*folder_, warnings_);
  EXPECT_TRUE(has(segment(1)));
  EXPECT_FALSE(has(segment(2)));
}

TEST_F(Retain, a_doomed_manifest_goes_with_what_only_it_names) {
  Retention retention(2);
  retention.keep(manifest(1, {1}));
  retention.doom(manifest(2, {1, 2}));
  retention.sweep(*folder_, warnings_);
  EXPECT_TRUE(has_manifest(1) && has(segment(1)));
  EXPECT_FALSE(has_manifest(2) || has(segment(2)));
}

}  // namespace
}  // namespace steadfarm::checkpoint
