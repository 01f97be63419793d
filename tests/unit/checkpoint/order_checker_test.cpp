// The checker finds each breach that it is there for: a checker that is always content is none.
#include "checkpoint/order_checker.hpp"

#include <gtest/gtest.h>

#include "checkpoint/manifest.hpp"
#include "checkpoint/names.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint {
namespace {

using test::store_path;

class Order : public testing::Test {
 protected:
  Order() : files_(1), checker_(files_) {
    folder_ = std::move(files_.open_folder(store_path, Access::own)).value();
  }

  void write(const std::string& name, const Bytes& bytes, bool synced = true) {
    auto file = std::move(folder_->create(name)).value();
    ASSERT_TRUE(file->write(bytes));
    if (synced) {
      ASSERT_TRUE(file->sync());
    }
  }
  void write_segment(bool synced = true) {
    write("temp", Bytes(10), synced);
    ASSERT_TRUE(folder_->link("temp", segment_));
    ASSERT_TRUE(folder_->unlink("temp"));
  }
  void publish(std::uint64_t generation, bool names_segment = true, bool synced = true) {
    Manifest manifest;
    manifest.generation = Generation(generation);
    if (names_segment) manifest.segments.push_back({segment_, {}, 0, 10, {}});
    write("temp", encode_manifest(manifest), synced);
    ASSERT_TRUE(folder_->link("temp", manifest_name(Generation(generation))));
    ASSERT_TRUE(folder_->unlink("temp"));
  }
  void sync() { ASSERT_TRUE(folder_->sync()); }
  void expect_breach(const char* part) {
    ASSERT_EQ(checker_.breaches().size(), 1U);
    EXPECT_NE(checker_.breaches().front().find(part), std::string::npos)
        << checker_.breaches().front();
  }

  MemoryFileSystem files_;
  OrderChecker checker_;
  std::unique_ptr<Folder> folder_;
  std::string segment_ = segment_name({Generation(1), OwnerEpoch(1), 1});
};

TEST_F(Order, the_right_one_is_no_breach) {
  write_segment();
  sync();
  publish(1);
  sync();
  checker_.reported(store_path, Generation(1));
  publish(2, false);
  sync();
  ASSERT_TRUE(folder_->unlink(manifest_name(Generation(1))));
  sync();
  ASSERT_TRUE(folder_->unlink(segment_));
  EXPECT_TRUE(checker_.breaches().empty());
}

TEST_F(Order, a_manifest_before_the_bytes_of_its_segment) {
  write_segment(false);
  sync();
  publish(1);
  expect_breach("before segment");
}

TEST_F(Order, a_manifest_before_the_name_of_its_segment) {
  write_segment();
  publish(1);
  expect_breach("before segment");
}

TEST_F(Order, a_manifest_before_its_own_bytes) {
  publish(1, false, false);
  expect_breach("before its bytes");
}

TEST_F(Order, a_report_before_the_manifests_name) {
  publish(1, false);
  checker_.reported(store_path, Generation(1));
  expect_breach("reported before");
}

TEST_F(Order, a_segment_that_goes_before_its_manifest) {
  write_segment();
  sync();
  publish(1);
  sync();
  ASSERT_TRUE(folder_->unlink(segment_));
  ASSERT_FALSE(checker_.breaches().empty());
  EXPECT_NE(checker_.breaches().front().find("could still come back"), std::string::npos);
}

TEST_F(Order, a_segment_that_goes_before_the_removal_of_its_manifest_is_synced) {
  write_segment();
  sync();
  publish(1);
  sync();
  publish(2, false);
  sync();
  ASSERT_TRUE(folder_->unlink(manifest_name(Generation(1))));
  ASSERT_TRUE(folder_->unlink(segment_));
  expect_breach("could still come back");
}

TEST_F(Order, a_manifest_that_goes_before_a_newer_one_is_durable) {
  publish(1, false);
  sync();
  publish(2, false);
  ASSERT_TRUE(folder_->unlink(manifest_name(Generation(1))));
  expect_breach("before a newer one");
}

TEST_F(Order, a_file_that_is_written_to_under_its_final_name) {
  write(segment_, Bytes(3), false);
  expect_breach("after it had its final name");
}

}  // namespace
}  // namespace steadfarm::checkpoint
