#include "driver/generation_writer.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

#include "base/assert.hpp"
#include "transport/all_signals_blocked.hpp"

namespace steadfarm::driver {
namespace {

constexpr TimeUs kLookUs = 20'000;  // at the store's steps, while the thread's end is waited for

/// Turns what a call of the store throws into its error.
template <class Call>
auto without_throwing(Call call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& e) {
    return Error{ErrorCode::io, std::string("the store cannot write a generation: ") + e.what()};
  }
}

}  // namespace

// What the loop and the thread share. It belongs to both, because the thread may be left behind.
struct ThreadedWriter::Shared {
  explicit Shared(std::shared_ptr<checkpoint::Store> given) : store(std::move(given)) {}

  void run();
  void maintain();

  const std::shared_ptr<checkpoint::Store> store;
  std::mutex mutex;
  std::condition_variable changed;
  std::unique_ptr<checkpoint::Publication> waiting;  // laid out, to be written
  std::optional<Result<Generation>> done;
  bool ending = false;
  bool ended = false;
};

void ThreadedWriter::Shared::run() {
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(lock, [this] { return waiting != nullptr || ending; });
    if (waiting == nullptr) break;
    std::unique_ptr<checkpoint::Publication> publication = std::move(waiting);
    lock.unlock();
    Result<Generation> written = without_throwing([&] { return store->write(*publication); });
    const bool good = written.ok();
    // Its memory is free before the loop hears of it: what it pointed to may change then.
    publication.reset();
    lock.lock();
    done = std::move(written);
    if (!good || ending) continue;
    lock.unlock();
    maintain();
    lock.lock();
  }
  ended = true;
  changed.notify_all();
}

// What it did not come to is done another time.
void ThreadedWriter::Shared::maintain() {
  try {
    store->maintain();
  } catch (const std::exception&) {
    return;
  }
}

ThreadedWriter::ThreadedWriter(std::shared_ptr<checkpoint::Store> store)
    : shared_(std::make_shared<Shared>(std::move(store))) {
  const transport::AllSignalsBlocked blocked;
  thread_ = std::thread([shared = shared_] { shared->run(); });
}

ThreadedWriter::~ThreadedWriter() { static_cast<void>(end()); }

bool ThreadedWriter::end(TimeUs step_us, TimeUs most_us) {
  if (!thread_.joinable()) return !left_behind_;
  SteadyClock clock;
  const TimeUs begin = clock.now();
  TimeUs moved_at = begin;
  std::uint64_t steps_before = steps();
  std::unique_lock lock(shared_->mutex);
  shared_->ending = true;
  shared_->store->hurry();
  shared_->changed.notify_all();
  while (!shared_->ended) {
    shared_->changed.wait_for(lock, std::chrono::microseconds(kLookUs));
    const TimeUs now = clock.now();
    const std::uint64_t steps_now = steps();
    if (steps_now != std::exchange(steps_before, steps_now)) moved_at = now;
    if (!shared_->ended && (now - moved_at >= step_us || now - begin >= most_us)) {
      left_behind_ = true;
      thread_.detach();
      return false;
    }
  }
  lock.unlock();
  thread_.join();
  return true;
}

void ThreadedWriter::start(std::shared_ptr<const core::GenerationDelta> delta) {
  Result<std::unique_ptr<checkpoint::Publication>> publication =
      without_throwing([&] { return shared_->store->prepare(std::move(delta)); });
  {
    const std::lock_guard lock(shared_->mutex);
    STEADFARM_ASSERT(shared_->waiting == nullptr && !shared_->done && !shared_->ending);
    if (publication) {
      shared_->waiting = std::move(publication).value();
    } else {
      shared_->done = publication.error();
    }
  }
  shared_->changed.notify_all();
}

std::optional<Result<Generation>> ThreadedWriter::take_done() {
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->done, std::nullopt);
}

std::uint64_t ThreadedWriter::steps() const { return shared_->store->steps(); }

void ThreadedWriter::hurry() { shared_->store->hurry(); }

}  // namespace steadfarm::driver
