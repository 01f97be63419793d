// What a resumed master keeps of the state that it was made from. A program of its own: it counts
// all memory that C++ asks for.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "driver/signals.hpp"
#include "tests/unit/api/run_rig.hpp"
#include "tests/unit/driver/scratch_folder.hpp"

namespace {
std::atomic<std::int64_t> live{0};

void* counted(std::size_t size) {
  void* memory = std::malloc(size > 0 ? size : 1);
  if (memory == nullptr) std::abort();
  live += static_cast<std::int64_t>(malloc_usable_size(memory));
  return memory;
}
void uncounted(void* memory) {
  live -= static_cast<std::int64_t>(malloc_usable_size(memory));
  std::free(memory);
}
}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { uncounted(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { uncounted(memory); }

namespace steadfarm::api {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20U;
constexpr std::size_t kFoldBytes = 48U << 20U;
constexpr std::size_t kPayloadBytes = 256U << 10U;
constexpr std::uint64_t kSpawned = 64;
constexpr std::int64_t kPayloadsBytes = std::int64_t{kSpawned} * kPayloadBytes;

// One unit spawns many with large payloads, and the fold's state is large.
void make_large(SumJob& job, const std::string& store) {
  job.units = 1;
  job.options.store = store;
  job.change_fold = [](ByteFarm::Fold& fold) {
    fold.save = [] { return Bytes(kFoldBytes); };
    fold.load = [](ByteView state) { return state.size() == kFoldBytes; };
  };
}

TEST(RecoveredMemory, holds_no_more_than_what_is_still_to_be_done) {
  const ScratchFolder scratch;
  const std::string store = scratch.path() + "/store";
  {
    const driver::SignalScope signals(true);
    SumJob job;
    make_large(job, store);
    job.options.handle_signals = true;
    job.work = [](UnitCall& call) {
      if (call.key().is_index()) {
        for (std::uint64_t i = 0; i < kSpawned; ++i) call.spawn(Bytes(kPayloadBytes), 0);
      } else {
        std::raise(SIGUSR2);
      }
      call.set_result(number_bytes(1));
    };
    const Outcome stopped = run_on(1, job).front();
    ASSERT_EQ(stopped.exit_code, 75) << stopped.message;
    ASSERT_LE(stopped.units_accepted, 10U) << "most are to be pending";
  }
  const std::int64_t before = live;
  std::int64_t at_first_unit = -1;
  SumJob job;
  make_large(job, store);
  job.work = [&](UnitCall& call) {
    if (at_first_unit < 0) at_first_unit = live - before;
    call.set_result(number_bytes(1));
  };
  const Outcome outcome = run_on(1, job).front();
  ASSERT_TRUE(outcome.complete) << outcome.message;
  ASSERT_GT(outcome.units_restored, 0U);
  RecordProperty("live_bytes", std::to_string(at_first_unit));
  // Their payloads once in the master's table, and a few on their way to the worker beside it.
  EXPECT_GT(at_first_unit, kPayloadsBytes / 2) << "nothing was counted; it proves nothing";
  EXPECT_LT(at_first_unit, kPayloadsBytes + 12 * kMiB);
}

}  // namespace
}  // namespace steadfarm::api
