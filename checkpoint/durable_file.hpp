// Makes one file durable under a temporary name, and gives it its final one.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "checkpoint/file_image.hpp"
#include "checkpoint/file_system.hpp"
#include "checkpoint/names.hpp"

namespace steadfarm::checkpoint {

class DurableFiles {
 public:
  /// Temporary files lie in `subfolder`, which is empty or ends with a slash.
  DurableFiles(Folder& folder, OwnerEpoch owner_epoch, std::uint64_t nonce,
               std::string subfolder = {})
      : folder_(folder), subfolder_(std::move(subfolder)), next_temp_{owner_epoch, nonce, 1} {}

  struct Written {
    std::string temp;  // the temporary name
    Digest digest;     // of the whole file, taken on the way to the disk
  };
  /// Writes, syncs, makes read-only, closes and reads back. After an error the name is never used
  /// again and the file is gone if the disk allows.
  [[nodiscard]] Result<Written> write(const FileImage& image);
  [[nodiscard]] Result<Written> write(ByteView bytes);

  /// Tries with an empty file, which it removes again, what all of this needs of the file system.
  /// Errors: unsupported, and what is lacking; not_found: somebody else tidies the folder. What a
  /// store can do without comes back as sentences for the user.
  [[nodiscard]] Result<std::vector<std::string>> probe();

  /// Links to `name` and removes the temporary name, on failure as well. The folder is not synced.
  [[nodiscard]] Status give_name(const std::string& temp, const std::string& name);

 private:
  [[nodiscard]] std::string next_temp();
  [[nodiscard]] Status try_out(const std::string& name, const std::string& second_name,
                               std::vector<std::string>& warnings);
  [[nodiscard]] Status fill(const std::string& temp, const FileImage& image, Digest& sum);
  [[nodiscard]] Status pour(NewFile& file, const FileImage& image, Digest& sum);
  [[nodiscard]] Status read_back(const std::string& temp, const FileImage& image,
                                 const Digest& sum);
  void drop(const std::string& name);

  Folder& folder_;
  std::string subfolder_;
  TempName next_temp_;
  Bytes buffer_;  // small pieces gather here; used again for every file
};

}  // namespace steadfarm::checkpoint
