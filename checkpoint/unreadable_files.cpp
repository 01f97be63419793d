#include "checkpoint/unreadable_files.hpp"

#include <cerrno>

namespace steadfarm::checkpoint {

void UnreadableFiles::add(const std::string& name, int error_number, std::int64_t until_ms) {
  files_[name] = {error_number, until_ms};
}

void UnreadableFiles::reveal(const std::string& prefix) {
  std::erase_if(files_, [&](const auto& file) {
    return file.second.error_number == ENOENT && file.first.starts_with(prefix);
  });
}

int UnreadableFiles::refuse(const std::string& name) {
  const auto found = files_.find(name);
  if (found == files_.end() || now_ms_ >= found->second.until_ms) return 0;
  ++hits_;
  return found->second.error_number;
}

bool UnreadableFiles::hides(const std::string& name) {
  const auto found = files_.find(name);
  const bool hidden = found != files_.end() && now_ms_ < found->second.until_ms &&
                      found->second.error_number == ENOENT;
  if (hidden) ++hits_;
  return hidden;
}

}  // namespace steadfarm::checkpoint
