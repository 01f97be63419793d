#include "checkpoint/compaction.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "checkpoint/memory_file_system.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/order_checker.hpp"
#include "checkpoint/store.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {
namespace {

TEST(Compaction, gives_up_when_the_run_ends) {
  MemoryFileSystem files(1);
  const auto folder = std::move(files.open_folder("/store", Access::own)).value();
  const std::vector<SegmentEntry> segments{
      {segment_name({Generation(1), OwnerEpoch(1), 1}), SegmentRole::state, 0, 10, {}}};
  const std::atomic<bool> hurry = true;
  const std::uint64_t before = files.faults().operations();
  EXPECT_FALSE(compact(*folder, segments, {}, hdf5_codec(), hurry));
  EXPECT_EQ(files.faults().operations(), before);  // nothing was read
}

/// A store whose every generation makes a segment of results, and a state that is hardly compacted.
struct Merging : testing::Test {
  Merging() {
    options.inline_results_bytes_max = 0;
    options.compact_every = 5;
    options.result_fields = "value:f64 ...";
    open();
  }

  void open() {
    store.reset();
    auto opened = Store::open(files, options, report);
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(opened).value();
  }

  core::GenerationDelta next() {
    core::GenerationDelta delta;
    delta.epoch = Epoch(++published);
    delta.pending_indices = {{published, 1'000'000}};
    const Bytes result(100, static_cast<std::byte>(published));
    delta.results.add(UnitKey::index(published - 1), result);
    expected.results[UnitKey::index(published - 1)] = result;
    delta.counters.accepted = delta.counters.executions = published;
    return delta;
  }

  void publish(int count) {
    for (int i = 0; i < count; ++i) {
      const Result<Generation> done = store->publish(next());
      ASSERT_TRUE(done) << done.error().message;
    }
  }

  /// The next generation, which is not written.
  std::unique_ptr<Publication> prepare_next() {
    auto prepared = store->prepare(std::make_shared<const core::GenerationDelta>(next()));
    EXPECT_TRUE(prepared);
    return std::move(prepared).value();
  }

  std::vector<SegmentEntry> result_segments() {
    const auto folder = std::move(files.open_folder(store_path, Access::read)).value();
    const Result<StoredManifest> newest = read_manifest(*folder, store->generation());
    std::vector<SegmentEntry> segments = newest.value().manifest.segments;
    std::erase_if(segments, [](const auto& entry) { return entry.role == SegmentRole::state; });
    return segments;
  }

  MemoryFileSystem files{1};
  OrderChecker checker{files};
  StoreOptions options = test_options();
  OpenReport report;
  std::unique_ptr<Store> store;
  std::uint64_t published = 0;
  Snapshot expected;
};

TEST_F(Merging, changes_nothing_that_can_be_read) {
  std::size_t lines_max = 0;
  for (int i = 0; i < 100; ++i) {
    publish(1);
    lines_max = std::max(lines_max, result_segments().size());
    ASSERT_EQ(results_difference(files, store_path, expected), "") << "generation " << i;
    const auto copy = file_system_with(files_of(files));
    OpenReport again;
    ASSERT_TRUE(Store::open(*copy, options, again));
    ASSERT_EQ(again.recovered->counters.accepted, published);
    ASSERT_EQ(again.set_aside, 0U);
  }
  // 100 segments of results: twenty times five of them, four times five of these.
  EXPECT_LE(lines_max, 12U);
  EXPECT_TRUE(store->take_warnings().empty());
  EXPECT_EQ(checker.breaches(), std::vector<std::string>());
}

TEST_F(Merging, goes_on_after_a_restart_and_keeps_the_names_of_fields) {
  publish(4);
  EXPECT_EQ(result_segments().size(), 4U);
  open();
  publish(2);  // the fifth and, with what was merged, the sixth
  const std::vector<SegmentEntry> segments = result_segments();
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[0].results, 5U);
  EXPECT_EQ(segments[1].results, 1U);
  const auto folder = std::move(files.open_folder(store_path, Access::read)).value();
  const auto merged =
      load_segment(*folder, segments[0], fingerprint_of(options.job.job), hdf5_codec());
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged.value().header.result_fields, "value:f64 ...");
  EXPECT_EQ(results_difference(files, store_path, expected), "");
}

