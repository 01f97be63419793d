// What launchers and Slurm say about hosts: pure, text in and names out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace steadfarm::supervisor {

struct HostTrouble {
  std::string host;
  std::string why;  // follows "node3: "

  friend bool operator==(const HostTrouble&, const HostTrouble&) = default;
};

/// The host that a line of mpirun, ssh or srun says is lost or cannot be reached, if it is such a
/// line. A program's own output may look like that by chance only.
[[nodiscard]] std::optional<HostTrouble> trouble_in_line(std::string_view line);

/// Cuts what a launcher writes into lines and keeps the hosts that they name. Bounded: a line's
/// first kilobyte counts, and each host is kept once.
class LauncherTalk {
 public:
  void add(std::string_view text);
  /// What was found since the last time.
  [[nodiscard]] std::vector<HostTrouble> take();

 private:
  void end_line();

  std::string line_;
  std::vector<HostTrouble> found_;
};

/// Slurm's word on a host.
struct SlurmHost {
  std::string name;
  bool up = false;
  std::string state;  // as Slurm has it

  friend bool operator==(const SlurmHost&, const SlurmHost&) = default;
};

/// From the output of `sinfo --noheader --Node --format='%N %T'`. A host is up unless its state
/// says that it does not answer, is down, failed, or lost its power. Draining hosts are up.
[[nodiscard]] std::vector<SlurmHost> hosts_of_sinfo(std::string_view output);

/// The NodeList of the job in the output of `scontrol show job --oneliner`: what is left of its
/// allocation.
[[nodiscard]] std::optional<std::string> node_list_of_job(std::string_view output);

}  // namespace steadfarm::supervisor
