// errno to Error, in one place, so that the real and the in-memory file system speak alike.
#pragma once

#include <string>

#include "base/error.hpp"

namespace steadfarm::checkpoint {

/// `what` is the attempt with its full path: "write /scratch/run/segment-1". The message adds the
/// system's text and what to do about it. Where rights are missing, that is the advice for whoever
/// writes a store; posix_errors.hpp has that for readers.
[[nodiscard]] Error os_error(int error_number, const std::string& what);

/// The same without advice.
[[nodiscard]] Error plain_os_error(int error_number, const std::string& what);

// What a store needs and a file system may not have. `where` is the folder. Code: unsupported.

/// Refused by link(2) with this number. A store cannot do without.
[[nodiscard]] bool means_no_hard_links(int error_number);
[[nodiscard]] Error no_hard_links(int error_number, const std::string& where);

/// Refused by fsync(2) of a folder. A store cannot do without.
[[nodiscard]] bool means_no_folder_sync(int error_number);
[[nodiscard]] Error no_folder_sync(int error_number, const std::string& where);

/// Refused by fchmod(2), or without effect: `reason` says which. A store goes on, with a warning.
[[nodiscard]] bool means_no_modes(int error_number);
[[nodiscard]] Error no_modes(const std::string& reason, const std::string& where);

}  // namespace steadfarm::checkpoint
