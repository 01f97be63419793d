#include "checkpoint/read_ahead.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "checkpoint/names.hpp"
#include "checkpoint/posix_file_system.hpp"

namespace steadfarm::checkpoint {
namespace {

/// Segments of different sizes in a real folder, every seventh of them damaged.
class Ahead : public testing::Test {
 protected:
  Ahead() {
    path_ = (std::filesystem::temp_directory_path() / "steadfarm-test-XXXXXX").string();
    EXPECT_NE(::mkdtemp(path_.data()), nullptr);
    folder_ = std::move(files_.open_folder(path_, Access::own)).value();
    for (std::uint64_t i = 0; i < 60; ++i) {
      const Bytes bytes(1 + (i * 7919) % 50'000, static_cast<std::byte>(i));
      const std::string name = segment_name({Generation(1), OwnerEpoch(1), i});
      const auto file = std::move(folder_->create(name)).value();
      EXPECT_TRUE(file->write(bytes));
      Digest sum = digest(ByteView(bytes));
      if (i % 7 == 6) ++sum.lo;
      entries_.push_back({name, SegmentRole::results, 1, bytes.size(), sum});
    }
  }
  ~Ahead() override { std::filesystem::remove_all(path_); }

  PosixFileSystem files_;
  std::string path_;
  std::unique_ptr<Folder> folder_;
  std::vector<SegmentEntry> entries_;
};

TEST_F(Ahead, gives_every_segment_in_order_with_any_number_of_threads) {
  for (const std::uint32_t threads : {0U, 1U, 2U, 5U, 100U}) {
    ReadAhead ahead(*folder_, entries_, threads);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const Result<Bytes> bytes = ahead.next();
      ASSERT_EQ(bytes.ok(), i % 7 != 6) << "segment " << i << ", threads " << threads;
      if (!bytes) {
        EXPECT_EQ(bytes.error().code, ErrorCode::corrupt);
        EXPECT_NE(bytes.error().message.find(entries_[i].file), std::string::npos);
        continue;
      }
      EXPECT_EQ(bytes.value().size(), entries_[i].bytes);
      EXPECT_EQ(bytes.value().front(), static_cast<std::byte>(i));
    }
  }
}

// The first threads run while the later ones are made. The thread sanitizer judges.
TEST_F(Ahead, its_threads_may_start_before_all_are_made) {
  for (int i = 0; i < 20; ++i) {
    ReadAhead ahead(*folder_, entries_, 16);
    EXPECT_TRUE(ahead.next());
  }
}

TEST_F(Ahead, ends_when_nobody_takes_the_rest) {
  ReadAhead ahead(*folder_, entries_, 4);
  EXPECT_TRUE(ahead.next());
}

TEST_F(Ahead, has_nothing_to_do_for_an_empty_list) { ReadAhead ahead(*folder_, {}, 4); }

}  // namespace
}  // namespace steadfarm::checkpoint
