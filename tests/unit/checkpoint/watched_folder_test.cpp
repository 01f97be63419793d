#include "checkpoint/watched_folder.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "checkpoint/memory_file_system.hpp"

namespace steadfarm::checkpoint {
namespace {

struct WatchedFolderTest : testing::Test {
  WatchedFolderTest() {
    folder = watch_steps(files.open_folder("/store", Access::own).value(), [this] { ++steps; });
  }
  std::uint64_t taken() { return std::exchange(steps, 0); }

  MemoryFileSystem files{1};
  std::uint64_t steps = 0;
  std::unique_ptr<Folder> folder;
};

TEST_F(WatchedFolderTest, tells_of_each_operation_once) {
  EXPECT_EQ(folder->path(), "/store");
  EXPECT_EQ(taken(), 0U);
  auto file = folder->create("a");
  ASSERT_TRUE(file);
  EXPECT_EQ(taken(), 1U);
  ASSERT_TRUE(file.value()->write(Bytes(10)));
  EXPECT_EQ(taken(), 1U);
  ASSERT_TRUE(file.value()->sync());
  ASSERT_TRUE(file.value()->make_read_only());
  ASSERT_TRUE(file.value()->close());
  EXPECT_EQ(taken(), 3U);
  ASSERT_TRUE(folder->link("a", "b"));
  ASSERT_TRUE(folder->rename("a", "c"));
  ASSERT_TRUE(folder->unlink("c"));
  ASSERT_TRUE(folder->make_folder("sub"));
  ASSERT_TRUE(folder->sync());
  EXPECT_EQ(taken(), 5U);
  EXPECT_FALSE(folder->give_mode("b").value());
  EXPECT_EQ(taken(), 1U);
  EXPECT_EQ(folder->size("b").value(), 10U);
  EXPECT_EQ(folder->read_all("b", 100).value().size(), 10U);
  EXPECT_EQ(folder->list().value().size(), 2U);
  ASSERT_TRUE(folder->free_bytes());
  EXPECT_EQ(taken(), 4U);
}

TEST_F(WatchedFolderTest, tells_of_failures_too) {
  EXPECT_EQ(folder->open("none").error().code, ErrorCode::not_found);
  EXPECT_EQ(folder->unlink("none").error().code, ErrorCode::not_found);
  EXPECT_EQ(taken(), 2U);
}

TEST_F(WatchedFolderTest, long_writes_and_reads_count_piece_by_piece) {
  Bytes content(5'000'000);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::byte>(i * 7 >> 3);
  auto file = folder->create("large");
  ASSERT_TRUE(file);
  taken();
  ASSERT_TRUE(file.value()->write(content));
  EXPECT_EQ(taken(), 5U);  // of 1 MiB
  ASSERT_TRUE(file.value()->close());
  auto old = folder->open("large");
  ASSERT_TRUE(old);
  EXPECT_EQ(old.value()->bytes(), content.size());
  Bytes back(content.size());
  taken();
  std::size_t at = 0;
  std::uint64_t reads = 0;
  while (at < back.size()) {
    const auto got = old.value()->read(std::span(back).subspan(at));
    ASSERT_TRUE(got);
    at += got.value();
    ++reads;
  }
  EXPECT_EQ(taken(), reads);
  EXPECT_EQ(back, content);
}

}  // namespace
}  // namespace steadfarm::checkpoint
