#include "driver/paths.hpp"

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

namespace steadfarm::driver {

Result<std::string> current_folder() {
  char folder[PATH_MAX] = {};
  errno = 0;
  if (::getcwd(folder, sizeof folder) != nullptr && is_absolute(folder)) return std::string(folder);
  // Linux says "(unreachable)/..." of a folder outside of the process's root.
  const std::string why = errno != 0 ? std::strerror(errno) : "it is outside of the root";
  return Error{ErrorCode::usage, "the current folder cannot be told (" + why + ")"};
}

std::string path_in(const std::string& folder, const std::string& path) {
  if (path.empty() || is_absolute(path)) return path;
  std::size_t begin = 0;
  while (path.compare(begin, 2, "./") == 0) {
    begin += 2;
    while (begin < path.size() && path[begin] == '/') ++begin;
  }
  const std::string rest = path.substr(begin);
  if (rest.empty() || rest == ".") return folder;
  return folder.ends_with('/') ? folder + rest : folder + "/" + rest;
}

}  // namespace steadfarm::driver
