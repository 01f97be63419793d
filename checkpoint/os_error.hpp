// errno to Error, in one place, so that the real and the in-memory file system speak alike.
#pragma once

#include <string>

#include "base/error.hpp"

namespace steadfarm::checkpoint {

/// `what` is the attempt with its full path: "write /scratch/run/segment-1". The message adds the
/// system's text and what to do about it.
[[nodiscard]] Error os_error(int error_number, const std::string& what);

}  // namespace steadfarm::checkpoint
