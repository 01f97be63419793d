// Who descends from whom, as /proc tells.
#pragma once

#include <sys/types.h>

#include <vector>

namespace steadfarm::supervisor {

/// Every process below `root`, without it, parents before their children. Those that have ended,
/// with all of their threads, and wait to be reaped are left out. What is born or dies meanwhile
/// may be missing or be there still.
[[nodiscard]] std::vector<pid_t> descendants_of(pid_t root);

/// Sends the signal to each of them. Those that are gone do not matter.
void signal_all(const std::vector<pid_t>& processes, int signal);

/// Whether it is MPICH's launcher or one of its daemons, by the file that it executes.
[[nodiscard]] bool is_hydra(pid_t process);

/// Whether this process has children, ended and not yet reaped ones too. If it adopts orphans, "no"
/// means that nothing at all is below it.
[[nodiscard]] bool has_children();

/// Kills what descends from this process and reaps it, for as long as `patience_ms`. Returns how
/// many were left (processes that the kernel holds on to).
[[nodiscard]] int kill_descendants(int patience_ms);

}  // namespace steadfarm::supervisor
