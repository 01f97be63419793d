#include "transport/mpi/start_guard.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "transport/mpi/replacement.hpp"
#include "transport/mpi/watchdog.hpp"

namespace steadfarm::transport {
namespace {

constexpr int kDefaultSeconds = 120;
constexpr int kMostSeconds = 1'000'000;
constexpr int kExitAgain = 75;
constexpr std::chrono::milliseconds kWordsOnTheirWay{500};

int deadline_seconds() {
  const char* value = std::getenv("STEADFARM_START_TIMEOUT");
  if (value == nullptr) return kDefaultSeconds;
  const std::string_view text(value);
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool is_number = error == std::errc() && end == text.data() + text.size() && seconds >= 0;
  return is_number ? std::min(seconds, kMostSeconds) : kDefaultSeconds;
}

// The name of a process, as the kernel has it: its first 15 characters.
std::string name_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

void end_the_launcher() {
  constexpr std::array<std::string_view, 6> kLaunchers = {"mpirun",  "mpiexec", "orterun",
                                                          "prterun", "orted",   "prted"};
  const pid_t parent = getppid();
  const std::string name = name_of(parent);
  if (std::find(kLaunchers.begin(), kLaunchers.end(), name) == kLaunchers.end()) return;
  // It passes on what we have just said, which takes it a moment on a busy machine.
  std::this_thread::sleep_for(kWordsOnTheirWay);
  kill(parent, SIGTERM);
}

}  // namespace

StartGuard::StartGuard() {
  const int seconds = deadline_seconds();
  if (seconds == 0) return;
  constexpr int kMsPerSecond = 1000;
  // The others are well and do the work without it.
  const bool is_replacement = std::getenv(kReplacementVariable) != nullptr;
  watchdog_ = std::make_unique<Watchdog>(
      seconds * kMsPerSecond, kExitAgain,
      "steadfarm: MPI did not start within " + std::to_string(seconds) +
          " s (STEADFARM_START_TIMEOUT); perhaps a rank died meanwhile; leaving",
      is_replacement ? std::function<void()>() : end_the_launcher);
}

StartGuard::~StartGuard() = default;

void StartGuard::disarm() { watchdog_.reset(); }

}  // namespace steadfarm::transport
