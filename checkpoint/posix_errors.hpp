// Errors that take a look at the file system first: what is full, what lies there instead, whose it
// is.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/error.hpp"

namespace steadfarm::checkpoint {

/// For whoever writes a store. Where the system says that the disk is full and bytes are free, the
/// file system of `fd` may have no inodes left. `fd`: an open file or folder there.
[[nodiscard]] Error cannot_write(int error_number, const std::string& what, int fd);
/// The same, by the path of something there.
[[nodiscard]] Error cannot_write(int error_number, const std::string& what,
                                 const std::string& there);

/// For whoever reads a store: where rights are missing, says whose the file or folder `path` is and
/// whom to ask.
[[nodiscard]] Error cannot_read(int error_number, const std::string& what, const std::string& path);

/// A folder inside a store that cannot be opened: where a symbolic link or a file lies there, the
/// code is `unsupported`. `folder` is
/// an open folder, `name` relative to it, `path` both together.
[[nodiscard]] Error cannot_open_subfolder(int error_number, int folder, const std::string& name,
                                          const std::string& path);

/// "alice (user 1000)", or "user 1000" where the system has no name.
[[nodiscard]] std::string user_text(uid_t user);

}  // namespace steadfarm::checkpoint
