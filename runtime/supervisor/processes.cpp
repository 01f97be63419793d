#include "supervisor/processes.hpp"

#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace steadfarm::supervisor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLookInterval = std::chrono::milliseconds(10);  // between two looks at who is left

struct Entry {
  pid_t pid = 0;
  pid_t parent = 0;
};

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};
struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// `fields` starts at the third field of the line, the state. The number of threads is the
// twentieth.
long threads_of(const char* fields) {
  for (int field = 3; field < 20 && fields != nullptr; ++field) {
    fields = std::strchr(fields, ' ');
    if (fields != nullptr) ++fields;
  }
  return fields == nullptr ? 0 : std::strtol(fields, nullptr, 10);
}

// The line is "PID (NAME) STATE PARENT ...", and NAME may hold anything, also ") Z 1".
bool read_entry(pid_t pid, Entry& entry) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "re"));
  if (!file) return false;
  char line[1024] = {};
  const std::size_t size = std::fread(line, 1, sizeof line - 1, file.get());
  if (size == 0) return false;
  const char* name_end = std::strrchr(line, ')');
  if (name_end == nullptr || std::strlen(name_end) < 5) return false;
  entry = {pid, static_cast<pid_t>(std::strtol(name_end + 4, nullptr, 10))};
  // A leader that has ended is a zombie while its other threads run, and has its children still.
  const bool zombie = name_end[2] == 'Z' || name_end[2] == 'X';
  return !zombie || threads_of(name_end + 2) > 1;
}

std::vector<Entry> all_processes() {
  std::vector<Entry> entries;
  const std::unique_ptr<DIR, CloseFolder> folder(opendir("/proc"));
  if (!folder) return entries;
  while (const dirent* found = readdir(folder.get())) {
    const auto pid = static_cast<pid_t>(std::strtol(found->d_name, nullptr, 10));
    Entry entry;
    if (pid > 0 && read_entry(pid, entry)) entries.push_back(entry);
  }
  return entries;
}

}  // namespace

std::vector<pid_t> descendants_of(pid_t root) {
  const std::vector<Entry> entries = all_processes();
  std::vector<pid_t> found = {root};
  for (std::size_t next = 0; next < found.size(); ++next) {
    for (const Entry& entry : entries) {
      const bool known = std::find(found.begin(), found.end(), entry.pid) != found.end();
      if (entry.parent == found[next] && !known) found.push_back(entry.pid);
    }
  }
  found.erase(found.begin());
  return found;
}

void signal_all(const std::vector<pid_t>& processes, int signal) {
  for (const pid_t pid : processes) kill(pid, signal);
}

bool is_hydra(pid_t process) {
  char path[4096] = {};
  const std::string link = "/proc/" + std::to_string(process) + "/exe";
  if (readlink(link.c_str(), path, sizeof path - 1) <= 0) return false;
  const char* slash = std::strrchr(path, '/');
  const std::string_view name = slash == nullptr ? path : slash + 1;
  return name.starts_with("mpiexec.hydra") || name.starts_with("hydra_");
}

bool has_children() {
  siginfo_t info = {};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

int kill_descendants(int patience_ms) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(patience_ms);
  while (true) {
    // Whoever is orphaned by this becomes our child, and is found by the next look.
    const std::vector<pid_t> left = descendants_of(getpid());
    signal_all(left, SIGKILL);
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    // The look at /proc is no snapshot, so it may miss one whose parent ends just now. The kernel
    // misses none: whoever is below us is our child, or has a parent below us that is one.
    if (!has_children()) return 0;
    if (Clock::now() >= deadline) return std::max(1, static_cast<int>(left.size()));
    std::this_thread::sleep_for(kLookInterval);
  }
}

}  // namespace steadfarm::supervisor
