// A slow disk, for LD_PRELOAD: delays what a process does to files below one folder and nothing
// else. From the environment: SLOW_DISK_FOLDER (its real path), SLOW_DISK_FSYNC_MS (what each fsync
// takes longer), SLOW_DISK_BYTES_PER_S (what write moves), SLOW_DISK_HANGS (a file: while it is
// there, no fsync returns), SLOW_DISK_FAILS (a file: while it is there, each fsync is an EIO).
#include <dlfcn.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

namespace {

using WriteCall = ssize_t (*)(int, const void*, size_t);
using SyncCall = int (*)(int);

template <class Call>
Call next(const char* name) {
  return reinterpret_cast<Call>(::dlsym(RTLD_NEXT, name));
}

double number(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? 0 : std::strtod(text, nullptr);
}

bool is_slow(int fd) {
  static const char* const folder = std::getenv("SLOW_DISK_FOLDER");
  if (folder == nullptr) return false;
  std::array<char, 4096> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
  if (length <= 0) return false;
  return std::string_view(path.data(), static_cast<std::size_t>(length)).starts_with(folder);
}

void wait_seconds(double seconds) {
  if (seconds > 0) std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

void wait_while_hung() {
  static const char* const hangs = std::getenv("SLOW_DISK_HANGS");
  while (hangs != nullptr && ::access(hangs, F_OK) == 0) wait_seconds(0.01);
}

bool fails() {
  static const char* const fails = std::getenv("SLOW_DISK_FAILS");
  return fails != nullptr && ::access(fails, F_OK) == 0;
}

}  // namespace

extern "C" ssize_t write(int fd, const void* data, size_t bytes) {
  static const auto real = next<WriteCall>("write");
  static const double rate = number("SLOW_DISK_BYTES_PER_S");
  if (rate <= 0 || !is_slow(fd)) return real(fd, data, bytes);
  const ssize_t done = real(fd, data, bytes);
  if (done > 0) wait_seconds(static_cast<double>(done) / rate);
  return done;
}

extern "C" int fsync(int fd) {
  static const auto real = next<SyncCall>("fsync");
  static const double delay_s = number("SLOW_DISK_FSYNC_MS") / 1000;
  if (is_slow(fd)) {
    wait_seconds(delay_s);
    wait_while_hung();
    if (fails()) {
      errno = EIO;
      return -1;
    }
  }
  return real(fd);
}
