// The port to files. Everything the store does to a disk goes through here, one fallible step a
// call, so that a test can make each step fail. Names are relative to an opened folder: "NAME",
// "SUBFOLDER/NAME", and so on.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "steadfarm/types.hpp"

namespace steadfarm::checkpoint {

/// A file that is being written for the first time. Dropping it closes it; what was not synced may
/// be lost. After a failed `sync` the file must be given up: the system may have dropped the bytes
/// and will report success the next time.
class NewFile {
 public:
  virtual ~NewFile() = default;

  /// Appends all of `bytes`.
  [[nodiscard]] virtual Status write(ByteView bytes) = 0;
  /// The bytes are on disk when this returns success. The name may not be: see Folder::sync.
  [[nodiscard]] virtual Status sync() = 0;
  /// Mode 0400, or 0440 if a group may read; writing through this handle stays possible.
  /// `unsupported` if the file system keeps no modes: the file is as it was.
  [[nodiscard]] virtual Status make_read_only() = 0;
  [[nodiscard]] virtual Status close() = 0;
};

/// A file that is being read: from its beginning, or in any order.
class OldFile {
 public:
  virtual ~OldFile() = default;
  /// Its size when it was opened.
  [[nodiscard]] virtual std::uint64_t bytes() const = 0;
  /// Fills `out` from where the last call ended; returns how much there was, 0 at the end.
  [[nodiscard]] virtual Result<std::size_t> read(std::span<std::byte> out) = 0;
  /// Fills `out` from `offset` on; returns how much there was. Does not change where `read` goes
  /// on.
  [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset,
                                                    std::span<std::byte> out) = 0;
};

/// An opened folder. Errors carry the full path. Codes: not_found, exists, no_space, shortage,
/// denied, io; and unsupported, where trying again is of no use: the file system has no such thing,
/// or something else stands in the place of a folder.
class Folder {
 public:
  virtual ~Folder() = default;

  [[nodiscard]] virtual const std::string& path() const = 0;
  /// What whoever opened it should know of it, one sentence each.
  [[nodiscard]] virtual std::vector<std::string> warnings() const { return {}; }

  /// A new file with mode 0600; `exists` if the name is taken, be it by a symbolic link.
  [[nodiscard]] virtual Result<std::unique_ptr<NewFile>> create(const std::string& name) = 0;
  /// A second name for a file; `exists` if the name is taken. Atomic, also between machines.
  /// `unsupported` if the file system makes no hard links.
  [[nodiscard]] virtual Status link(const std::string& from, const std::string& to) = 0;
  /// Never replaces: `exists` if the new name is taken.
  [[nodiscard]] virtual Status rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual Status unlink(const std::string& name) = 0;
  /// A subfolder with mode 0700, or 0750 if a group may read; no error if it is there already.
  [[nodiscard]] virtual Status make_folder(const std::string& name) = 0;
  /// Names made, changed and removed in this folder (or in `subfolder`) are on disk after this.
  /// `unsupported` if the file system cannot do that.
  [[nodiscard]] virtual Status sync(const std::string& subfolder = {}) = 0;
  /// A group may read what is made here.
  [[nodiscard]] virtual bool is_shared() const { return false; }
  /// Gives a file or subfolder that is there already, or this folder itself (empty), the mode that
  /// a new one would get. True if it had another. Nothing where there are no modes.
  [[nodiscard]] virtual Result<bool> give_mode(const std::string& name) = 0;

  /// `corrupt` if it is no regular file.
  [[nodiscard]] virtual Result<std::unique_ptr<OldFile>> open(const std::string& name) = 0;
  /// The whole file; `corrupt` if it is larger than `bytes_max` or is no regular file.
  [[nodiscard]] virtual Result<Bytes> read_all(const std::string& name,
                                               std::uint64_t bytes_max) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> size(const std::string& name) = 0;
  /// The names in this folder (or in `subfolder`), read afresh, in no particular order; without "."
  /// and "..".
  [[nodiscard]] virtual Result<std::vector<std::string>> list(
      const std::string& subfolder = {}) = 0;
  /// What this user may still write, as far as the system tells; quotas may be tighter.
  [[nodiscard]] virtual Result<std::uint64_t> free_bytes() = 0;
};

enum class Access {
  own,   // made with mode 0700 if missing; refused if it is a link, not ours, or others may write
  read,  // must be there
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  [[nodiscard]] virtual Result<std::unique_ptr<Folder>> open_folder(const std::string& path,
                                                                    Access access) = 0;
  /// A number nobody else draws, for names of temporary files and to tell our manifest from
  /// another's. Not a secret.
  [[nodiscard]] virtual std::uint64_t nonce() = 0;
};

}  // namespace steadfarm::checkpoint
