#include "checkpoint/posix_file_system.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "checkpoint/allocation.hpp"
#include "checkpoint/os_error.hpp"
#include "checkpoint/posix_descriptor.hpp"
#include "checkpoint/posix_errors.hpp"
#include "checkpoint/posix_folder.hpp"

namespace steadfarm::checkpoint {
namespace {

std::string without_trailing_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Makes the folder and its entry in the parent durable. No error if it is there; true if it was
/// not.
Result<bool> make_store_folder(const std::string& path) {
  const bool made = ::mkdir(path.c_str(), 0700) == 0;
  if (!made && errno == ENOENT) {
    return Error{ErrorCode::not_found,
                 "cannot make the folder " + path + ": the folder above it is not there"};
  }
  const std::string parent = parent_of(path);
  if (!made && errno != EEXIST) return cannot_write(errno, "make the folder " + path, parent);
  // Also if it was there: whoever made it may have died before the name was on disk. Then it is an
  // attempt, because the folder above may be somebody else's.
  const Descriptor fd = open_at(AT_FDCWD, parent, O_RDONLY | O_DIRECTORY);
  if (!fd.valid() && made) return os_error(errno, "open the folder " + parent);
  if (fd.valid() && ::fsync(fd.get()) != 0 && made) {
    if (means_no_folder_sync(errno)) return no_folder_sync(errno, parent);
    return os_error(errno, "make " + path + " durable (fsync)");
  }
  return made;
}

/// Nobody but us may be able to change what we are going to trust. `made`: just now, with 0700.
Status check_private(int fd, const std::string& path, bool made) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return os_error(errno, "look at the folder " + path);
  if (info.st_uid != ::geteuid()) {
    return Error{ErrorCode::io,
                 "the folder " + path + " belongs to " + user_text(info.st_uid) +
                     " and not to you, and only its owner may change a store; give " +
                     "a run a folder of your own with --store"};
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  if (made) {
    return Error{ErrorCode::io,
                 "others may write in the folder " + path +
                     ", which was made for you alone: its file system keeps no modes; mount it for "
                     "yourself alone, or give a folder on another file system with --store"};
  }
  return Error{ErrorCode::io, "others may write in the folder " + path +
                                  "; take that away with: chmod go-w " + path +
                                  " (if that changes nothing, the file system keeps no modes: give "
                                  "a folder on another one with --store)"};
}

/// Whoever may write in a folder above it, without the sticky bit, can put another folder in its
/// place.
std::vector<std::string> replaceable(const std::string& path) {
  std::error_code failed;
  const std::filesystem::path real = std::filesystem::canonical(path, failed);
  if (failed) return {};
  for (auto above = real.parent_path();; above = above.parent_path()) {
    struct stat info {};
    const bool open = ::stat(above.c_str(), &info) == 0 && (info.st_mode & S_IWOTH) != 0 &&
                      (info.st_mode & S_ISVTX) == 0;
    if (open) {
      return {"everybody may write in " + above.string() +
              ", so anybody can put another folder in the place of the store " + path +
              "; forbid that with: chmod +t " + above.string()};
    }
    if (above == above.parent_path()) return {};
  }
}

Error cannot_open(const std::string& path, Access access) {
  const int error_number = errno;
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) {
    if (S_ISLNK(info.st_mode)) {
      std::error_code ignored;
      const std::string real = std::filesystem::weakly_canonical(path, ignored).string();
      return {ErrorCode::unsupported, path +
                                          " is a symbolic link, which a store refuses; give the " +
                                          "real folder" + (real.empty() ? "" : ": " + real)};
    }
    if (!S_ISDIR(info.st_mode)) {
      return {access == Access::own ? ErrorCode::io : ErrorCode::invalid,
              path + (access == Access::own ? " is not a folder; give another one with --store"
                                            : " is not a folder; give that of a store")};
    }
  }
  const std::string attempt = "open the folder " + path;
  if (access == Access::read) return cannot_read(error_number, attempt, path);
  if (error_number == EACCES && info.st_uid != ::geteuid() && info.st_nlink > 0) {
    return {ErrorCode::denied, "the folder " + path + " belongs to " + user_text(info.st_uid) +
                                   " and not to you, and only its owner may change a store; give " +
                                   "a run a folder of your own with --store"};
  }
  return os_error(error_number, attempt);
}

}  // namespace

Result<std::unique_ptr<Folder>> PosixFileSystem::open_folder(const std::string& path_given,
                                                             Access access) {
  if (path_given.empty()) return Error{ErrorCode::usage, "the path of the store is empty"};
  const std::string path = without_trailing_slashes(path_given);
  const bool own = access == Access::own;
  bool made = false;
  if (own) {
    const Result<bool> there = make_store_folder(path);
    if (!there) return there.error();
    made = there.value();
  }
  Descriptor fd = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | (own ? O_NOFOLLOW : 0));
  if (!fd.valid()) return cannot_open(path, access);
  std::vector<std::string> warnings;
  if (own) {
    if (Status checked = check_private(fd.get(), path, made); !checked) return checked.error();
    warnings = replaceable(path);
  }
  return std::unique_ptr<Folder>(
      std::make_unique<PosixFolder>(std::move(fd), path, sharing_, std::move(warnings)));
}

std::uint64_t PosixFileSystem::nonce() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) == static_cast<ssize_t>(sizeof number)) return number;
  // Without the system's generator the process and the time must do; O_EXCL guards the rest.
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return (static_cast<std::uint64_t>(::getpid()) << 40U) ^
         static_cast<std::uint64_t>(now.tv_sec * 1000000000LL + now.tv_nsec);
}

Status touch_folder(const std::string& path) {
  if (::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0) return {};
  return os_error(errno, "set the time of the folder " + path);
}

Result<std::int64_t> folder_time_ns(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    return cannot_read(errno, "look at the folder " + path, path);
  return static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec;
}

std::uint32_t reading_threads() {
  return std::clamp<std::uint32_t>(std::thread::hardware_concurrency(), 1, 8);
}

}  // namespace steadfarm::checkpoint
