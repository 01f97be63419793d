#include "core/neighbours.hpp"

#include <algorithm>
#include <utility>

namespace steadfarm::core {

void Neighbours::introduce(Rank rank, const wire::Hello& hello) {
  if (hello.machine.empty() || hello.machine == own_machine_) return;
  Machine& machine = machines_[hello.machine];
  const wire::Process process{rank, hello.pid, hello.started};
  const auto [known, is_new] = machine_of_.try_emplace(rank, &machine);
  if (!is_new && known->second != &machine) return;  // a process does not move
  auto& there = machine.processes;
  const auto at = std::lower_bound(there.begin(), there.end(), rank,
                                   [](const wire::Process& p, Rank r) { return p.rank < r; });
  if (is_new) {
    there.insert(at, process);
  } else if (*at == process) {
    return;
  } else {
    *at = process;
  }
  changed(rank);
}

void Neighbours::changed(Rank rank) {
  const auto found = machine_of_.find(rank);
  if (found == machine_of_.end()) return;
  found->second->changed = true;
  changed_ = true;
}

void Neighbours::tell_again(Rank rank) {
  if (const auto told = told_.find(rank); told != told_.end()) told->second.for_sure = false;
  changed(rank);
}

void Neighbours::order(Rank to, std::vector<wire::Process> processes, std::vector<Order>& out) {
  const auto told = told_.find(to);
  const bool known = told == told_.end() || told->second.for_sure;
  const bool same = told == told_.end() ? processes.empty() : told->second.processes == processes;
  if (known && same) return;
  told_[to] = {processes, true};
  out.push_back({to, {std::move(processes)}});
}

std::vector<Neighbours::Order> Neighbours::take_orders(const std::function<Part(Rank)>& part_of) {
  std::vector<Order> out;
  if (!std::exchange(changed_, false)) return out;
  for (auto& [name, machine] : machines_) {
    if (!std::exchange(machine.changed, false)) continue;
    std::vector<wire::Process> watched;
    std::vector<wire::Process> watchers;
    for (const wire::Process& process : machine.processes) {
      const Part part = part_of(process.rank);
      if (part != Part::none) watched.push_back(process);
      if (part == Part::watches) watchers.push_back(process);
    }
    for (std::size_t i = 0; i < watchers.size(); ++i) {
      std::vector<wire::Process> list;
      if (i == 0) {
        list = watched;
        std::erase(list, watchers[0]);
      } else if (i == 1) {
        list = {watchers[0]};
      }
      order(watchers[i].rank, std::move(list), out);
    }
  }
  return out;
}

bool Neighbours::can_see(Rank from, const wire::Process& process) const {
  const auto here = machine_of_.find(from);
  const auto there = machine_of_.find(process.rank);
  if (from == process.rank || here == machine_of_.end() || there == machine_of_.end()) return false;
  const auto& processes = there->second->processes;
  return here->second == there->second &&
         std::find(processes.begin(), processes.end(), process) != processes.end();
}

}  // namespace steadfarm::core
