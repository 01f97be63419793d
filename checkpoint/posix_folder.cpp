#include "checkpoint/posix_folder.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstdio>

#include "checkpoint/allocation.hpp"
#include "checkpoint/os_error.hpp"
#include "checkpoint/posix_errors.hpp"
#include "checkpoint/posix_files.hpp"

namespace steadfarm::checkpoint {

Descriptor PosixFolder::open_subfolder(const std::string& name) const {
  return open_at(fd_.get(), name.empty() ? "." : name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

Error PosixFolder::cannot_open(int error_number, const std::string& name) const {
  return cannot_open_subfolder(error_number, fd_.get(), name.empty() ? "." : name, full(name));
}

// The group that may read the folder is to read what is in it, whatever the group of this process;
// where the system does not let us, it has ours.
void PosixFolder::give_group(const std::string& name, gid_t has) {
  if (sharing_ != Sharing::group) return;
  struct stat info {};
  if (::fstat(fd_.get(), &info) != 0 || info.st_gid == has) return;
  static_cast<void>(::fchownat(fd_.get(), name.c_str(), static_cast<uid_t>(-1), info.st_gid,
                               AT_SYMLINK_NOFOLLOW) == 0);
}

Result<std::unique_ptr<NewFile>> PosixFolder::create(const std::string& name) {
  Descriptor fd = open_at(fd_.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!fd.valid()) return cannot_write(errno, "create " + full(name), fd_.get());
  // The umask may have taken bits away that we need ourselves. Where there are no modes, a store
  // hears of it when it makes the file read-only.
  if (::fchmod(fd.get(), 0600) != 0 && !means_no_modes(errno)) {
    return os_error(errno, "set the mode of " + full(name));
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) == 0) give_group(name, info.st_gid);
  return std::unique_ptr<NewFile>(
      std::make_unique<PosixNewFile>(std::move(fd), full(name), sharing_));
}

Status PosixFolder::link(const std::string& from, const std::string& to) {
  if (::linkat(fd_.get(), from.c_str(), fd_.get(), to.c_str(), 0) == 0) return {};
  if (means_no_hard_links(errno)) return no_hard_links(errno, path_);
  return cannot_write(errno, "give " + full(from) + " the name " + to, fd_.get());
}

Status PosixFolder::rename(const std::string& from, const std::string& to) {
  if (::renameat2(fd_.get(), from.c_str(), fd_.get(), to.c_str(), RENAME_NOREPLACE) == 0) {
    return {};
  }
  // NFS and others do not know the flag; a link and an unlink never replace either.
  if (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP) {
    if (Status linked = link(from, to); !linked) return linked;
    return unlink(from);
  }
  return cannot_write(errno, "rename " + full(from) + " to " + to, fd_.get());
}

Status PosixFolder::unlink(const std::string& name) {
  if (::unlinkat(fd_.get(), name.c_str(), 0) == 0) return {};
  if (errno == EISDIR) {
    return Error{ErrorCode::io, "cannot remove " + full(name) +
                                    ": it is a folder, and only files belong there; look what it "
                                    "holds, and move it away"};
  }
  return os_error(errno, "remove " + full(name));
}

Status PosixFolder::make_folder(const std::string& name) {
  const bool made = ::mkdirat(fd_.get(), name.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) {
    return cannot_write(errno, "make the folder " + full(name), fd_.get());
  }
  if (made) {  // whatever the umask has taken away
    if (const Result<bool> changed = give_mode(name); !changed) return changed.error();
  }
  const Descriptor fd = open_subfolder(name);
  if (!fd.valid()) return cannot_open(errno, name);
  return {};
}

Status PosixFolder::sync(const std::string& subfolder) {
  const Descriptor fd = open_subfolder(subfolder);
  if (!fd.valid()) return cannot_open(errno, subfolder);
  if (::fsync(fd.get()) == 0) return {};
  if (means_no_folder_sync(errno)) return no_folder_sync(errno, full(subfolder));
  return cannot_write(errno, "make the folder " + full(subfolder) + " durable (fsync)", fd.get());
}

// Of a folder that somebody made for us, only what the group may do changes.
Result<bool> PosixFolder::give_mode(const std::string& name) {
  const std::string relative = name.empty() ? "." : name;
  struct stat info {};
  if (::fstatat(fd_.get(), relative.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return os_error(errno, "look at " + full(name));
  }
  if (!name.empty()) give_group(name, info.st_gid);
  const mode_t bits = info.st_mode & 07777U;
  mode_t wanted = bits;
  if (name.empty()) {
    wanted = (bits & ~static_cast<mode_t>(070)) | (folder_mode(sharing_) & 070U);
  } else if (S_ISDIR(info.st_mode)) {
    wanted = (bits & S_ISGID) | folder_mode(sharing_);
  } else if (S_ISREG(info.st_mode)) {
    wanted = file_mode(sharing_);
  }
  if (wanted == bits) return false;
  if (::fchmodat(fd_.get(), relative.c_str(), wanted, 0) != 0) {
    if (means_no_modes(errno)) return false;  // of which the owner has been warned
    return os_error(errno, "set the mode of " + full(name));
  }
  // Some file systems take the call and keep the mode.
  return ::fstatat(fd_.get(), relative.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
         (info.st_mode & 07777U) != bits;
}

Result<std::unique_ptr<OldFile>> PosixFolder::open(const std::string& name) {
  // O_NONBLOCK: a pipe that somebody put here must not hang us.
  Descriptor fd = open_at(fd_.get(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!fd.valid() && errno == ELOOP) {
    return Error{ErrorCode::io, full(name) +
                                    " is a symbolic link, and a store has files of its own only; "
                                    "put the file that it leads to in its place"};
  }
  if (!fd.valid()) return cannot_read(errno, "open " + full(name), full(name));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return os_error(errno, "look at " + full(name));
  if (!S_ISREG(info.st_mode)) {
    return Error{ErrorCode::corrupt, full(name) + " is not a regular file"};
  }
  const auto size = static_cast<std::uint64_t>(info.st_size);
  return std::unique_ptr<OldFile>(std::make_unique<PosixOldFile>(std::move(fd), full(name), size));
}

Result<Bytes> PosixFolder::read_all(const std::string& name, std::uint64_t bytes_max) {
  const Result<std::unique_ptr<OldFile>> file = open(name);
  if (!file) return file.error();
  const std::uint64_t size = file.value()->bytes();
  if (size > bytes_max) {
    return Error{ErrorCode::corrupt, full(name) + " has " + std::to_string(size) +
                                         " bytes where at most " + std::to_string(bytes_max) +
                                         " are expected"};
  }
  Result<Bytes> bytes = allocate<std::byte>(size, "reading " + full(name));
  if (!bytes) return bytes.error();
  const Result<std::size_t> have = file.value()->read(bytes.value());
  if (!have) return have.error();
  bytes.value().resize(have.value());  // it may have shrunk under us: the digest will tell
  return bytes;
}

Result<std::uint64_t> PosixFolder::size(const std::string& name) {
  struct stat info {};
  if (::fstatat(fd_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return cannot_read(errno, "look at " + full(name), full(name));
  }
  return static_cast<std::uint64_t>(info.st_size);
}

Result<std::vector<std::string>> PosixFolder::list(const std::string& subfolder) {
  // A fresh descriptor: a second reader of the same one would share its position.
  Descriptor fd = open_subfolder(subfolder);
  if (!fd.valid()) return cannot_open(errno, subfolder);
  DIR* stream = ::fdopendir(fd.get());
  if (stream == nullptr) return os_error(errno, "list the folder " + full(subfolder));
  static_cast<void>(fd.release());  // the stream owns it now
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
    errno = 0;
  }
  const int error_number = errno;
  ::closedir(stream);
  if (error_number != 0) return os_error(error_number, "list the folder " + full(subfolder));
  return names;
}

Result<std::uint64_t> PosixFolder::free_bytes() {
  struct statvfs info {};
  if (::fstatvfs(fd_.get(), &info) != 0) return os_error(errno, "ask the free space of " + path_);
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

}  // namespace steadfarm::checkpoint
