#include "api/paths.hpp"

#include <array>

#include "driver/paths.hpp"

namespace steadfarm::api {

Status make_paths_absolute(const Result<std::string>& folder, Options& options) {
  struct Named {
    const char* name;
    std::string& path;
  };
  const std::array<Named, 3> all = {
      {{"--store", options.store}, {"--log", options.log}, {"--report", options.report}}};
  for (const Named& one : all) {
    if (one.path.empty() || driver::is_absolute(one.path)) continue;
    if (!folder) {
      return Error{ErrorCode::usage, folder.error().message + ", so " + one.name + " '" + one.path +
                                         "' names no place; give a path that begins with /, or "
                                         "start in a folder that exists"};
    }
    one.path = driver::path_in(folder.value(), one.path);
  }
  return {};
}

}  // namespace steadfarm::api
