#include "checkpoint/read_ahead.hpp"

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "base/assert.hpp"
#include "checkpoint/allocation.hpp"

namespace steadfarm::checkpoint {

ReadAhead::ReadAhead(Folder& folder, std::vector<SegmentEntry> entries, std::uint32_t threads,
                     std::function<bool(const SegmentEntry&)> wants_bytes, Patience* patience)
    : folder_(folder),
      entries_(std::move(entries)),
      wants_bytes_(std::move(wants_bytes)),
      patience_(patience),
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
  if (threads_.empty()) return read(entries_[taken_++]);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return read_[taken_].has_value(); });
  Result<Bytes> bytes = std::move(*std::exchange(read_[taken_], std::nullopt));
  const SegmentEntry& entry = entries_[taken_++];
  lock.unlock();
  changed_.notify_all();
  if (bytes || !bytes.error().message.empty()) return bytes;
  return memory_shortage(entry.bytes, "reading " + folder_.path() + "/" + entry.file);
}

Result<Bytes> ReadAhead::read(const SegmentEntry& entry) const {
  if (!wants_bytes_ || wants_bytes_(entry)) return read_verified(folder_, entry, patience_);
  if (Status checked = check_verified(folder_, entry, patience_); !checked) return checked.error();
  return Bytes();
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
    Result<Bytes> bytes = Error{ErrorCode::no_memory, {}};  // `next` has memory for the words
    try {
      bytes = read(entries_[at]);
    } catch (const std::bad_alloc&) {
    }
    lock.lock();
    read_[at] = std::move(bytes);
    changed_.notify_all();
  }
}

}  // namespace steadfarm::checkpoint
