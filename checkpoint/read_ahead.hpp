// Reads segments and compares their digests on several threads, for one that takes them in order.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "checkpoint/reader.hpp"

namespace steadfarm::checkpoint {

/// Holds at most one segment a thread in memory beside the one that was taken last. The folder must
/// bear reads from several threads at once, unless there is only one: then `next` reads itself.
class ReadAhead {
 public:
  /// Of entries that `wants_bytes` refuses only size and digest are checked: `next` gives no bytes,
  /// and they take no memory. Null: all bytes are wanted.
  ReadAhead(Folder& folder, std::vector<SegmentEntry> entries, std::uint32_t threads,
            std::function<bool(const SegmentEntry&)> wants_bytes = nullptr,
            Patience* patience = nullptr);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// What read_verified (or check_verified) says of the next entry. As often as there are entries.
  [[nodiscard]] Result<Bytes> next();

 private:
  void run();
  [[nodiscard]] Result<Bytes> read(const SegmentEntry& entry) const;

  Folder& folder_;
  const std::vector<SegmentEntry> entries_;
  const std::function<bool(const SegmentEntry&)> wants_bytes_;
  Patience* const patience_;
  const std::size_t ahead_max_;  // the threads may not ask threads_, which grows while they start
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::optional<Result<Bytes>>> read_;
  std::size_t begun_ = 0;  // entries that some thread has taken up
  std::size_t taken_ = 0;  // entries that `next` has given out
  bool ending_ = false;
  std::vector<std::thread> threads_;  // last: they use all of the above
};

}  // namespace steadfarm::checkpoint
