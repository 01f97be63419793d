// What the in-memory file system keeps: files whose unsynced bytes can be lost, and folders whose
// unsynced changes can be lost. A crash leaves one of the states that a real disk could show.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "checkpoint/memory_faults.hpp"
#include "steadfarm/types.hpp"

namespace steadfarm::checkpoint {

/// A file. It only grows, so what is durable is a prefix, apart from what a failed sync lost.
struct MemoryFile {
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  Bytes content;
  std::size_t synced_bytes = 0;
  // After a failed sync the system calls these pages clean; a later sync succeeds without them.
  std::vector<Range> forgotten;
  bool read_only = false;

  [[nodiscard]] bool durable() const { return synced_bytes == content.size() && forgotten.empty(); }
};

/// One folder with its subfolders. Names are "NAME", "SUBFOLDER/NAME", and so on.
class MemoryDisk {
 public:
  using FilePointer = std::shared_ptr<MemoryFile>;

  [[nodiscard]] FilePointer find(const std::string& name) const;
  [[nodiscard]] bool exists(const std::string& name) const;
  /// Whether the folder that `name` would lie in is there.
  [[nodiscard]] bool has_parent(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> list(const std::string& subfolder = {}) const;
  [[nodiscard]] std::uint64_t used_bytes() const;

  void put(const std::string& name, FilePointer file);
  void remove(const std::string& name);
  void move(const std::string& from, const std::string& to);
  void make_folder(const std::string& name);
  void sync_folder(const std::string& subfolder);

  /// What a crash at this moment is sure to leave.
  [[nodiscard]] const std::map<std::string, FilePointer>& durable() const { return durable_; }
  [[nodiscard]] const std::map<std::string, FilePointer>& visible() const { return visible_; }

  /// The name, the folders that lead to it, and all bytes would survive any crash.
  [[nodiscard]] bool is_durable(const std::string& name) const;

  /// Loses some, all or nothing of what was not synced.
  void crash(Prng& prng, FaultCounts& counts);

 private:
  /// A change of names that happens as a whole: `put` and `drop` may be in two folders.
  struct Change {
    std::string put;
    FilePointer file;
    std::string drop;
    std::string folder;
  };
  void apply(const Change& change);
  void keep_folder(const std::string& name);
  [[nodiscard]] bool would_be_found(const std::string& name) const;
  void change(Change change);

  std::map<std::string, FilePointer> visible_;
  std::map<std::string, FilePointer> durable_;
  std::vector<std::string> folders_;
  std::vector<std::string> durable_folders_;
  std::vector<Change> pending_;  // in order; not yet durable
};

}  // namespace steadfarm::checkpoint
