#include "driver/generation_writer.hpp"

#include <csignal>
#include <utility>

#include "base/assert.hpp"

namespace steadfarm::driver {

ThreadedWriter::ThreadedWriter(checkpoint::Store& store) : store_(store) {
  // Signals are the loop's: a thread inherits the mask of the one that starts it.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ThreadedWriter::~ThreadedWriter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  store_.hurry();
  changed_.notify_one();
  thread_.join();
}

void ThreadedWriter::start(std::shared_ptr<const core::GenerationDelta> delta) {
  Result<std::unique_ptr<checkpoint::Publication>> publication = store_.prepare(std::move(delta));
  {
    const std::lock_guard lock(mutex_);
    STEADFARM_ASSERT(waiting_ == nullptr && !done_);
    if (publication) {
      waiting_ = std::move(publication).value();
    } else {
      done_ = publication.error();
    }
  }
  changed_.notify_one();
}

std::optional<Result<Generation>> ThreadedWriter::take_done() {
  const std::lock_guard lock(mutex_);
  return std::exchange(done_, std::nullopt);
}

void ThreadedWriter::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return waiting_ != nullptr || ending_; });
    if (waiting_ == nullptr) return;
    std::unique_ptr<checkpoint::Publication> publication = std::move(waiting_);
    lock.unlock();
    Result<Generation> written = store_.write(*publication);
    const bool good = written.ok();
    // Its memory is free before the loop hears of it: what it pointed to may change then.
    publication.reset();
    lock.lock();
    done_ = std::move(written);
    if (!good || ending_) continue;
    lock.unlock();
    store_.maintain();
    lock.lock();
  }
}

}  // namespace steadfarm::driver
