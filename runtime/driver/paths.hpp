// What a path means where it is given: a unit, a fold or the program may change the folder later.
#pragma once

#include <string>

#include "base/error.hpp"

namespace steadfarm::driver {

/// The folder that relative paths begin in now. Errors: usage, with the system's words.
[[nodiscard]] Result<std::string> current_folder();

/// The same place, named from the root. An empty path stays empty. A ".." is left as it is, because
/// what it means depends on symbolic links.
[[nodiscard]] std::string path_in(const std::string& folder, const std::string& path);

[[nodiscard]] inline bool is_absolute(const std::string& path) { return path.starts_with('/'); }

}  // namespace steadfarm::driver
