// Files that a job's results depend on.
#pragma once

#include <string>

#include "base/error.hpp"
#include "checkpoint/job_record.hpp"

namespace steadfarm::api {

/// Reads the whole file for its digest, a piece at a time. Errors: io, with the path and the
/// reason.
[[nodiscard]] Result<checkpoint::InputRecord> read_input_file(const std::string& path);

}  // namespace steadfarm::api
