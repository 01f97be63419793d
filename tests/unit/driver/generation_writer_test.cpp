// The loop goes on while a generation is written, hears of it once, and is never lied to.
#include "driver/generation_writer.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <new>
#include <string>
#include <thread>

#include "checkpoint/memory_file_system.hpp"
#include "checkpoint/plain_codec.hpp"
#include "tests/unit/driver/recording_store.hpp"

namespace steadfarm::driver {
namespace {

std::shared_ptr<core::GenerationDelta> delta_of(std::uint64_t accepted) {
  auto delta = std::make_shared<core::GenerationDelta>();
  delta->epoch = Epoch(accepted);
  delta->counters.accepted = accepted;
  for (std::uint64_t i = 0; i < accepted; ++i) delta->results.add(UnitKey::index(i), Bytes(100));
  return delta;
}

/// Waits as long as it takes; the test's own timeout is the deadline.
Result<Generation> outcome(GenerationWriter& writer) {
  while (true) {
    if (std::optional<Result<Generation>> done = writer.take_done()) return std::move(*done);
    std::this_thread::yield();
  }
}

TEST(ThreadedWriter, returns_at_once_however_long_the_disk_takes) {
  const auto store = std::make_shared<RecordingStore>();
  std::promise<void> disk;
  std::promise<std::thread::id> writing;
  store->on_publish = [&](const core::GenerationDelta& /*delta*/) {
    writing.set_value(std::this_thread::get_id());
    disk.get_future().wait();
  };
  ThreadedWriter writer(store);
  writer.start(delta_of(1));  // would never return if it waited for the disk
  EXPECT_NE(writing.get_future().get(), std::this_thread::get_id());
  EXPECT_FALSE(writer.take_done().has_value());
  disk.set_value();
  const Result<Generation> done = outcome(writer);
  ASSERT_TRUE(done);
  EXPECT_EQ(done.value(), Generation(1));
  EXPECT_FALSE(writer.take_done().has_value());  // said once
}

// A handler of the application must not run in a thread that holds the store's files open.
TEST(ThreadedWriter, keeps_signals_away_from_its_thread_and_gives_back_the_mask) {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  const auto store = std::make_shared<RecordingStore>();
  sigset_t blocked;
  sigemptyset(&blocked);
  store->on_publish = [&](const core::GenerationDelta& /*delta*/) {
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  };
  ThreadedWriter writer(store);
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  writer.start(delta_of(1));
  ASSERT_TRUE(outcome(writer));
  for (const int signal : {SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGCHLD, SIGALRM}) {
    EXPECT_EQ(sigismember(&blocked, signal), 1) << signal;
    EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal)) << signal;
  }
}

TEST(ThreadedWriter, prepares_on_the_callers_thread) {
  class Asking final : public checkpoint::Store {
   public:
    Result<std::unique_ptr<checkpoint::Publication>> prepare(
        std::shared_ptr<const core::GenerationDelta> /*delta*/) override {
      prepared_by = std::this_thread::get_id();
      return Error{ErrorCode::internal, "HDF5 cannot lay it out"};
    }
    Result<Generation> write(checkpoint::Publication& /*publication*/) override {
      return Error{ErrorCode::internal, "never called"};
    }
    void maintain() override {}
    [[nodiscard]] Generation generation() const override { return {}; }
    [[nodiscard]] OwnerEpoch owner_epoch() const override { return {}; }
    [[nodiscard]] std::uint64_t last_publish_bytes() const override { return 0; }
    [[nodiscard]] std::uint64_t steps() const override { return 0; }
    [[nodiscard]] std::vector<std::string> take_warnings() override { return {}; }
    std::thread::id prepared_by;
  };
  const auto store = std::make_shared<Asking>();
  ThreadedWriter writer(store);
  writer.start(delta_of(1));
  const auto done = writer.take_done();  // no thread had a part in it
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->error().message, "HDF5 cannot lay it out");
  EXPECT_EQ(store->prepared_by, std::this_thread::get_id());
}

TEST(ThreadedWriter, hands_failures_over_and_writes_again) {
  const auto store = std::make_shared<RecordingStore>();
  store->failures.push_back({ErrorCode::no_space, "the disk is full"});
  {
    ThreadedWriter writer(store);
    writer.start(delta_of(1));
    const Result<Generation> refused = outcome(writer);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::no_space);
    writer.start(delta_of(2));
    EXPECT_TRUE(outcome(writer));
    writer.start(delta_of(3));
    EXPECT_TRUE(outcome(writer));
  }
  ASSERT_EQ(store->deltas.size(), 2U);
  EXPECT_EQ(store->deltas.back().counters.accepted, 3U);
  EXPECT_LE(store->maintained, 2U);  // never after a failure
}

TEST(ThreadedWriter, its_end_waits_for_what_is_being_written) {
  const auto store = std::make_shared<RecordingStore>();
  {
    ThreadedWriter writer(store);
    writer.start(delta_of(5));
  }
  ASSERT_EQ(store->deltas.size(), 1U);
  EXPECT_EQ(store->deltas[0].counters.accepted, 5U);
}

