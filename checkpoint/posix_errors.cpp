#include "checkpoint/posix_errors.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "checkpoint/os_error.hpp"

namespace steadfarm::checkpoint {
namespace {

// Some file systems make inodes as they need them and count none.
bool without_inodes(const struct statvfs& info) {
  return info.f_files > 0 && info.f_favail == 0 && info.f_bavail > 0;
}

Error out_of_inodes(const std::string& what, const struct statvfs& info) {
  const auto free = static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  return {ErrorCode::no_space,
          "cannot " + what + ": no inodes are left on its file system, whose " +
              std::to_string(info.f_files) + " are used up (" + std::to_string(free) +
              " bytes are free); remove files there, or give another folder with --store"};
}

}  // namespace

Error cannot_write(int error_number, const std::string& what, int fd) {
  struct statvfs info {};
  const bool full = error_number == ENOSPC && ::fstatvfs(fd, &info) == 0;
  return full && without_inodes(info) ? out_of_inodes(what, info) : os_error(error_number, what);
}

Error cannot_write(int error_number, const std::string& what, const std::string& there) {
  struct statvfs info {};
  const bool full = error_number == ENOSPC && ::statvfs(there.c_str(), &info) == 0;
  return full && without_inodes(info) ? out_of_inodes(what, info) : os_error(error_number, what);
}

Error cannot_read(int error_number, const std::string& what, const std::string& path) {
  if (error_number != EACCES && error_number != EPERM) return os_error(error_number, what);
  Error error = plain_os_error(error_number, what);
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    error.message += "; a folder on the way to it is closed to you: ask its owner for permission";
  } else if (info.st_uid == ::geteuid()) {
    error.message += "; it is yours: give yourself the right to read it with chmod u+rX";
  } else {
    error.message +=
        "; it belongs to " + user_text(info.st_uid) +
        ": ask for permission to read it, or for a run with --mode group if you are in "
        "its group";
  }
  return error;
}

Error cannot_open_subfolder(int error_number, int folder, const std::string& name,
                            const std::string& path) {
  struct stat info {};
  if (::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
    if (S_ISLNK(info.st_mode)) {
      std::array<char, 4096> target{};
      const ssize_t size = ::readlinkat(folder, name.c_str(), target.data(), target.size());
      const std::string to(target.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
      return {ErrorCode::unsupported,
              path + " is a symbolic link (to " + to +
                  "), and a store has folders of its own only; move what it leads "
                  "to in its place"};
    }
    if (!S_ISDIR(info.st_mode)) {
      return {ErrorCode::unsupported,
              path + " is not a folder and stands where one belongs; move it away"};
    }
  }
  return cannot_read(error_number, "open the folder " + path, path);
}

std::string user_text(uid_t user) {
  std::array<char, 4096> room{};
  passwd entry{};
  passwd* found = nullptr;
  std::string number = "user " + std::to_string(user);
  if (::getpwuid_r(user, &entry, room.data(), room.size(), &found) != 0 || found == nullptr) {
    return number;
  }
  return std::string(found->pw_name) + " (" + number + ")";
}

}  // namespace steadfarm::checkpoint
