// A file system in memory with the manners of a real one: what is not synced can be lost, and any
// operation can fail. For tests and for the seeded simulation, which run the real store on it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/file_system.hpp"
#include "checkpoint/memory_disk.hpp"
#include "checkpoint/memory_faults.hpp"
#include "checkpoint/unreadable_files.hpp"

namespace steadfarm::checkpoint {

/// What a file system may have no such thing of.
struct MemoryLacks {
  bool hard_links = false;
  bool folder_sync = false;
  bool modes = false;
};

/// Told of every operation that changed something, after the change.
class FileObserver {
 public:
  virtual ~FileObserver() = default;
  /// `to` is the new name of a link or a rename, else empty.
  virtual void changed(Operation operation, const std::string& folder, const std::string& name,
                       const std::string& to) = 0;
};

/// Equal seeds and equal calls give equal behaviour. Not thread-safe. It must outlive the folders
/// and files that it opened.
class MemoryFileSystem final : public FileSystem {
 public:
  explicit MemoryFileSystem(std::uint64_t seed) : faults_(seed), nonces_(seed ^ nonce_stream) {}

  [[nodiscard]] Result<std::unique_ptr<Folder>> open_folder(const std::string& path,
                                                            Access access) override;
  [[nodiscard]] std::uint64_t nonce() override { return nonces_.next(); }

  [[nodiscard]] MemoryFaults& faults() { return faults_; }
  [[nodiscard]] UnreadableFiles& unreadable() { return unreadable_; }
  /// Writes beyond this many bytes in a folder fail with ENOSPC, after what still fits.
  void set_capacity_bytes(std::uint64_t bytes) { capacity_bytes_ = bytes; }
  void set_lacks(const MemoryLacks& lacks) { lacks_ = lacks; }
  void set_observer(FileObserver* observer) { observer_ = observer; }

  /// The machine goes down and comes up again: unsynced bytes and names are lost, kept or torn as
  /// the seed says, faults are cleared, and everything opened before answers EIO for ever.
  void crash();

  // For tests and checkers, outside the count of operations.
  [[nodiscard]] MemoryDisk& disk(const std::string& path) { return disks_[path]; }
  /// The name and all bytes of this file would survive any crash.
  [[nodiscard]] bool is_durable(const std::string& path, const std::string& name);

 private:
  friend class MemoryFolder;
  friend class MemoryNewFile;
  static constexpr std::uint64_t nonce_stream = 0x4E4F4E4345ULL;

  void tell(Operation operation, const std::string& folder, const std::string& name,
            const std::string& to = {}) const {
    if (observer_ != nullptr) observer_->changed(operation, folder, name, to);
  }

  std::map<std::string, MemoryDisk> disks_;
  MemoryFaults faults_;
  UnreadableFiles unreadable_;
  Prng nonces_;
  std::uint64_t capacity_bytes_ = UINT64_MAX;
  MemoryLacks lacks_;
  std::uint64_t incarnation_ = 1;
  FileObserver* observer_ = nullptr;
};

}  // namespace steadfarm::checkpoint
