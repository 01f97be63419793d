// Reading all results by key. While a run publishes meanwhile: tests/crash/owners_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "checkpoint/memory_file_system.hpp"
#include "checkpoint/store.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {
namespace {

class SortedResults : public testing::Test {
 protected:
  void publish(int generations) {
    StoreOptions options = test_options();
    options.path = store_path;
    options.inline_results_bytes_max = 80;
    options.segment_bytes_max = 200;
    options.compact_every = 7;
    options.result_fields = "first:u8 ...";
    OpenReport report;
    auto store = std::move(Store::open(files_, options, report)).value();
    for (int i = 0; i < generations; ++i) {
      ASSERT_TRUE(store->publish(work_.next()));
      work_.committed();
    }
  }

  MemoryFileSystem files_{5};
  Workload work_{21};
};

TEST_F(SortedResults, come_by_rising_key_whatever_the_memory) {
  publish(25);
  const std::map<UnitKey, Bytes> expected = work_.snapshot().results;
  ASSERT_GT(expected.size(), 20U);
  for (const std::uint64_t batch_bytes : {1U, 50U, 300U, 1U << 20U}) {
    ResultReading reading;
    reading.batch_bytes_max = batch_bytes;
    std::vector<std::pair<UnitKey, Bytes>> seen;
    const Status read = for_each_result(
        files_, store_path,
        [&](const UnitKey& key, ByteView bytes) {
          seen.emplace_back(key, Bytes(bytes.begin(), bytes.end()));
        },
        reading);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(std::ranges::equal(seen, expected, [](const auto& a, const auto& b) {
      return a.first == b.first && a.second == b.second;
    })) << batch_bytes;
  }
}

TEST_F(SortedResults, are_told_of_before_the_first_one) {
  publish(25);
  ResultReading reading;
  reading.with_fold = true;
  int begun = 0;
  int seen = 0;
  reading.begin = [&](const ResultsInfo& info) {
    ++begun;
    EXPECT_EQ(seen, 0);
    EXPECT_EQ(info.count, work_.snapshot().results.size());
    EXPECT_EQ(info.last, work_.snapshot().results.rbegin()->first);
    EXPECT_EQ(info.fields, "first:u8 ...");
    EXPECT_EQ(info.fold_state, work_.snapshot().state.fold_state);
    EXPECT_EQ(info.accepted, work_.snapshot().state.counters.accepted);
    EXPECT_FALSE(info.complete);
  };
  ASSERT_TRUE(for_each_result(
      files_, store_path, [&](const UnitKey&, ByteView) { ++seen; }, reading));
  EXPECT_EQ(begun, 1);
  EXPECT_GT(seen, 0);
}

TEST_F(SortedResults, of_what_is_no_store_are_an_error) {
  const Status read = for_each_result(files_, "/nowhere", [](const UnitKey&, ByteView) {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
