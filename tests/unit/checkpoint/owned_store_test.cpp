// What an owner of a store does when something is not as it left it.
#include "checkpoint/owned_store.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "checkpoint/memory_file_system.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/reader.hpp"
#include "tests/unit/checkpoint/store_steps.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {
namespace {

// A link that happened and was reported as failed leaves a manifest that nobody counts on.
TEST(OwnedStore, tidies_up_a_generation_that_was_in_doubt) {
  std::uint64_t in_doubt = 0;
  for (std::uint64_t n = 1; n < 100; ++n) {
    MemoryFileSystem files(1);
    Workload work(3);
    OpenReport report;
    const auto store = open_store(files, test_options(), report);
    publish_steps(*store, work, 2);
    files.faults().fail_operation(files.faults().operations() + n, {EIO, Effect::whole}, false);
    const bool failed = !store->publish(work.next());
    if (!failed) work.committed();
    if (!files.faults().script_hit()) break;  // past the end of it
    files.faults().clear();
    const auto folder = std::move(files.open_folder(store_path, Access::read)).value();
    if (list_store(*folder).value().newest() > store->generation()) ++in_doubt;
    publish_steps(*store, work, 4);
    const Listing listing = list_store(*folder).value();
    EXPECT_EQ(listing.manifests.size(), test_options().keep) << "operation " << n;
    std::set<std::string> named;
    for (const Generation generation : listing.manifests) {
      const StoredManifest stored = read_manifest(*folder, generation).value();
      for (const SegmentEntry& entry : stored.manifest.segments) named.insert(entry.file);
    }
    EXPECT_EQ(named, std::set<std::string>(listing.segments.begin(), listing.segments.end()))
        << "operation " << n;
  }
  EXPECT_GT(in_doubt, 0U);
}

// What comes next need not contain it.
TEST(OwnedStore, a_generation_that_failed_leaves_nothing_behind) {
  MemoryFileSystem files(1);
  Workload work(4);
  OpenReport report;
  {
    const auto store = open_store(files, test_options(), report);
    core::GenerationDelta lost;  // with a unit that nothing else knows of
    lost.added = {{child_key(UnitKey::index(1'000), 0), 0, 0, 0, bytes_of("payload")}};
    files.faults().fail_operation(files.faults().operations() + 1, {EIO, Effect::none}, true);
    EXPECT_FALSE(store->publish(lost));
    files.faults().clear();
    publish_steps(*store, work, 1);
  }
  ASSERT_TRUE(open_store(files, test_options(), report));
  ASSERT_TRUE(report.recovered);
  EXPECT_EQ(report.warnings, std::vector<std::string>());
  EXPECT_EQ(difference(*report.recovered, work.snapshot()), "");
}

// Somebody emptied the folder and started anew while this owner lived: both have owner epoch 1.
TEST(OwnedStore, another_store_in_the_same_folder_is_not_ours) {
  MemoryFileSystem files(1);
  Workload old_work(3);
  Workload new_work(3);
  OpenReport report;
  const auto old_store = open_store(files, test_options(), report);
  MemoryDisk& disk = files.disk(store_path);
  for (const std::string& name : disk.list()) disk.remove(name);
  const auto new_store = open_store(files, test_options(), report);
  ASSERT_EQ(new_store->owner_epoch(), old_store->owner_epoch());
  publish_steps(*new_store, new_work, 1);
  const auto before = disk.list();
  const Result<Generation> fenced = old_store->publish(old_work.next());
  ASSERT_FALSE(fenced);
  EXPECT_EQ(fenced.error().code, ErrorCode::fenced) << fenced.error().message;
  EXPECT_EQ(disk.list(), before);
  publish_steps(*new_store, new_work, 1);
}

// The same, and the new store has come just as far: it is the content that tells them apart.
TEST(OwnedStore, another_store_with_the_very_number_of_ours_is_not_ours) {
  MemoryFileSystem files(1);
  Workload old_work(3);
  Workload new_work(3);
  OpenReport report;
  const auto old_store = open_store(files, test_options(), report);
  publish_steps(*old_store, old_work, 2);
  MemoryDisk& disk = files.disk(store_path);
  for (const std::string& name : disk.list()) disk.remove(name);
  const auto new_store = open_store(files, test_options(), report);
  publish_steps(*new_store, new_work, 1);
  const core::GenerationDelta late = old_work.next();
  const Result<Generation> gone = old_store->publish(late);  // perhaps it comes back
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::io) << gone.error().message;
  publish_steps(*new_store, new_work, 1);
  ASSERT_EQ(new_store->generation(), old_store->generation());
  const auto before = disk.list();
  const Result<Generation> fenced = old_store->publish(late);
  ASSERT_FALSE(fenced);
  EXPECT_EQ(fenced.error().code, ErrorCode::fenced) << fenced.error().message;
  EXPECT_EQ(disk.list(), before);
  publish_steps(*new_store, new_work, 1);
}

// What is damaged is ours all the same.
TEST(OwnedStore, goes_on_when_its_own_newest_manifest_was_damaged) {
  MemoryFileSystem files(1);
  Workload work(3);
  OpenReport report;
  const auto store = open_store(files, test_options(), report);
  publish_steps(*store, work, 2);
  files.disk(store_path).find(manifest_name(store->generation()))->content[20] ^= std::byte{1};
  publish_steps(*store, work, 1);
  ASSERT_TRUE(open_store(files, test_options(), report));
  EXPECT_EQ(difference(*report.recovered, work.snapshot()), "");
}

// So that the last bytes of a disk are left to those who can do something with them.
TEST(OwnedStore, looks_for_space_before_it_writes) {
  MemoryFileSystem files(1);
  Workload work(3);
  OpenReport report;
  const auto store = open_store(files, test_options(), report);
  publish_steps(*store, work, 1);
  const auto delta = std::make_shared<const core::GenerationDelta>(work.next());
  const auto prepared = store->prepare(delta);
  ASSERT_TRUE(prepared);
  std::uint64_t need = 64U << 10U;  // that the store leaves, for the manifest
  for (const LaidOutSegment& segment : prepared.value()->segments) {
    need += segment.encoded.image.bytes();
  }
  std::uint64_t used = 0;
  for (const auto& [name, bytes] : files_of(files)) used += bytes.size();
  files.set_capacity_bytes(used + need - 1);
  // The first write would fail: it is not come to.
  FaultRates rates;
  rates.fail[static_cast<std::size_t>(Operation::create)] = 1;
  files.faults().set_rates(rates);
  const Result<Generation> done = store->write(*prepared.value());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::no_space);
  EXPECT_NE(done.error().message.find("needs " + std::to_string(need) + " bytes"),
            std::string::npos)
      << done.error().message;
  files.faults().clear();
  files.set_capacity_bytes(used + need);
  const auto again = store->prepare(delta);
  ASSERT_TRUE(again);
  EXPECT_TRUE(store->write(*again.value()));
}

// Seed 185548989364003772 of the simulation: its segments were removed, and then it came into
// sight.
TEST(OwnedStore, a_generation_in_doubt_that_is_not_in_sight_keeps_its_segments) {
  std::uint64_t hidden = 0;
  for (std::uint64_t n = 1; n < 100; ++n) {
    MemoryFileSystem files(1);
    Workload work(3);
    OpenReport report;
    const auto store = open_store(files, test_options(), report);
    publish_steps(*store, work, 2);
    files.faults().fail_operation(files.faults().operations() + n, {EIO, Effect::whole}, false);
    if (store->publish(work.next())) work.committed();
    if (!files.faults().script_hit()) break;  // past the end of it
    files.faults().clear();
    const auto folder = std::move(files.open_folder(store_path, Access::read)).value();
    const Generation newest = list_store(*folder).value().newest();
    if (newest > store->generation()) {
      ++hidden;
      files.unreadable().add(manifest_name(newest), ENOENT, 1'000);
      EXPECT_FALSE(store->publish(work.next())) << "its number is taken";
      files.unreadable().set_now_ms(1'000);
    }
    publish_steps(*store, work, 4);
    const Listing listing = list_store(*folder).value();
    for (const Generation number : listing.manifests) {
      const StoredManifest stored = read_manifest(*folder, number).value();
      for (const SegmentEntry& entry : stored.manifest.segments) {
        EXPECT_TRUE(files.disk(store_path).exists(entry.file)) << n << ": " << entry.file;
      }
    }
    EXPECT_EQ(listing.manifests.size(), test_options().keep) << n;
  }
  EXPECT_GT(hidden, 0U);
}

TEST(OwnedStore, says_so_when_its_own_files_vanish) {
  MemoryFileSystem files(1);
  Workload work(3);
  OpenReport report;
  const auto store = open_store(files, test_options(), report);
  publish_steps(*store, work, 1);
  files.disk(store_path).remove(manifest_name(store->generation()));
  const Result<Generation> refused = store->publish(work.next());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::io);
  EXPECT_NE(refused.error().message.find("gone"), std::string::npos);
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
