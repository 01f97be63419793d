#include "checkpoint/read_ahead.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace steadfarm::checkpoint {

ReadAhead::ReadAhead(Folder& folder, std::vector<SegmentEntry> entries, std::uint32_t threads)
    : folder_(folder), entries_(std::move(entries)), read_(entries_.size()) {
  const std::size_t count = std::min<std::size_t>(threads, entries_.size());
  if (count < 2) return;
  for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this] { run(); });
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
      return ending_ || begun_ == entries_.size() || begun_ < taken_ + threads_.size();
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
