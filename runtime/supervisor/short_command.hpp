// Commands that answer at once or are given up: what asks Slurm, and what probes hosts.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace steadfarm::supervisor {

struct ShortAnswer {
  bool succeeded = false;  // it ran and ended with 0 in time
  std::string output;      // its standard output, as far as it came, up to a megabyte
};

/// Runs them all at once, each an argument vector, without input and with their errors dropped.
/// Those that are not done after `patience_ms` are killed. For a process that has no other children
/// just now.
[[nodiscard]] std::vector<ShortAnswer> ask_all(
    const std::vector<std::vector<std::string>>& commands, const sigset_t& mask,
    std::int64_t patience_ms);

}  // namespace steadfarm::supervisor
