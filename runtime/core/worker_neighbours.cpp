// Processes on this worker's machine that it watches for the master.
#include <algorithm>
#include <utility>

#include "core/worker.hpp"

namespace steadfarm::core {

void WorkerMachine::on_body(wire::Neighbours& m, Session session, WorkerActions& out) {
  if (session < session_) return;
  neighbours_ = std::move(m.processes);
  out.emplace_back(WatchProcesses{neighbours_});
}

// Only a master that knows us knows them. A later one tells us anew whom to watch, and then we see
// it again.
void WorkerMachine::on(ProcessEnded& event, WorkerActions& out) {
  const auto ended = std::find_if(neighbours_.begin(), neighbours_.end(),
                                  [&](const wire::Process& p) { return p.rank == event.rank; });
  if (ended != neighbours_.end() && welcomed_) send(wire::Ended{*ended}, out);
}

}  // namespace steadfarm::core
