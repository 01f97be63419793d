// What HDF5 library is running.
#pragma once

#include <string>

namespace steadfarm::checkpoint {

/// As "1.10.8".
[[nodiscard]] std::string hdf5_library_version();

}  // namespace steadfarm::checkpoint
