// Lists of hosts, as people, hostfiles and Slurm write them: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace steadfarm::supervisor {

/// A host that a launcher may use.
struct Host {
  std::string name;
  int slots = 0;     // how many ranks it takes; 0: nobody said
  std::string line;  // of its hostfile, as it stands there; empty: it comes from elsewhere

  friend bool operator==(const Host&, const Host&) = default;
};

/// The hosts of a hostfile's text, in its order. Each line of a host that is named twice counts;
/// `line` is then the first with all slots.
[[nodiscard]] std::vector<Host> hosts_of_hostfile(std::string_view text);

/// The hosts of mpirun's --host: a:4,b,b. A name without a number is one slot.
[[nodiscard]] std::vector<Host> hosts_of_option(std::string_view list);

/// The names in Slurm's way of writing them: node[1-3,07],head.
[[nodiscard]] std::vector<std::string> expand_slurm_names(std::string_view list);

/// The numbers in Slurm's way of writing them: 4(x2),3 is 4, 4, 3.
[[nodiscard]] std::vector<int> expand_slurm_counts(std::string_view list);

/// True for equal names, and for a name and the same one with its domain.
[[nodiscard]] bool same_host(std::string_view a, std::string_view b);

/// "a, b and c", for people.
[[nodiscard]] std::string list_of_names(const std::vector<Host>& hosts);

}  // namespace steadfarm::supervisor
