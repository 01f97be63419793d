// A worker that stands by to take over from a dead master.
#pragma once

#include <string>

#include "api/job.hpp"

namespace steadfarm::api {

/// Why no worker of this run could take over; empty if one can.
[[nodiscard]] std::string no_take_over_reason(const Options& options, bool concurrent,
                                              std::int32_t rank_count);
[[nodiscard]] bool can_take_over(const Job& job, const transport::Transport& transport);

/// What all who take part in a take-over must agree about.
[[nodiscard]] std::uint64_t job_digest(const Job& job);

/// A worker's whole run where it may have to become the master: its outcome is the master's then.
[[nodiscard]] Outcome run_standby(const Job& job, transport::Transport& transport);

}  // namespace steadfarm::api
