#include "api/input_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>

namespace steadfarm::api {

Result<checkpoint::InputRecord> read_input_file(const std::string& path) {
  const auto failed = [&path] {
    return Error{ErrorCode::io, "the input file " + path +
                                    " cannot be read: " + std::strerror(errno) +
                                    "; it must be there on every rank that may be the master"};
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) return failed();
  DigestStream stream;
  std::array<char, 1U << 16U> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    stream.update(std::string_view(buffer.data(), size));
  }
  if (std::ferror(file.get()) != 0) return failed();  // a folder, too
  checkpoint::InputRecord input;
  input.name = checkpoint::record_line(std::string_view(path).substr(path.rfind('/') + 1));
  input.digest = stream.finish();
  return input;
}

}  // namespace steadfarm::api