TEST(ThreadedWriter, the_delta_is_free_when_the_outcome_is_heard) {
  const auto store = std::make_shared<RecordingStore>();
  ThreadedWriter writer(store);
  std::shared_ptr<core::GenerationDelta> delta = delta_of(4);
  writer.start(delta);
  ASSERT_TRUE(outcome(writer));
  EXPECT_EQ(delta.use_count(), 1);
}

TEST(ThreadedWriter, memory_that_runs_out_is_an_error_of_the_store) {
  const auto store = std::make_shared<RecordingStore>();
  ThreadedWriter writer(store);
  store->on_publish = [](const core::GenerationDelta& /*delta*/) { throw std::bad_alloc(); };
  writer.start(delta_of(1));  // what leaves a thread ends the process
  const Result<Generation> refused = outcome(writer);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::io);
  EXPECT_EQ(refused.error().message, "the store cannot write a generation: std::bad_alloc");
  store->on_publish = {};
  writer.start(delta_of(2));
  EXPECT_TRUE(outcome(writer));
}

TEST(ThreadedWriter, a_call_that_never_returns_is_left_behind_with_its_store) {
  std::promise<void> disk;
  std::promise<void> writing;
  std::weak_ptr<RecordingStore> alive;
  {
    const auto store = std::make_shared<RecordingStore>();
    alive = store;
    store->on_publish = [&](const core::GenerationDelta& /*delta*/) {
      writing.set_value();
      disk.get_future().wait();
    };
    ThreadedWriter writer(store);
    writer.start(delta_of(1));
    writing.get_future().wait();
    EXPECT_FALSE(writer.end(1'000));  // microseconds
    EXPECT_FALSE(writer.end(1'000));  // the answer stays
  }
  EXPECT_FALSE(alive.expired());  // the thread may wake at any time
  disk.set_value();
  while (!alive.expired()) std::this_thread::yield();
}

TEST(ThreadedWriter, its_end_waits_for_a_slow_store_that_moves) {
  constexpr auto kStep = std::chrono::seconds(1);
  const auto store = std::make_shared<RecordingStore>();
  store->on_publish = [&](const core::GenerationDelta& /*delta*/) {
    const auto until = std::chrono::steady_clock::now() + 2 * kStep;
    while (std::chrono::steady_clock::now() < until) {
      ++store->stepped;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  };
  ThreadedWriter writer(store);
  writer.start(delta_of(1));
  EXPECT_TRUE(writer.end(std::chrono::microseconds(kStep).count()));
  EXPECT_EQ(store->deltas.size(), 1U);
}

TEST(ThreadedWriter, its_end_has_a_limit_for_a_store_that_moves) {
  const auto store = std::make_shared<RecordingStore>();
  std::atomic<bool> leave = false;
  store->on_publish = [&](const core::GenerationDelta& /*delta*/) {
    while (!leave) ++store->stepped;
  };
  std::weak_ptr<RecordingStore> alive = store;
  {
    ThreadedWriter writer(store);
    writer.start(delta_of(1));
    EXPECT_FALSE(writer.end(ThreadedWriter::kStepUs, 100'000));
  }
  leave = true;
  while (alive.use_count() > 1) std::this_thread::yield();
}

TEST(ThreadedWriter, tells_the_store_that_time_is_short) {
  const auto store = std::make_shared<RecordingStore>();
  ThreadedWriter writer(store);
  EXPECT_FALSE(store->hurried);
  writer.hurry();
  EXPECT_TRUE(store->hurried);
}

// The whole store under the thread, with compaction and retention beside the next generation: what
// the thread sanitizer is to see.
TEST(ThreadedWriter, publishes_with_a_real_store_while_the_loop_asks_questions) {
  checkpoint::MemoryFileSystem files(7);
  const checkpoint::PlainCodec codec;
  checkpoint::StoreOptions options;
  options.path = "/store";
  options.compact_every = 2;
  options.codec = &codec;
  checkpoint::OpenReport report;
  auto opened = checkpoint::Store::open(files, options, report);
  ASSERT_TRUE(opened);
  const std::shared_ptr<checkpoint::Store> store = std::move(opened).value();
  ThreadedWriter writer(store);
  for (std::uint64_t i = 1; i <= 40; ++i) {
    auto delta = std::make_shared<core::GenerationDelta>();
    delta->epoch = Epoch(i);
    delta->counters.accepted = i;
    delta->counters.spawned = i;
    delta->added.push_back({child_key(UnitKey::index(1), i), 0, 0, 0, Bytes(50)});
    delta->results.add(UnitKey::index(i), Bytes(10));
    writer.start(delta);
    std::optional<Result<Generation>> done;
    while (!done) {
      EXPECT_LE(store->generation(), Generation(i + 1));
      EXPECT_TRUE(store->take_warnings().empty());
      static_cast<void>(store->last_publish_bytes());
      EXPECT_GT(writer.steps(), 0U);
      done = writer.take_done();
    }
    ASSERT_TRUE(*done) << done->error().message;
    EXPECT_EQ(store->generation(), done->value());
  }
}

}  // namespace
}  // namespace steadfarm::driver
