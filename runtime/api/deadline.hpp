// When a run has to be over.
#pragma once

#include <optional>

#include "base/ids.hpp"
#include "steadfarm/options.hpp"

namespace steadfarm::api {

/// The time from now until the run has to be over, if that is limited: by Options::walltime_s since
/// its start, which is `elapsed_s` ago, by Options::deadline_unix_s, whichever is sooner; without
/// both by `slurm_end_time`, the text of SLURM_JOB_END_TIME (seconds since 1970) or null. One of
/// these that has passed is another job's: nothing would be running any more.
[[nodiscard]] std::optional<TimeUs> time_left_us(const Options& options, double elapsed_s,
                                                 const char* slurm_end_time, double now_unix_s);

}  // namespace steadfarm::api
