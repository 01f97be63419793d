#include "checkpoint/posix_file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "checkpoint/allocation.hpp"
#include "checkpoint/os_error.hpp"

namespace steadfarm::checkpoint {
namespace {

// One write(2) moves at most 2 GiB; smaller pieces also keep a signal from waiting long.
constexpr std::size_t io_bytes_max = 64U << 20U;

// Up to here nobody asks first whether there is memory for a whole file.
constexpr std::uint64_t whole_read_bytes = 1ULL << 30U;

/// What this machine can give without swapping, or any number if it does not say.
std::uint64_t available_memory_bytes() {
  std::ifstream in("/proc/meminfo");
  std::string word;
  while (in >> word) {
    std::uint64_t kib = 0;
    if (word == "MemAvailable:" && in >> kib) return kib * 1024;
  }
  return UINT64_MAX;
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

Descriptor open_at(int folder, const std::string& name, int flags, mode_t mode = 0) {
  int fd = -1;
  do {
    fd = ::openat(folder, name.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return Descriptor(fd);
}

class PosixNewFile final : public NewFile {
 public:
  PosixNewFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Status write(ByteView bytes) override {
    while (!bytes.empty()) {
      const ssize_t done = ::write(fd_.get(), bytes.data(), std::min(bytes.size(), io_bytes_max));
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return os_error(errno, "write " + path_);
      if (done == 0) return os_error(EIO, "write " + path_);
      bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
    return {};
  }
  Status sync() override {
    if (::fsync(fd_.get()) != 0) return os_error(errno, "make " + path_ + " durable (fsync)");
    return {};
  }
  Status make_read_only() override {
    if (::fchmod(fd_.get(), 0400) != 0) return os_error(errno, "make " + path_ + " read-only");
    return {};
  }
  Status close() override {
    // Network file systems report late write errors here. The descriptor is gone in any case.
    if (::close(fd_.release()) != 0 && errno != EINTR) return os_error(errno, "close " + path_);
    return {};
  }

 private:
  Descriptor fd_;
  std::string path_;
};

class PosixOldFile final : public OldFile {
 public:
  PosixOldFile(Descriptor fd, std::string path, std::uint64_t bytes)
      : fd_(std::move(fd)), path_(std::move(path)), bytes_(bytes) {}

  std::uint64_t bytes() const override { return bytes_; }

  Result<std::size_t> read(std::span<std::byte> out) override {
    std::size_t have = 0;
    while (have < out.size()) {
      const ssize_t got =
          ::read(fd_.get(), out.data() + have, std::min(out.size() - have, io_bytes_max));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return os_error(errno, "read " + path_);
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    return have;
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    std::size_t have = 0;
    while (have < out.size()) {
      const ssize_t got =
          ::pread(fd_.get(), out.data() + have, std::min(out.size() - have, io_bytes_max),
                  static_cast<off_t>(offset + have));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return os_error(errno, "read " + path_);
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    return have;
  }

 private:
  Descriptor fd_;
  std::string path_;
  std::uint64_t bytes_;
};

class PosixFolder final : public Folder {
 public:
  PosixFolder(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  const std::string& path() const override { return path_; }

  Result<std::unique_ptr<NewFile>> create(const std::string& name) override {
    Descriptor fd = open_at(fd_.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (!fd.valid()) return os_error(errno, "create " + full(name));
    // The umask may have taken bits away that we need ourselves.
    if (::fchmod(fd.get(), 0600) != 0) return os_error(errno, "set the mode of " + full(name));
    return std::unique_ptr<NewFile>(std::make_unique<PosixNewFile>(std::move(fd), full(name)));
  }

  Status link(const std::string& from, const std::string& to) override {
    if (::linkat(fd_.get(), from.c_str(), fd_.get(), to.c_str(), 0) == 0) return {};
    return os_error(errno, "give " + full(from) + " the name " + to);
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::renameat2(fd_.get(), from.c_str(), fd_.get(), to.c_str(), RENAME_NOREPLACE) == 0) {
      return {};
    }
    // NFS and others do not know the flag; a link and an unlink never replace either.
    if (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP) {
      if (Status linked = link(from, to); !linked) return linked;
      return unlink(from);
    }
    return os_error(errno, "rename " + full(from) + " to " + to);
  }

  Status unlink(const std::string& name) override {
    if (::unlinkat(fd_.get(), name.c_str(), 0) == 0) return {};
    return os_error(errno, "remove " + full(name));
  }

  Status make_folder(const std::string& name) override {
    if (::mkdirat(fd_.get(), name.c_str(), 0700) == 0 || errno == EEXIST) {
      const Descriptor fd = open_at(fd_.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      if (fd.valid()) return {};
    }
    return os_error(errno, "make the folder " + full(name));
  }

  Status sync(const std::string& subfolder) override {
    const std::string name = subfolder.empty() ? "." : subfolder;
    const Descriptor fd = open_at(fd_.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!fd.valid()) return os_error(errno, "open the folder " + full(subfolder));
    if (::fsync(fd.get()) == 0) return {};
    return os_error(errno, "make the folder " + full(subfolder) + " durable (fsync)");
  }

  Result<std::unique_ptr<OldFile>> open(const std::string& name) override {
    // O_NONBLOCK: a pipe that somebody put here must not hang us.
    Descriptor fd = open_at(fd_.get(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!fd.valid()) return os_error(errno, "open " + full(name));
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return os_error(errno, "look at " + full(name));
    if (!S_ISREG(info.st_mode)) {
      return Error{ErrorCode::corrupt, full(name) + " is not a regular file"};
    }
    const auto size = static_cast<std::uint64_t>(info.st_size);
    return std::unique_ptr<OldFile>(
        std::make_unique<PosixOldFile>(std::move(fd), full(name), size));
  }

  Result<Bytes> read_all(const std::string& name, std::uint64_t bytes_max) override {
    const Result<std::unique_ptr<OldFile>> file = open(name);
    if (!file) return file.error();
    const std::uint64_t size = file.value()->bytes();
    if (size > bytes_max) {
      return Error{ErrorCode::corrupt, full(name) + " has " + std::to_string(size) +
                                           " bytes where at most " + std::to_string(bytes_max) +
                                           " are expected"};
    }
    // The system may promise more than there is, and end the process when it is used.
    if (size > whole_read_bytes && size > available_memory_bytes()) {
      return memory_shortage(size, "reading " + full(name));
    }
    Result<Bytes> bytes = allocate<std::byte>(size, "reading " + full(name));
    if (!bytes) return bytes.error();
    const Result<std::size_t> have = file.value()->read(bytes.value());
    if (!have) return have.error();
    bytes.value().resize(have.value());  // it may have shrunk under us: the digest will tell
    return bytes;
  }

  Result<std::uint64_t> size(const std::string& name) override {
    struct stat info {};
    if (::fstatat(fd_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      return os_error(errno, "look at " + full(name));
    }
    return static_cast<std::uint64_t>(info.st_size);
  }

  Result<std::vector<std::string>> list(const std::string& subfolder) override {
    // A fresh descriptor: a second reader of the same one would share its position.
    const std::string name_of_it = subfolder.empty() ? "." : subfolder;
    Descriptor fd = open_at(fd_.get(), name_of_it, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!fd.valid()) return os_error(errno, "open the folder " + full(subfolder));
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

  Result<std::uint64_t> free_bytes() override {
    struct statvfs info {};
    if (::fstatvfs(fd_.get(), &info) != 0) return os_error(errno, "ask the free space of " + path_);
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  }

 private:
  [[nodiscard]] std::string full(const std::string& name) const {
    return name.empty() ? path_ : path_ + "/" + name;
  }

  Descriptor fd_;
  std::string path_;
};

std::string without_trailing_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

/// Makes the folder and its entry in the parent durable. No error if it is there.
Status make_store_folder(const std::string& path) {
  const bool made = ::mkdir(path.c_str(), 0700) == 0;
  if (!made && errno == ENOENT) {
    return Error{ErrorCode::not_found,
                 "cannot make the folder " + path + ": the folder above it is not there"};
  }
  if (!made && errno != EEXIST) return os_error(errno, "make the folder " + path);
  const std::size_t slash = path.rfind('/');
  std::string parent = ".";
  if (slash == 0) parent = "/";
  if (slash != std::string::npos && slash > 0) parent = path.substr(0, slash);
  // Also if it was there: whoever made it may have died before the name was on disk. Then it is an
  // attempt, because the folder above may be somebody else's.
  const Descriptor fd = open_at(AT_FDCWD, parent, O_RDONLY | O_DIRECTORY);
  if (!fd.valid() && made) return os_error(errno, "open the folder " + parent);
  if (fd.valid() && ::fsync(fd.get()) != 0 && made) {
    return os_error(errno, "make " + path + " durable (fsync)");
  }
  return {};
}

/// Nobody but us may be able to change what we are going to trust.
Status check_private(int fd, const std::string& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return os_error(errno, "look at the folder " + path);
  if (info.st_uid != ::geteuid()) {
    return Error{ErrorCode::io, "the folder " + path + " belongs to user " +
                                    std::to_string(info.st_uid) +
                                    " and not to you; give a folder of your own with --store"};
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Error{ErrorCode::io, "others may write in the folder " + path +
                                    "; take that away with: chmod go-w " + path};
  }
  return {};
}

Error cannot_open(const std::string& path, Access access) {
  const int error_number = errno;
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) {
    if (S_ISLNK(info.st_mode)) {
      std::error_code ignored;
      const std::string real = std::filesystem::weakly_canonical(path, ignored).string();
      return {ErrorCode::io, path + " is a symbolic link, which a store refuses; give the real " +
                                 "folder with --store" + (real.empty() ? "" : ": " + real)};
    }
    if (!S_ISDIR(info.st_mode)) {
      return {access == Access::own ? ErrorCode::io : ErrorCode::invalid,
              path + (access == Access::own ? " is not a folder; give another one with --store"
                                            : " is not a folder; give that of a store")};
    }
  }
  return os_error(error_number, "open the folder " + path);
}

}  // namespace

Result<std::unique_ptr<Folder>> PosixFileSystem::open_folder(const std::string& path_given,
                                                             Access access) {
  if (path_given.empty()) return Error{ErrorCode::usage, "the path of the store is empty"};
  const std::string path = without_trailing_slashes(path_given);
  if (access == Access::own) {
    if (Status made = make_store_folder(path); !made) return made.error();
  }
  const int follow = access == Access::own ? O_NOFOLLOW : 0;
  Descriptor fd = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | follow);
  if (!fd.valid()) return cannot_open(path, access);
  if (access == Access::own) {
    if (Status checked = check_private(fd.get(), path); !checked) return checked.error();
  }
  return std::unique_ptr<Folder>(std::make_unique<PosixFolder>(std::move(fd), path));
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
  if (::stat(path.c_str(), &info) != 0) return os_error(errno, "look at the folder " + path);
  return static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec;
}

std::uint32_t reading_threads() {
  return std::clamp<std::uint32_t>(std::thread::hardware_concurrency(), 1, 8);
}

}  // namespace steadfarm::checkpoint
