// Makes one file durable under a temporary name, and gives it its final one.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "checkpoint/file_system.hpp"
#include "checkpoint/names.hpp"

namespace steadfarm::checkpoint {

class DurableFiles {
 public:
  DurableFiles(Folder& folder, OwnerEpoch owner_epoch, std::uint64_t nonce)
      : folder_(folder), next_temp_{owner_epoch, nonce, 1} {}

  /// Writes, syncs, makes read-only, closes and reads back. Returns the temporary name. After an
  /// error the name is never used again and the file is gone if the disk allows.
  [[nodiscard]] Result<std::string> write(ByteView bytes);

  /// Links to `name` and removes the temporary name, on failure as well. The folder is not synced.
  [[nodiscard]] Status give_name(const std::string& temp, const std::string& name);

 private:
  [[nodiscard]] Status fill(const std::string& temp, ByteView bytes);
  void drop(const std::string& name);

  Folder& folder_;
  TempName next_temp_;
};

}  // namespace steadfarm::checkpoint
