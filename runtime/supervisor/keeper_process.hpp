// The keeper's own process: see keeper.hpp.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>

#include "supervisor/keeper.hpp"

namespace steadfarm::supervisor {

/// What the keeper tells the supervisor through a pipe, as it comes to know it.
struct Report {
  enum class Kind : std::int32_t { started, cannot_start, ended, left_behind, unkillable };
  Kind kind;
  std::int32_t value;  // process id, errno, wait status, count, count
};

/// Runs in the forked child; never returns. `supervisor` is the process that forked it.
[[noreturn]] void keep(const CommandSpec& spec, const sigset_t& restore_mask, pid_t supervisor,
                       int reports);

}  // namespace steadfarm::supervisor
