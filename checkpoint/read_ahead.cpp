#include "checkpoint/read_ahead.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/assert.hpp"

namespace steadfarm::checkpoint {

ReadAhead::ReadAhead(Folder& folder, std::vector<SegmentEntry> entries, std::uint32_t threads)
    : folder_(folder),
      entries_(std::move(entries)),
      ahead_max_(std::min<std::size_t>(threads, entries_.size())),
      read_(entries_.size()) {
  if (ahead_max_ < 2) return;
  threads_.reserve(ahead_max_);
  try {
    while (threads_.size() < ahead_max_) threads_.emplace_back([this] { run(); });
  } catch (const std::system_error&) {
    // No more threads are to be had: these do it, or `next` itself if there is none.
  }
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Result<Bytes> ReadAhead::next() {
  STEADFARM_ASSERT(taken_ < entries_.size());
  if (threads_.empty()) return read_verified(folder_, entries_[taken_++]);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return read_[taken_].has_value(); });
  Result<Bytes> bytes = std::move(*std::exchange(read_[taken_], std::nullopt));
  ++taken_;
  lock.unlock();
  changed_.notify_all();
  return bytes;
}

void ReadAhead::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] {
      return ending_ || begun_ == entries_.size() || begun_ < taken_ + ahead_max_;
    });
    if (ending_ || begun_ == entries_.size()) return;
    const std::size_t at = begun_++;
    lock.unlock();
    Result<Bytes> bytes = read_verified(folder_, entries_[at]);
    lock.lock();
    read_[at] = std::move(bytes);
    changed_.notify_all();
  }
}

}  // namespace steadfarm::checkpoint
