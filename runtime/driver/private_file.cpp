#include "driver/private_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace steadfarm::driver {

Result<PrivateFile> open_private_file(const std::string& path, OpenMode mode) {
  const int how = mode == OpenMode::append ? O_APPEND : O_TRUNC;
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | how, 0600);
  if (descriptor < 0) return Error{ErrorCode::io, std::strerror(errno)};
  std::FILE* file = fdopen(descriptor, mode == OpenMode::append ? "a" : "w");
  if (file == nullptr) {
    const Error error{ErrorCode::io, std::strerror(errno)};
    close(descriptor);
    return error;
  }
  return PrivateFile(file);
}

}  // namespace steadfarm::driver
