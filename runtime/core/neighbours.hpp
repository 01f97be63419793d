// Which workers share a machine that is not the master's, and who watches whose process there.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "wire/messages.hpp"

namespace steadfarm::core {

/// On each machine the lowest worker that can watches all others, and the next one watches it.
class Neighbours {
 public:
  enum class Part : std::uint8_t {
    watches,     // and is watched
    is_watched,  // is silent: it may be stopped, or dead
    none,        // dead or gone
  };
  struct Order {
    Rank to;
    wire::Neighbours list;
  };

  /// The master itself sees processes on its own machine end.
  explicit Neighbours(std::string own_machine) : own_machine_(std::move(own_machine)) {}
  Neighbours(const Neighbours&) = delete;
  Neighbours& operator=(const Neighbours&) = delete;

  void introduce(Rank rank, const wire::Hello& hello);
  /// The part that it can play is not what it was.
  void changed(Rank rank);
  /// It may not know what it was told last.
  void tell_again(Rank rank);

  /// Who is to be told what, since the last call.
  [[nodiscard]] std::vector<Order> take_orders(const std::function<Part(Rank)>& part_of);

  /// Whether `from` can have seen this process end: it is that of a worker on its machine, and not
  /// its own.
  [[nodiscard]] bool can_see(Rank from, const wire::Process& process) const;

 private:
  struct Machine {
    std::vector<wire::Process> processes;  // sorted by rank
    bool changed = false;
  };
  struct Told {
    std::vector<wire::Process> processes;
    bool for_sure = true;
  };
  void order(Rank to, std::vector<wire::Process> processes, std::vector<Order>& out);

  std::string own_machine_;
  std::map<std::string, Machine> machines_;
  std::map<Rank, Machine*> machine_of_;
  std::map<Rank, Told> told_;
  bool changed_ = false;
};

}  // namespace steadfarm::core
