#include "checkpoint/unreadable_files.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "checkpoint/memory_file_system.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {
namespace {

TEST(UnreadableFiles, fail_until_their_time_has_come) {
  UnreadableFiles files;
  files.add("a", EIO, 100);
  EXPECT_EQ(files.refuse("a"), EIO);
  EXPECT_EQ(files.refuse("b"), 0);
  files.set_now_ms(99);
  EXPECT_EQ(files.refuse("a"), EIO);
  files.set_now_ms(100);
  EXPECT_EQ(files.refuse("a"), 0);
  EXPECT_EQ(files.hits(), 2U);
}

TEST(UnreadableFiles, are_hidden_from_listings_only_if_they_are_not_visible_yet) {
  const auto files = file_system_with({{"a", bytes_of("x")}, {"b", bytes_of("y")}});
  files->unreadable().add("a", ENOENT, 100);
  files->unreadable().add("b", ESTALE, 100);
  const auto folder = std::move(files->open_folder(store_path, Access::read)).value();
  EXPECT_EQ(folder->list().value(), std::vector<std::string>{"b"});
  EXPECT_EQ(folder->open("a").error().code, ErrorCode::not_found);
  EXPECT_EQ(folder->read_all("b", 10).error().code, ErrorCode::io);
  EXPECT_EQ(folder->size("b").error().code, ErrorCode::io);
  // The name is taken all the same.
  EXPECT_EQ(folder->link("b", "a").error().code, ErrorCode::exists);
  files->unreadable().reveal("b");
  EXPECT_EQ(folder->list().value(), std::vector<std::string>{"b"});
  files->unreadable().reveal("a");
  EXPECT_EQ(folder->list().value().size(), 2U);
  EXPECT_EQ(folder->read_all("b", 10).error().code, ErrorCode::io) << "it was in sight already";
  files->unreadable().clear();
  EXPECT_TRUE(folder->read_all("b", 10));
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
