// A file system that lacks things, for LD_PRELOAD: calls that concern files below one folder are
// refused as such a file system refuses them. From the environment: LACKING_DISK_FOLDER (its real
// path), LACKING_DISK (words with commas between them) and LACKING_DISK_RANK (only for this rank of
// Open MPI or MPICH; else for all).
//
//   hard_links   link(2): Operation not permitted, as on FAT
//   folder_sync  fsync(2) of folders: Invalid argument, as on SMB
//   modes        chmod(2): Operation not permitted
//   modes_kept   chmod(2) says yes and does nothing, as on mounts with fixed modes
//   open_modes   folders look open to everybody, whatever was asked for
//   rename_flags renameat2(2) knows no flags, as on NFS
//   reading      files whose names contain LACKING_DISK_NAME cannot be opened: the errno is
//                LACKING_DISK_ERRNO, for the first LACKING_DISK_TIMES times or, without that, as
//                long as the file LACKING_DISK_WHILE is there
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

template <class Call>
Call next(const char* name) {
  return reinterpret_cast<Call>(::dlsym(RTLD_NEXT, name));
}

bool is_struck_rank() {
  const char* wanted = std::getenv("LACKING_DISK_RANK");
  if (wanted == nullptr) return true;
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"}) {
    const char* rank = std::getenv(name);
    if (rank != nullptr) return std::string_view(rank) == wanted;
  }
  return false;
}

bool lacks(std::string_view what, int fd) {
  static const char* const folder = std::getenv("LACKING_DISK_FOLDER");
  static const char* const words = std::getenv("LACKING_DISK");
  static const bool struck = is_struck_rank();
  if (folder == nullptr || words == nullptr || !struck) return false;
  const std::string all = "," + std::string(words) + ",";
  if (all.find("," + std::string(what) + ",") == std::string::npos) return false;
  std::array<char, 4096> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
  if (length <= 0) return false;
  return std::string_view(path.data(), static_cast<std::size_t>(length)).starts_with(folder);
}

int refused(int error_number) {
  errno = error_number;
  return -1;
}

bool is_folder(int fd) {
  struct stat info {};
  // Not by fstat, which is one of the calls here.
  return ::fstatat(fd, "", &info, AT_EMPTY_PATH) == 0 && S_ISDIR(info.st_mode);
}

const char* or_empty(const char* text) { return text == nullptr ? "" : text; }

/// The errno for opening this file; 0: it can be opened.
int unreadable(int folder, const char* name) {
  static std::atomic<int> met = 0;
  static const char* const part = or_empty(std::getenv("LACKING_DISK_NAME"));
  static const char* const times = std::getenv("LACKING_DISK_TIMES");
  static const char* const flag = or_empty(std::getenv("LACKING_DISK_WHILE"));
  if (std::string_view(name).find(part) == std::string_view::npos) return 0;
  if (!lacks("reading", folder)) return 0;
  const bool strikes = times != nullptr ? met++ < std::atoi(times) : ::access(flag, F_OK) == 0;
  return strikes ? std::atoi(or_empty(std::getenv("LACKING_DISK_ERRNO"))) : 0;
}

}  // namespace

extern "C" int openat(int folder, const char* name, int flags, ...) {
  static const auto real = next<int (*)(int, const char*, int, mode_t)>("openat");
  std::va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  const int error_number = (flags & O_CREAT) != 0 ? 0 : unreadable(folder, name);
  return error_number != 0 ? refused(error_number) : real(folder, name, flags, mode);
}

extern "C" int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) {
  static const auto real = next<int (*)(int, const char*, int, const char*, int)>("linkat");
  if (lacks("hard_links", to_folder)) return refused(EPERM);
  return real(from_folder, from, to_folder, to, flags);
}

extern "C" int fsync(int fd) {
  static const auto real = next<int (*)(int)>("fsync");
  if (lacks("folder_sync", fd) && is_folder(fd)) return refused(EINVAL);
  return real(fd);
}

extern "C" int fchmod(int fd, mode_t mode) {
  static const auto real = next<int (*)(int, mode_t)>("fchmod");
  if (lacks("modes", fd)) return refused(EPERM);
  if (lacks("modes_kept", fd)) return 0;
  return real(fd, mode);
}

extern "C" int fchmodat(int folder, const char* name, mode_t mode, int flags) {
  static const auto real = next<int (*)(int, const char*, mode_t, int)>("fchmodat");
  if (lacks("modes", folder)) return refused(EPERM);
  if (lacks("modes_kept", folder)) return 0;
  return real(folder, name, mode, flags);
}

extern "C" int fstat(int fd, struct stat* info) {
  static const auto real = next<int (*)(int, struct stat*)>("fstat");
  const int done = real(fd, info);
  if (done == 0 && S_ISDIR(info->st_mode) && lacks("open_modes", fd)) info->st_mode |= 0777U;
  return done;
}

extern "C" int renameat2(int from_folder, const char* from, int to_folder, const char* to,
                         unsigned int flags) {
  static const auto real =
      next<int (*)(int, const char*, int, const char*, unsigned int)>("renameat2");
  if (flags != 0 && lacks("rename_flags", from_folder)) return refused(EINVAL);
  return real(from_folder, from, to_folder, to, flags);
}
