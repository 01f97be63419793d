// Keeps one start of the command, and leaves nothing of it behind.
//
// Between the supervisor and the command stands a process of its own, the keeper: leader of a new
// session (so that a terminal's Ctrl-C reaches the supervisor alone) and the one that adopts every
// orphan below it (PR_SET_CHILD_SUBREAPER). It ends only when nothing is left that descends from
// the command: ranks that mpirun left behind, what a script has put into the background. If the
// supervisor dies, by SIGKILL too, the keeper is told by the kernel (PR_SET_PDEATHSIG) and ends the
// command. If the keeper dies, the command's first process is killed with it, the supervisor adopts
// the rest, and ends it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace steadfarm::supervisor {

/// How long those who are told to end have before they are killed: for what ends by itself, and for
/// a launcher to take its ranks on other hosts along.
inline constexpr int kTermGraceMs = 3'000;
/// How long is waited for what was killed. The kernel may hold on to a process (a dead file
/// server).
inline constexpr int kKillPatienceMs = 5'000;

struct CommandSpec {
  std::vector<std::string> words;  // the argument vector; the first is looked up in PATH
  std::vector<std::pair<std::string, std::string>> variables;  // added to the environment
  int error_end = -1;  // what its standard error is; -1: the supervisor's own
};

/// What became of it.
struct Kept {
  std::optional<int> start_error;  // errno, if the command could not be executed
  std::optional<int> wait_status;  // of the command's first process; none if the keeper was killed
  pid_t pid = 0;                   // of that process
  int left_behind = 0;             // processes that outlived it and were ended
  int unkillable = 0;              // of them, those that SIGKILL did not end in time
};

/// One start. Not thread-safe, and the caller has SIGCHLD, SIGUSR1, SIGUSR2 and SIGTERM blocked.
class Keeper {
 public:
  /// Starts the keeper, which starts the command. Standard input is /dev/null (what one start has
  /// read the next one could not read); `restore_mask` is the signal mask the command gets.
  [[nodiscard]] static Result<Keeper> start(const CommandSpec& spec, const sigset_t& restore_mask);
  Keeper(Keeper&& other) noexcept;
  Keeper& operator=(Keeper&&) = delete;
  ~Keeper();  // kills what is left

  /// SIGUSR1 or SIGUSR2, to the command's process group. After SIGUSR2 (stop) what outlives the
  /// command's first process is left to finish until `end`.
  void pass_on(int signal) const;
  /// SIGTERM to the command, and SIGKILL to all that is left after kTermGraceMs.
  void end();

  /// True once, when the keeper has ended: nothing is left of the command. To be asked after each
  /// SIGCHLD. Then `kept` holds what became of it.
  [[nodiscard]] bool has_ended();
  [[nodiscard]] const Kept& kept() const { return kept_; }

 private:
  Keeper(pid_t pid, int reports) : pid_(pid), reports_(reports) {}
  void take_reports();

  pid_t pid_ = -1;  // -1: has ended
  int reports_ = -1;
  Kept kept_;
  std::optional<std::chrono::steady_clock::time_point> give_up_at_;  // after `end`
};

/// Makes this process the one that adopts orphans below it. Once, before the first start.
void adopt_orphans();

}  // namespace steadfarm::supervisor
