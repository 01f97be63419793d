// What a command says to mpirun or srun about hosts and ranks, and the same command with other
// hosts and ranks: pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/host_lists.hpp"

namespace steadfarm::supervisor {

struct LaunchLine {
  enum class Launcher : std::uint8_t { none, mpirun, srun };
  Launcher launcher = Launcher::none;
  std::size_t at = 0;  // the word that is the launcher
  std::optional<int> ranks;
  std::vector<std::string> host_lists;      // of --host, or srun's --nodelist
  std::optional<std::string> hostfile;      // its path
  std::optional<std::string> excluded;      // of srun's --exclude
  std::optional<std::string> remote_shell;  // of mpirun's plm_rsh_agent or plm_ssh_agent
  std::optional<std::string> folder;        // of mpirun's --wdir or srun's --chdir
  bool several_programs = false;            // mpirun's ':' or srun's --multi-prog
  /// The options above, as first word and number of words: what a placement replaces.
  std::vector<std::pair<std::size_t, std::size_t>> replaced;
};

/// Where the next start goes.
struct Placement {
  std::vector<Host> hosts;
  std::optional<int> ranks;           // none: what the launcher makes of the hosts
  std::vector<std::string> left_out;  // hosts that it must not use
};

/// Finds the launcher, the first word or the first after `env`, and reads its options.
[[nodiscard]] LaunchLine read_launch_line(const std::vector<std::string>& words);

/// The command for this placement. mpirun gets --hostfile with `hostfile`, if that is not empty, or
/// --host; srun gets --nodelist.
[[nodiscard]] std::vector<std::string> placed_words(const std::vector<std::string>& words,
                                                    const LaunchLine& line,
                                                    const Placement& placement,
                                                    const std::string& hostfile);

/// The text of a hostfile for these hosts: their own lines, as far as they have some.
[[nodiscard]] std::string hostfile_text(const std::vector<Host>& hosts);

}  // namespace steadfarm::supervisor
