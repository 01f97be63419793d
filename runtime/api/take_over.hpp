// A worker that stands by to take over from a dead master.
#pragma once

#include <string>

#include "api/job.hpp"
#include "core/term.hpp"

namespace steadfarm::api {

/// Why no worker of this run could take over; empty if one can.
[[nodiscard]] std::string no_take_over_reason(const Options& options, bool concurrent,
                                              std::int32_t rank_count);
[[nodiscard]] bool can_take_over(const Job& job, const transport::Transport& transport);

/// The term of a master that got `owner_epoch` from the store, in a job whose first master had
/// `first_epoch`. Errors: foreign, if the store at this path cannot be the one that the job began
/// with; internal, if there have been too many owners.
[[nodiscard]] Result<core::Term> term_in_store(const std::string& path, OwnerEpoch first_epoch,
                                               OwnerEpoch owner_epoch);

/// What all who take part in a take-over must agree about.
[[nodiscard]] std::uint64_t job_digest(const Job& job);

/// A worker's whole run where it may have to become the master: its outcome is the master's then.
[[nodiscard]] Outcome run_standby(const Job& job, transport::Transport& transport);

}  // namespace steadfarm::api
