#include "driver/process_watch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>
#include <sstream>

namespace steadfarm::driver {
namespace {

constexpr char kZombie = 'Z';
constexpr char kDead = 'X';

struct ProcessStat {
  char state = '?';
  std::uint64_t started = 0;
};

// The text of /proc/PID/stat. Empty: there is no such process. None: it could not be read, because
// this process has too many files open, say; that proves nothing.
std::optional<std::string> read_text(std::uint32_t pid) {
  const auto failed = [](int error) {
    const bool is_gone = error == ENOENT || error == ESRCH;
    return is_gone ? std::optional<std::string>("") : std::nullopt;
  };
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failed(errno);
  char text[1024];  // it has about 52 numbers and a name of at most 64 bytes
  const ssize_t length = read(file, text, sizeof text);
  const int error = errno;
  close(file);
  if (length < 0) return failed(error);
  return std::string(text, static_cast<std::size_t>(length));
}

// Fields 3 and 22. The name before them, in brackets, may hold anything.
std::optional<ProcessStat> parse_stat(const std::string& text) {
  const std::size_t bracket = text.rfind(')');
  if (bracket == std::string::npos) return std::nullopt;
  std::istringstream in(text.substr(bracket + 1));
  ProcessStat stat;
  in >> stat.state;
  constexpr int kBetween = 18;
  std::string skipped;
  for (int i = 0; i < kBetween; ++i) in >> skipped;
  in >> stat.started;
  return in ? std::optional(stat) : std::nullopt;
}

// What /proc shows must be what our own ids count in.
bool proc_is_ours() {
  char link[32] = {};
  const auto length = readlink("/proc/self", link, sizeof link - 1);
  return length > 0 && std::string(link) == std::to_string(getpid());
}

// None if that cannot be found out now.
std::optional<bool> has_ended(const ProcessName& process) {
  const std::optional<std::string> text = read_text(process.pid);
  if (!text) return std::nullopt;
  if (text->empty()) return true;
  const std::optional<ProcessStat> stat = parse_stat(*text);
  if (!stat) return std::nullopt;
  return stat->started != process.started || stat->state == kZombie || stat->state == kDead;
}

int open_pidfd(std::uint32_t pid) {
#ifdef SYS_pidfd_open
  return static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0));
#else
  static_cast<void>(pid);
  return -1;
#endif
}

}  // namespace

ProcessName own_process() {
  ProcessName own;
  own.pid = static_cast<std::uint32_t>(getpid());
  if (!proc_is_ours()) return own;
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string boot;
  struct stat space = {};
  const std::optional<ProcessStat> stat = parse_stat(read_text(own.pid).value_or(""));
  if (!(file >> boot) || !stat || ::stat("/proc/self/ns/pid", &space) != 0) return own;
  own.started = stat->started;
  own.machine = boot + "/" + std::to_string(space.st_ino);
  return own;
}

ProcessWatch::ProcessWatch(Means means) : means_(means), own_(own_process()) {}

ProcessWatch::~ProcessWatch() {
  for (const Watched& watched : watched_) {
    if (watched.pidfd >= 0) close(watched.pidfd);
  }
}

bool ProcessWatch::watch(Rank rank, const ProcessName& process) {
  unwatch(rank);
  const bool visible = !own_.machine.empty() && process.machine == own_.machine;
  if (!visible || process.pid == own_.pid) return false;
  Watched watched{rank, process};
  if (means_ == Means::any) watched.pidfd = open_pidfd(process.pid);
  // The id may belong to somebody else by now. Then the descriptor does, too.
  if (watched.pidfd >= 0 && has_ended(process).value_or(false)) {
    close(watched.pidfd);
    watched.pidfd = -1;
  }
  watched_.push_back(std::move(watched));
  return true;
}

void ProcessWatch::unwatch(Rank rank) {
  const auto found = std::find_if(watched_.begin(), watched_.end(),
                                  [&](const Watched& w) { return w.rank == rank; });
  if (found == watched_.end()) return;
  if (found->pidfd >= 0) close(found->pidfd);
  watched_.erase(found);
}

std::vector<Rank> ProcessWatch::take_ended() {
  std::vector<pollfd> fds;  // no more than there are files, or they would be refused
  for (const Watched& watched : watched_) {
    if (watched.pidfd >= 0) fds.push_back({watched.pidfd, POLLIN, 0});
  }
  if (poll(fds.data(), fds.size(), 0) < 0) return {};  // next time
  std::vector<Rank> ended;
  auto next = fds.begin();
  for (Watched& watched : watched_) {
    const bool by_proc = watched.pidfd < 0;
    const int event = by_proc ? 0 : (next++)->revents;
    if (!by_proc && event == 0) continue;
    const std::optional<bool> is_over = has_ended(watched.process);
    if (is_over.value_or((event & POLLIN) != 0)) {
      ended.push_back(watched.rank);
    } else if (is_over) {
      watched.pidfd = -1;  // the program has closed it, and may have its number for something else
    }
  }
  for (const Rank rank : ended) unwatch(rank);
  return ended;
}

}  // namespace steadfarm::driver
