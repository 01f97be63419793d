#include "checkpoint/hdf5/version.hpp"

#include <hdf5.h>

namespace steadfarm::checkpoint {

std::string hdf5_library_version() {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  if (H5get_libversion(&major, &minor, &release) < 0) return "unknown";
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

bool hdf5_library_is_thread_safe() {
  hbool_t is_thread_safe = 0;
  return H5is_library_threadsafe(&is_thread_safe) >= 0 && is_thread_safe != 0;
}

}  // namespace steadfarm::checkpoint
