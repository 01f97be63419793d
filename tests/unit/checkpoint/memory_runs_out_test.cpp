// Memory runs out at each allocation of a publication in turn. It is an error like that of a full
// disk: nothing throws, nothing is lost, and the next generation is whole.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <new>
#include <vector>

#include "checkpoint/memory_file_system.hpp"
#include "checkpoint/plain_codec.hpp"
#include "checkpoint/publication.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace {

// 0: all is well. n: the n-th allocation from now on fails, and `in_a_row` with it.
thread_local std::uint64_t allocations_left = 0;
thread_local std::uint64_t failures_in_a_row = 0;

void* allocate(std::size_t bytes) {
  if (allocations_left > 0 && --allocations_left == 0 && failures_in_a_row > 0) {
    if (--failures_in_a_row > 0) allocations_left = 1;
    throw std::bad_alloc();
  }
  void* memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t bytes) { return allocate(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }

namespace steadfarm::checkpoint::test {
namespace {

/// Fails allocations until its end.
class Shortage {
 public:
  Shortage(std::uint64_t first, std::uint64_t in_a_row) : in_a_row_(in_a_row) {
    failures_in_a_row = in_a_row;
    allocations_left = first;
  }
  ~Shortage() { end(); }
  Shortage(const Shortage&) = delete;
  Shortage& operator=(const Shortage&) = delete;

  /// Whether any allocation failed.
  bool end() {
    if (!over_) struck_ = allocations_left == 0 || failures_in_a_row < in_a_row_;
    over_ = true;
    allocations_left = 0;
    return struck_;
  }

 private:
  std::uint64_t in_a_row_;
  bool over_ = false;
  bool struck_ = false;
};

std::uint64_t pending_of(const Snapshot& snapshot) {
  std::uint64_t pending = snapshot.state.units.size();
  for (const core::Interval& run : snapshot.state.pending_indices) pending += run.count();
  return pending;
}

// A store that has published some generations of a job.
struct Rig {
  explicit Rig(int generations, const SegmentCodec* with = nullptr) {
    options.codec = with != nullptr ? with : &codec;
    options.compact_every = 2;
    options.inline_results_bytes_max = 60;
    OpenReport report;
    auto opened = Store::open(files, options, report);
    if (opened) store = std::move(opened).value();
    publish(generations);
  }

  void publish(int count) {
    for (int i = 0; i < count; ++i) {
      const Result<Generation> done = store->publish(work.next());
      ASSERT_TRUE(done) << done.error().message;
      work.committed();
    }
  }

  // What a fresh start and a reader see.
  void check() {
    const auto copy = file_system_with(files_of(files));
    const Result<Inspection> seen = inspect(*copy, store_path, &codec);
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_EQ(seen.value().pending, pending_of(work.snapshot()));
    OpenReport again;
    ASSERT_TRUE(Store::open(*copy, options, again));
    ASSERT_TRUE(again.recovered.has_value());
    EXPECT_EQ(difference(*again.recovered, work.snapshot()), "");
    EXPECT_EQ(results_difference(*copy, store_path, work.snapshot(), &codec), "");
  }

  MemoryFileSystem files{1};
  const PlainCodec codec;
  StoreOptions options = test_options();
  std::unique_ptr<Store> store;
  Workload work{42};
};

/// After so many generations the next one carries a compaction.
int generations_to_compaction() {
  for (int generations = 1; generations < 50; ++generations) {
    Rig rig(generations);
    const auto prepared =
        rig.store->prepare(std::make_shared<const core::GenerationDelta>(rig.work.next()));
    if (prepared && prepared.value()->compacted != nullptr) return generations;
  }
  return -1;
}

// So many failures in a row. After one the store itself has an answer; after more there may be no
// memory for the words either, and the caller is told by the exception.
struct MemoryRunsOut : testing::TestWithParam<std::uint64_t> {
  template <class Call>
  bool struck(std::uint64_t at, Call call) {
    Shortage shortage(at, GetParam());
    try {
      call();
    } catch (const std::bad_alloc&) {
      EXPECT_GT(GetParam(), 1U);
    }
    return shortage.end();
  }
};

TEST_P(MemoryRunsOut, while_a_generation_is_written) {
  std::uint64_t refused = 0;
  const int to_compaction = generations_to_compaction();
  ASSERT_GT(to_compaction, 1);
  for (const int generations : {to_compaction}) {
    bool struck_now = true;
    for (std::uint64_t at = 1; struck_now && !HasFailure(); ++at) {
      SCOPED_TRACE("allocation " + std::to_string(at));
      Rig rig(generations);
      auto prepared =
          rig.store->prepare(std::make_shared<const core::GenerationDelta>(rig.work.next()));
      ASSERT_TRUE(prepared);
      bool good = false;
      struck_now = struck(at, [&] { good = rig.store->write(*prepared.value()).ok(); });
      refused += good ? 0 : 1;
      if (good) rig.work.committed();
      rig.store->maintain();
      rig.publish(3);
      rig.check();
    }
  }
  EXPECT_GT(refused, 50U);
}

TEST_P(MemoryRunsOut, while_the_store_is_tidied) {
  std::uint64_t runs = 0;
  const int to_compaction = generations_to_compaction();
  ASSERT_GT(to_compaction, 1);
  for (const int generations : {to_compaction - 1}) {
    bool struck_now = true;
    for (std::uint64_t at = 1; struck_now && !HasFailure(); ++at, ++runs) {
      SCOPED_TRACE("allocation " + std::to_string(at));
      Rig rig(generations);
      auto prepared =
          rig.store->prepare(std::make_shared<const core::GenerationDelta>(rig.work.next()));
      ASSERT_TRUE(prepared);
      ASSERT_TRUE(rig.store->write(*prepared.value()));
      rig.work.committed();
      struck_now = struck(at, [&] { rig.store->maintain(); });
      rig.publish(3);
      rig.check();
    }
  }
  EXPECT_GT(runs, 20U);
}

// Whoever reads a store and lacks memory knows nothing about the store.
TEST_P(MemoryRunsOut, while_a_store_is_read) {
  Rig rig(6, &hdf5_codec());
  const Generation newest = rig.store->generation();
  std::uint64_t refused = 0;
  const auto check = [&](const Status& read) {
    refused += read ? 0 : 1;
    if (!read) {
      EXPECT_EQ(read.error().code, ErrorCode::no_memory) << read.error().message;
    }
  };
  const std::vector<std::function<void()>> readers{
      [&] {
        const auto seen = inspect(rig.files, store_path, &hdf5_codec());
        if (seen) {
          EXPECT_EQ(seen.value().generation, newest);
        }
        check(seen ? Status() : Status(seen.error()));
      },
      [&] {
        const auto seen = verify(rig.files, store_path, &hdf5_codec());
        if (seen) {
          EXPECT_EQ(seen.value().bad, std::vector<std::string>());
        }
        if (seen && seen.value().newest_good != newest) {
          EXPECT_FALSE(seen.value().unreadable.empty());
        }
        check(seen ? Status() : Status(seen.error()));
      },
      [&] {
        ResultReading reading;
        reading.with_fold = true;
        check(for_each_result(
            rig.files, store_path, [](const UnitKey&, ByteView) {}, reading));
      }};
  for (const auto& reader : readers) {
    bool struck_now = true;
    // Each of the first ones, then ever fewer: there are thousands.
    for (std::uint64_t at = 1; struck_now && !HasFailure(); at += 1 + at / 64) {
      SCOPED_TRACE("allocation " + std::to_string(at));
      struck_now = struck(at, reader);
    }
  }
  EXPECT_GT(refused, 100U);
}

INSTANTIATE_TEST_SUITE_P(InARow, MemoryRunsOut, testing::Values(1U, 4U));

}  // namespace
}  // namespace steadfarm::checkpoint::test
