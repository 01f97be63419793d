// Files for the user's eyes: the event log and the report.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "base/error.hpp"

namespace steadfarm::driver {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using PrivateFile = std::unique_ptr<std::FILE, CloseFile>;

enum class OpenMode { append, replace };

/// Opens for writing. A new file is made with mode 0600; the mode of one that is there already (a
/// device, a pipe, a file that somebody shares on purpose) is left alone. The error's message is
/// what the operating system says, without the path.
[[nodiscard]] Result<PrivateFile> open_private_file(const std::string& path, OpenMode mode);

}  // namespace steadfarm::driver
