// Which program this process runs: its file's name, and what tells one build from another.
#pragma once

#include <string>

namespace steadfarm::driver {

struct ProgramName {
  std::string file;  // last component of the executable's path; empty: not known
  std::string
      build;  // "gnu-" and the linker's build id, or "xxh3-" and the file's digest; or empty
};

/// Of this process. Looked up once, at the first call: a file that is replaced later changes
/// nothing. Thread-safe.
[[nodiscard]] const ProgramName& own_program();

}  // namespace steadfarm::driver
