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
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <cerrno>
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

}  // namespace

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
