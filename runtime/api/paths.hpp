// The paths among the options, as they were meant where the farm was made.
#pragma once

#include "base/error.hpp"
#include "steadfarm/options.hpp"

namespace steadfarm::api {

/// Names store, log and report from the root. `folder` is the current one, or why it cannot be
/// told. Errors: usage, if that is needed and cannot be told; then the options stay as they are.
[[nodiscard]] Status make_paths_absolute(const Result<std::string>& folder, Options& options);

}  // namespace steadfarm::api
