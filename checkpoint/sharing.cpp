#include "checkpoint/sharing.hpp"

#include <cstdint>
#include <utility>

#include "checkpoint/names.hpp"
#include "checkpoint/reader.hpp"
#include "checkpoint/shard_reader.hpp"

namespace steadfarm::checkpoint {
namespace {

class Sharer {
 public:
  explicit Sharer(Folder& folder) : folder_(folder) {}

  std::vector<std::string> share() {
    // The few files beside the shards tell whether there is anything to do.
    if (const Result<Listing> listing = list_store(folder_)) {
      for (const Generation generation : listing.value().manifests) give(manifest_name(generation));
      for (const std::string& segment : listing.value().segments) give(segment);
    } else {
      failed(listing.error());
    }
    give(shards_folder);
    const bool differs = changed_ > 0;
    if (differs) {
      share_shards();
      for (const char* subfolder : {bad_folder, discarded_folder}) share_all_in(subfolder);
    }
    // The folder itself may have been made by its user, who had reasons for its mode: a private
    // store takes away only what a shared one had given.
    if (differs || folder_.is_shared()) give({});
    if (differs) say_how_many();
    return std::move(warnings_);
  }

 private:
  void say_how_many() {
    warnings_.push_back("the store " + folder_.path() + " was written with another --mode; " +
                        std::to_string(changed_) +
                        " of its files and folders have changed to that "
                        "of this run");
  }
  void share_shards() {
    const Result<std::vector<std::string>> subfolders = folder_.list(shards_folder);
    if (!subfolders) {
      failed(subfolders.error());
      return;
    }
    for (const std::string& subfolder : subfolders.value()) {
      if (!is_shard_subfolder(subfolder)) continue;
      const std::string path = std::string(shards_folder) + "/" + subfolder;
      share_all_in(path,
                   [](const std::string& name) { return parse_shard_name(name).has_value(); });
    }
  }

  template <class Which>
  void share_all_in(const std::string& subfolder, Which which) {
    give(subfolder);
    const Result<std::vector<std::string>> names = folder_.list(subfolder);
    if (!names) {
      failed(names.error());
      return;
    }
    const std::string prefix = subfolder + "/";
    for (const std::string& name : names.value()) {
      std::string path = prefix;
      path += name;
      if (which(path)) give(path);
    }
  }
  void share_all_in(const std::string& subfolder) {
    share_all_in(subfolder, [](const std::string&) { return true; });
  }

  void give(const std::string& name) {
    const Result<bool> changed = folder_.give_mode(name);
    if (!changed) {
      failed(changed.error());
    } else if (changed.value()) {
      ++changed_;
    }
  }

  // Once is enough: it is most often the same for all.
  void failed(const Error& error) {
    if (error.code == ErrorCode::not_found || has_failed_) return;
    has_failed_ = true;
    warnings_.push_back("not all of the store has the modes of this run: " + error.message);
  }

  Folder& folder_;
  std::vector<std::string> warnings_;
  std::uint64_t changed_ = 0;
  bool has_failed_ = false;
};

}  // namespace

std::vector<std::string> share_alike(Folder& folder) { return Sharer(folder).share(); }

}  // namespace steadfarm::checkpoint
