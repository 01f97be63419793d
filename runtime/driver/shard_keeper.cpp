#include "driver/shard_keeper.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <utility>

#include "base/assert.hpp"
#include "transport/all_signals_blocked.hpp"

namespace steadfarm::driver {
namespace {

/// Turns what a call throws into an error.
template <class Call>
auto without_throwing(Call call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& e) {
    return Error{ErrorCode::io, std::string("a shard cannot be written: ") + e.what()};
  }
}

}  // namespace

// What the loop and the thread share. It belongs to both, because the thread may be left behind.
struct ThreadedShards::Shared {
  void run();

  std::mutex mutex;
  std::condition_variable changed;
  std::shared_ptr<checkpoint::ShardWriter> writer;
  std::optional<checkpoint::LaidOutShard> shard;          // stays until it is durable
  std::shared_ptr<checkpoint::ShardWriter> shard_writer;  // that has laid it out
  bool waiting = false;                                   // it is to be written
  std::optional<Result<ShardInfo>> done;
  bool ending = false;
  bool ended = false;
};

void ThreadedShards::Shared::run() {
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(lock, [this] { return waiting || ending; });
    if (ending) break;
    waiting = false;
    const std::shared_ptr<checkpoint::ShardWriter> own = shard_writer;
    lock.unlock();
    Result<ShardInfo> written = without_throwing([&] { return own->write(*shard); });
    lock.lock();
    done = std::move(written);
  }
  ended = true;
  changed.notify_all();
}

ThreadedShards::ThreadedShards(MakeWriter make_writer, std::uint64_t bytes_max)
    : make_writer_(std::move(make_writer)),
      bytes_max_(bytes_max),
      shared_(std::make_shared<Shared>()) {}

ThreadedShards::~ThreadedShards() { static_cast<void>(end()); }

void ThreadedShards::start_thread() {
  const transport::AllSignalsBlocked blocked;
  thread_ = std::thread([shared = shared_] { shared->run(); });
}

void ThreadedShards::open(const ShardGrant& grant) {
  const std::lock_guard lock(shared_->mutex);
  shared_->writer = make_writer_(grant);
}

void ThreadedShards::keep(const UnitKey& key, ByteView result) {
  if (!filling_) {
    filling_ = std::make_shared<core::ResultBatch>();
    // At once, so that growing does not take twice the memory; untouched, it costs nothing.
    filling_->bytes.reserve(bytes_max_ + result.size());
  }
  filling_->add(key, result);
}

void ThreadedShards::seal(bool again) {
  if (!again) {
    STEADFARM_ASSERT(filling_ && !sealed_);
    sealed_ = std::exchange(filling_, nullptr);
  }
  Status begun = without_throwing([&]() -> Status {
    if (!thread_.joinable()) start_thread();
    const std::lock_guard lock(shared_->mutex);
    STEADFARM_ASSERT(sealed_ && !shared_->waiting && !shared_->done && shared_->writer);
    if (!shared_->shard || shared_->shard_writer != shared_->writer) {
      shared_->shard.reset();
      Result<checkpoint::LaidOutShard> shard = shared_->writer->lay_out(sealed_);
      if (!shard) return shard.error();
      shared_->shard = std::move(shard).value();
      shared_->shard_writer = shared_->writer;
    }
    shared_->waiting = true;
    return {};
  });
  if (!begun) {
    const std::lock_guard lock(shared_->mutex);
    shared_->done = begun.error();
  }
  shared_->changed.notify_all();
}

std::optional<Result<ShardInfo>> ThreadedShards::take_done() {
  const std::lock_guard lock(shared_->mutex);
  std::optional<Result<ShardInfo>> done = std::exchange(shared_->done, std::nullopt);
  if (done && done->ok()) {
    shared_->shard.reset();
    sealed_.reset();
  }
  return done;
}

std::uint64_t ThreadedShards::steps() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->writer ? shared_->writer->steps() : 0;
}

bool ThreadedShards::end(TimeUs most_us) {
  if (!thread_.joinable()) return !left_behind_;
  std::unique_lock lock(shared_->mutex);
  shared_->ending = true;
  shared_->changed.notify_all();
  const bool ended = shared_->changed.wait_for(lock, std::chrono::microseconds(most_us),
                                               [this] { return shared_->ended; });
  lock.unlock();
  if (ended) {
    thread_.join();
  } else {
    left_behind_ = true;
    thread_.detach();
  }
  return ended;
}

}  // namespace steadfarm::driver
