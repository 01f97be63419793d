#include "checkpoint/posix_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "checkpoint/os_error.hpp"
#include "checkpoint/posix_errors.hpp"

namespace steadfarm::checkpoint {
namespace {

// One write(2) moves at most 2 GiB; smaller pieces also keep a signal from waiting long.
constexpr std::size_t io_bytes_max = 64U << 20U;

std::string octal(mode_t mode) {
  char text[16];
  std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode));
  return text;
}

}  // namespace

Status PosixNewFile::write(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd_.get(), bytes.data(), std::min(bytes.size(), io_bytes_max));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return cannot_write(errno, "write " + path_, fd_.get());
    if (done == 0) return os_error(EIO, "write " + path_);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return {};
}

Status PosixNewFile::sync() {
  if (::fsync(fd_.get()) == 0) return {};
  return cannot_write(errno, "make " + path_ + " durable (fsync)", fd_.get());
}

// A file system that takes the call and keeps another mode is as one that refuses it.
Status PosixNewFile::make_read_only() {
  const mode_t mode = file_mode(sharing_);
  const std::string folder = path_.substr(0, path_.rfind('/'));
  const std::string attempt = "chmod " + octal(mode);
  if (::fchmod(fd_.get(), mode) != 0) {
    if (!means_no_modes(errno)) return os_error(errno, "make " + path_ + " read-only");
    return no_modes(attempt + ": " + std::generic_category().message(errno), folder);
  }
  struct stat info {};
  if (::fstat(fd_.get(), &info) != 0) return os_error(errno, "look at " + path_);
  if ((info.st_mode & 0777U) == mode) return {};
  return no_modes(attempt + " leaves " + octal(info.st_mode & 0777U), folder);
}

Status PosixNewFile::close() {
  // Network file systems report late write errors here. The descriptor is gone in any case.
  if (::close(fd_.release()) != 0 && errno != EINTR) return os_error(errno, "close " + path_);
  return {};
}

Result<std::size_t> PosixOldFile::read(std::span<std::byte> out) {
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

Result<std::size_t> PosixOldFile::read_at(std::uint64_t offset, std::span<std::byte> out) {
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

}  // namespace steadfarm::checkpoint
