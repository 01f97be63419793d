// Sees the processes of other ranks on this host end, within milliseconds, whatever MPI says.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.hpp"

namespace steadfarm::driver {

/// A process, so that it cannot be taken for another one: ids are used again, and other kernels
/// and other namespaces have ids of their own.
struct ProcessName {
  std::string machine;        // boot id and process namespace; empty: not to be found out
  std::uint32_t pid = 0;      // there
  std::uint64_t started = 0;  // in ticks since the boot
};

/// This process. Without a usable /proc the machine is empty, and nobody can watch it.
[[nodiscard]] ProcessName own_process();

class ProcessWatch {
 public:
  enum class Means : std::uint8_t {
    any,   // a pidfd where there are any
    proc,  // /proc alone, for kernels without pidfds
  };
  explicit ProcessWatch(Means means = Means::any);
  ~ProcessWatch();
  ProcessWatch(const ProcessWatch&) = delete;
  ProcessWatch& operator=(const ProcessWatch&) = delete;

  /// Watches a rank's process, in place of the one before. False if it cannot be seen from here: it
  /// is on another host, in another namespace, or it is this process.
  bool watch(Rank rank, const ProcessName& process);

  /// Those that have ended since the last call, each once.
  [[nodiscard]] std::vector<Rank> take_ended();

 private:
  struct Watched {
    Rank rank;
    ProcessName process;
    int pidfd = -1;  // -1: by /proc
  };
  void unwatch(Rank rank);

  Means means_;
  ProcessName own_;
  std::vector<Watched> watched_;
};

}  // namespace steadfarm::driver
