// What must hold when the job has called itself complete and everybody has gone.
#include <algorithm>

#include "sim/simulation.hpp"

namespace steadfarm::sim {

void Simulation::check_outcome(const MasterProcess& master) {
  const Lineage& lineage = master.lineage();
  record_.check_end(lineage, master.fold(), master.machine().shared());
  const bool clean = master.finish()->outcome == core::Outcome::complete;
  if (clean != (lineage.given_up == 0)) {
    world_.verdict.fail(
        kExitWrong, "the job ended as " + std::string(core::to_string(master.finish()->outcome)) +
                        " with " + std::to_string(lineage.given_up) + " units given up");
  }
  const core::Counters& counters = master.machine().progress().counters;
  if (counters.accepted != lineage.accepted || counters.failed != lineage.given_up ||
      counters.executions < counters.accepted || world_.executions < lineage.accepted) {
    world_.verdict.fail(kExitWrong,
                        "the counters at the end are wrong: " + std::to_string(counters.accepted) +
                            " accepted, " + std::to_string(counters.failed) + " failed, " +
                            std::to_string(counters.executions) + " executed");
  }
}

// The end was called durable, so it must survive the loss of everything that is not.
void Simulation::check_store(const MasterProcess& master) {
  const Lineage& lineage = master.lineage();
  world_.files.crash();
  world_.files.unreadable().clear();  // what was not in sight is looked for anew
  if (world_.options.keep_results != 0) check_results(lineage);
  checkpoint::OpenReport report;
  const std::unique_ptr<checkpoint::Store> store = open_store(report);
  if (!store) return;
  const Lineage found = record_.opened(static_cast<std::uint32_t>(jobs_.size() + 1), report);
  if (world_.verdict.failed()) return;
  if (!report.recovered || !report.recovered->complete || found.accepted != lineage.accepted) {
    world_.verdict.fail(kExitWrong, "the complete job is not complete in the store");
  }
  record_.check_no_orphans(found);
}

void Simulation::check_results(const Lineage& lineage) {
  std::vector<bool> seen(lineage.fates.size());
  std::uint64_t count = 0;
  const Status visited = checkpoint::for_each_result(
      world_.files, kStorePath, [&](const UnitKey& key, ByteView result) {
        const std::uint32_t unit = world_.workload.find(key);
        const bool good = unit != Workload::kNone && !seen[unit] &&
                          lineage.fates[unit] == Fate::accepted &&
                          std::ranges::equal(
                              result, world_.workload.result(world_.workload.entries()[unit].node));
        if (!good) {
          world_.verdict.fail(kExitWrong, "the stored result of unit " + to_string(key) +
                                              " is wrong, doubled or should not be there");
          return;
        }
        seen[unit] = true;
        ++count;
      });
  if (!visited) {
    world_.verdict.fail(kExitWrong, "the results cannot be read: " + visited.error().message);
  } else if (count != lineage.accepted) {
    world_.verdict.fail(kExitWrong, "the store holds " + std::to_string(count) + " results of " +
                                        std::to_string(lineage.accepted) + " units");
  }
}

}  // namespace steadfarm::sim
