#include "checkpoint/memory_file_system.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint {
namespace {

using test::bytes_of;

std::unique_ptr<Folder> folder_of(MemoryFileSystem& files) {
  return std::move(files.open_folder("/f", Access::own)).value();
}

void write_synced(Folder& folder, const std::string& name, const std::string& text) {
  auto file = std::move(folder.create(name)).value();
  ASSERT_TRUE(file->write(bytes_of(text)));
  ASSERT_TRUE(file->sync());
  ASSERT_TRUE(file->close());
}

/// What reading gives after the crash, over many seeds; "(gone)" if the name is.
std::set<std::string> outcomes(void (*prepare)(Folder&, MemoryFaults&)) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    MemoryFileSystem files(seed);
    prepare(*folder_of(files), files.faults());
    files.crash();
    const Result<Bytes> read = folder_of(files)->read_all("x", 1000);
    std::string text = "(gone)";
    if (read) {
      text.assign(reinterpret_cast<const char*>(read.value().data()), read.value().size());
    }
    seen.insert(text);
  }
  return seen;
}

TEST(MemoryFileSystem, keeps_what_was_synced_through_every_crash) {
  const auto seen = outcomes([](Folder& folder, MemoryFaults&) {
    write_synced(folder, "x", "text");
    ASSERT_TRUE(folder.sync());
  });
  EXPECT_EQ(seen, std::set<std::string>{"text"});
}

TEST(MemoryFileSystem, may_lose_a_name_that_was_not_synced) {
  const auto seen =
      outcomes([](Folder& folder, MemoryFaults&) { write_synced(folder, "x", "text"); });
  EXPECT_EQ(seen, (std::set<std::string>{"text", "(gone)"}));
}

TEST(MemoryFileSystem, may_lose_or_tear_bytes_that_were_not_synced) {
  const auto seen = outcomes([](Folder& folder, MemoryFaults&) {
    auto file = std::move(folder.create("x")).value();
    ASSERT_TRUE(file->write(bytes_of("first ")));
    ASSERT_TRUE(file->sync());
    ASSERT_TRUE(folder.sync());
    ASSERT_TRUE(file->write(bytes_of("second")));
  });
  EXPECT_TRUE(seen.contains("first "));
  EXPECT_TRUE(seen.contains("first second"));
  EXPECT_TRUE(seen.contains("first sec"));
  EXPECT_TRUE(seen.contains(std::string("first ") + std::string(6, '\0')));
  for (const std::string& text : seen) EXPECT_EQ(text.rfind("first ", 0), 0U);
}

TEST(MemoryFileSystem, after_a_failed_sync_a_later_one_is_a_lie) {
  const auto seen = outcomes([](Folder& folder, MemoryFaults& faults) {
    auto file = std::move(folder.create("x")).value();
    ASSERT_TRUE(file->write(bytes_of("text")));
    ASSERT_TRUE(folder.sync());
    faults.fail_operation(faults.operations() + 1, {EIO, Effect::none}, false);
    ASSERT_FALSE(file->sync());
    ASSERT_TRUE(file->sync());
  });
  EXPECT_EQ(seen, std::set<std::string>{std::string(4, '\0')});
}

TEST(MemoryFileSystem, loses_a_rename_between_folders_as_a_whole_or_not_at_all) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    MemoryFileSystem files(seed);
    auto folder = folder_of(files);
    write_synced(*folder, "x", "text");
    ASSERT_TRUE(folder->make_folder("bad"));
    ASSERT_TRUE(folder->sync());
    ASSERT_TRUE(folder->rename("x", "bad/x"));
    files.crash();
    folder = folder_of(files);
    EXPECT_NE(folder->size("x").ok(), folder->size("bad/x").ok());
  }
}

TEST(MemoryFileSystem, loses_a_synced_file_in_a_folder_that_was_not_synced_in_the_one_above_it) {
  const auto lost_of = [](const std::vector<std::string>& synced) {
    int lost = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      MemoryFileSystem files(seed);
      auto folder = folder_of(files);
      EXPECT_TRUE(folder->make_folder("a"));
      EXPECT_TRUE(folder->make_folder("a/b"));
      write_synced(*folder, "a/b/x", "text");
      for (const std::string& name : synced) EXPECT_TRUE(folder->sync(name));
      const bool durable = files.is_durable("/f", "a/b/x");
      files.crash();
      folder = folder_of(files);
      const bool there = folder->size("a/b/x").ok();
      EXPECT_TRUE(there || !durable);
      // Without its folder nothing can be made in it.
      const bool folder_there = folder->list("a/b").ok();
      EXPECT_EQ(folder->create("a/b/y").ok(), folder_there);
      if (!there) ++lost;
    }
    return lost;
  };
  EXPECT_EQ(lost_of({"", "a", "a/b"}), 0);
  EXPECT_GT(lost_of({"a", "a/b"}), 20);
  EXPECT_GT(lost_of({"", "a/b"}), 20);
  EXPECT_GT(lost_of({"", "a"}), 20);
}