TEST_F(Merging, removes_no_file_that_a_kept_generation_names) {
  publish(5);
  const std::vector<SegmentEntry> before = result_segments();
  publish(1);
  for (const SegmentEntry& entry : before) EXPECT_TRUE(files_of(files).contains(entry.file));
  publish(2);  // of the three that are kept the oldest is now the one that merged
  for (const SegmentEntry& entry : before) EXPECT_FALSE(files_of(files).contains(entry.file));
}

TEST_F(Merging, leaves_large_segments_where_they_are) {
  options.merge_bytes_max = 8;  // a quarter of it is less than any file
  open();
  publish(12);
  EXPECT_EQ(result_segments().size(), 12U);
}

TEST_F(Merging, makes_no_segments_that_are_to_be_merged_again) {
  options.segment_bytes_max = 200;  // two results
  open();
  publish(30);
  const std::size_t files_before = files_of(files).size();
  const std::vector<SegmentEntry> before = result_segments();
  EXPECT_EQ(before.size(), 30U);
  publish(1);
  EXPECT_LE(files_of(files).size(), files_before + 2);
}

TEST_F(Merging, the_last_generation_of_a_run_does_without) {
  publish(5);
  auto last = std::make_shared<core::GenerationDelta>(next());
  last->complete = true;
  const auto prepared = store->prepare(last);
  ASSERT_TRUE(prepared);
  EXPECT_EQ(prepared.value()->compacted, nullptr);
  EXPECT_TRUE(prepare_next()->compacted);  // it was due
}

TEST_F(Merging, a_run_in_a_hurry_does_without) {
  publish(5);
  store->hurry();
  EXPECT_FALSE(prepare_next()->compacted);
}

TEST_F(Merging, a_generation_is_not_lost_for_a_compaction_that_has_no_room) {
  publish(5);
  const auto delta = std::make_shared<const core::GenerationDelta>(next());
  const auto prepared = store->prepare(delta);
  ASSERT_TRUE(prepared && prepared.value()->compacted);
  std::uint64_t base_bytes = 0;
  for (const LaidOutSegment& segment : prepared.value()->base) {
    base_bytes += segment.encoded.image.bytes();
  }
  std::uint64_t used_bytes = 0;
  std::uint64_t fresh_bytes = 0;
  for (const auto& [name, bytes] : files_of(files)) used_bytes += bytes.size();
  for (const LaidOutSegment& segment : prepared.value()->segments) {
    fresh_bytes += segment.encoded.image.bytes();
  }
  constexpr std::uint64_t reserve_bytes = 64U << 10U;  // that the store leaves, for the manifest
  files.set_capacity_bytes(used_bytes + fresh_bytes + reserve_bytes + base_bytes - 1);
  ASSERT_TRUE(store->write(*prepared.value()));
  EXPECT_EQ(result_segments().size(), 6U);
  EXPECT_EQ(results_difference(files, store_path, expected), "");
  // With more room it is made up for, after a pause.
  files.set_capacity_bytes(UINT64_MAX);
  publish(8);
  EXPECT_LE(result_segments().size(), 6U);
}

TEST_F(Merging, what_failed_with_a_compaction_is_tried_again_without) {
  publish(5);
  const auto delta = std::make_shared<const core::GenerationDelta>(next());
  auto prepared = store->prepare(delta);
  ASSERT_TRUE(prepared && prepared.value()->compacted);
  FaultRates rates;
  rates.fail[static_cast<std::size_t>(Operation::write)] = 1;
  files.faults().set_rates(rates);
  ASSERT_FALSE(store->write(*prepared.value()));
  files.faults().clear();
  prepared = store->prepare(delta);
  ASSERT_TRUE(prepared);
  EXPECT_EQ(prepared.value()->compacted, nullptr);
  ASSERT_TRUE(store->write(*prepared.value()));
  EXPECT_EQ(results_difference(files, store_path, expected), "");
  // Nor are the next ones burdened with it at once.
  store->maintain();
  for (std::uint32_t i = 1; i < options.compact_every; ++i) {
    ASSERT_FALSE(prepare_next()->compacted);
    publish(1);
  }
  EXPECT_TRUE(prepare_next()->compacted);
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
