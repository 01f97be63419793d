// Files of the in-memory file system that cannot be read, or seen, for a while.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace steadfarm::checkpoint {

/// By name, in whatever folder. The clock is set by who uses it.
class UnreadableFiles {
 public:
  /// Who reads this file gets this errno before `until_ms`. ENOENT: this host does not see it yet,
  /// so it is not listed either; its name is taken all the same.
  void add(const std::string& name, int error_number, std::int64_t until_ms);
  void clear() { files_.clear(); }
  /// Those that this host does not see yet, and whose names begin so, are in sight now.
  void reveal(const std::string& prefix);
  void set_now_ms(std::int64_t now_ms) { now_ms_ = now_ms; }

  /// The errno with which this reading fails; 0: it goes well.
  [[nodiscard]] int refuse(const std::string& name);
  [[nodiscard]] bool hides(const std::string& name);
  /// Readings that failed so far, and listings that missed a file.
  [[nodiscard]] std::uint64_t hits() const { return hits_; }

 private:
  struct Trouble {
    int error_number = 0;
    std::int64_t until_ms = 0;
  };
  std::map<std::string, Trouble> files_;
  std::int64_t now_ms_ = 0;
  std::uint64_t hits_ = 0;
};

}  // namespace steadfarm::checkpoint