TEST(MemoryFileSystem, answers_nobody_who_opened_it_before_the_crash) {
  MemoryFileSystem files(1);
  const auto folder = folder_of(files);
  auto file = std::move(folder->create("x")).value();
  files.crash();
  EXPECT_FALSE(folder->create("y"));
  EXPECT_FALSE(folder->list());
  EXPECT_FALSE(file->write(bytes_of("late")));
  EXPECT_FALSE(file->sync());
  EXPECT_TRUE(folder_of(files)->create("y"));
}

TEST(MemoryFileSystem, refuses_as_a_real_one_does) {
  MemoryFileSystem files(1);
  const auto folder = folder_of(files);
  write_synced(*folder, "x", "text");
  write_synced(*folder, "y", "text");
  EXPECT_EQ(folder->create("x").error().code, ErrorCode::exists);
  EXPECT_EQ(folder->link("x", "y").error().code, ErrorCode::exists);
  EXPECT_EQ(folder->rename("x", "y").error().code, ErrorCode::exists);
  EXPECT_EQ(folder->link("nothing", "z").error().code, ErrorCode::not_found);
  EXPECT_EQ(folder->rename("x", "nowhere/x").error().code, ErrorCode::not_found);
  EXPECT_EQ(folder->unlink("nothing").error().code, ErrorCode::not_found);
  EXPECT_EQ(folder->read_all("nothing", 9).error().code, ErrorCode::not_found);
  EXPECT_EQ(folder->read_all("x", 3).error().code, ErrorCode::corrupt);
  EXPECT_EQ(files.open_folder("/other", Access::read).error().code, ErrorCode::not_found);
}

TEST(MemoryFileSystem, is_full_at_its_capacity) {
  MemoryFileSystem files(1);
  files.set_capacity_bytes(10);
  const auto folder = folder_of(files);
  auto file = std::move(folder->create("x")).value();
  ASSERT_TRUE(file->write(bytes_of("1234567")));
  EXPECT_EQ(folder->free_bytes().value(), 3U);
  const Status full = file->write(bytes_of("89abcdef"));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::no_space);
  EXPECT_EQ(folder->read_all("x", 100).value(), bytes_of("123456789a"));
}

TEST(MemoryFileSystem, fails_the_scripted_operation_once_or_from_then_on) {
  for (const bool from_then_on : {false, true}) {
    MemoryFileSystem files(1);
    const auto folder = folder_of(files);  // operation 1
    files.faults().fail_operation(3, {ENOSPC, Effect::none}, from_then_on);
    EXPECT_TRUE(folder->create("a"));
    const auto refused = folder->create("b");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::no_space);
    EXPECT_EQ(folder->create("c").ok(), !from_then_on);
    EXPECT_TRUE(files.faults().script_hit());
    EXPECT_GE(files.faults().counts().injected[static_cast<std::size_t>(Operation::create)], 1U);
  }
}

TEST(MemoryFileSystem, can_do_a_thing_and_report_that_it_failed) {
  MemoryFileSystem files(1);
  const auto folder = folder_of(files);
  write_synced(*folder, "x", "text");
  files.faults().fail_operation(files.faults().operations() + 1, {EIO, Effect::whole}, false);
  EXPECT_FALSE(folder->link("x", "y"));
  EXPECT_EQ(folder->read_all("y", 9).value(), bytes_of("text"));
}

TEST(MemoryFileSystem, draws_faults_at_the_given_rate_and_counts_them) {
  MemoryFileSystem files(7);
  const auto folder = folder_of(files);
  FaultRates rates;
  rates.fail[static_cast<std::size_t>(Operation::list)] = 0.25;
  files.faults().set_rates(rates);
  std::uint64_t failed = 0;
  for (int i = 0; i < 4000; ++i) failed += folder->list().ok() ? 0 : 1;
  EXPECT_NEAR(static_cast<double>(failed), 1000.0, 120.0);
  EXPECT_EQ(files.faults().counts().injected[static_cast<std::size_t>(Operation::list)], failed);
}

TEST(MemoryFileSystem, behaves_the_same_for_the_same_seed) {
  const auto trace = [](std::uint64_t seed) {
    MemoryFileSystem files(seed);
    FaultRates rates;
    for (double& rate : rates.fail) rate = 0.2;
    files.faults().set_rates(rates);
    std::string out;
    for (int i = 0; i < 50; ++i) {
      auto folder = files.open_folder("/f", Access::own);
      if (!folder) continue;
      out += folder.value()->create("x" + std::to_string(i)).ok() ? '1' : '0';
      out += std::to_string(files.nonce() % 10);
    }
    files.crash();
    return out + std::to_string(files.disk("/f").visible().size());
  };
  EXPECT_EQ(trace(5), trace(5));
  EXPECT_NE(trace(5), trace(6));
}

}  // namespace
}  // namespace steadfarm::checkpoint
