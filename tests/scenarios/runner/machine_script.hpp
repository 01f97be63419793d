// One machine under a script: a command in, lines out.
#pragma once

#include <memory>
#include <string>

#include "print.hpp"
#include "script.hpp"

namespace steadfarm::scenario {

class MachineScript {
 public:
  virtual ~MachineScript() = default;
  virtual void run(const Command& command, TimeUs& now, Lines& out) = 0;
};

[[nodiscard]] std::unique_ptr<MachineScript> make_master_script();
[[nodiscard]] std::unique_ptr<MachineScript> make_worker_script();

/// Runs the blocks in order; which machine it is says the first command (`new` or `worker`).
[[nodiscard]] std::vector<Lines> run_blocks(const std::vector<Block>& blocks);

}  // namespace steadfarm::scenario
