// A farm in simulated time: the real machines of master and workers, with unit times, speeds and a
// network that are numbers. The same input gives the same output.
#pragma once

#include <cstdint>
#include <vector>

#include "core/master.hpp"

namespace steadfarm::bench {

/// What a farm has to do, and on what.
struct FarmInput {
  core::PolicyOptions policy;
  std::vector<TimeUs> unit_us;      // of each unit on a worker of speed 1
  std::vector<double> speeds;       // of each worker
  std::vector<std::uint64_t> keys;  // of each unit; what its worker would keep in a cache
  TimeUs latency_us = 20;           // of a message
  double message_cost_us = 3;       // of the master, for each message in or out
  double unit_cost_us = 0.5;        // of the master, for each unit handed out
};

struct FarmOutput {
  TimeUs makespan_us = 0;        // until the master has the last answer
  std::uint64_t messages = 0;    // of both sides, without signs of life
  std::uint64_t warm_units = 0;  // executed where a unit with the same key was before
};

[[nodiscard]] FarmOutput run_farm(const FarmInput& input);

/// No schedule ends sooner: all work over all speed, or the longest unit on the fastest worker.
[[nodiscard]] double lower_bound_us(const FarmInput& input);

}  // namespace steadfarm::bench
