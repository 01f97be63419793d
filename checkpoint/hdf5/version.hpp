// What HDF5 library is running.
#pragma once

#include <string>

namespace steadfarm::checkpoint {

/// As "1.10.8".
[[nodiscard]] std::string hdf5_library_version();

/// Two threads may be in it at a time.
[[nodiscard]] bool hdf5_library_is_thread_safe();

}  // namespace steadfarm::checkpoint
