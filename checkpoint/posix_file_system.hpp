// The file system of the machine: this and the files posix_*.cpp beside it are the only place that
// opens, syncs, links, renames and removes.
#pragma once

#include "checkpoint/file_mode.hpp"
#include "checkpoint/file_system.hpp"

namespace steadfarm::checkpoint {

class PosixFileSystem final : public FileSystem {
 public:
  /// `sharing`: who may read what is made here.
  explicit PosixFileSystem(Sharing sharing = Sharing::nobody) : sharing_(sharing) {}

  [[nodiscard]] Result<std::unique_ptr<Folder>> open_folder(const std::string& path,
                                                            Access access) override;
  [[nodiscard]] std::uint64_t nonce() override;

 private:
  Sharing sharing_;
};

/// Sets a folder's time to now: a sign of life of whoever owns it.
[[nodiscard]] Status touch_folder(const std::string& path);

/// Changes whenever a folder is touched, and whenever a name in it is made, changed or removed.
[[nodiscard]] Result<std::int64_t> folder_time_ns(const std::string& path);

/// How many threads should read and digest at once here: one a processor, 8 at most.
[[nodiscard]] std::uint32_t reading_threads();

}  // namespace steadfarm::checkpoint
