#include "checkpoint/housekeeping.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "checkpoint/names.hpp"
#include "checkpoint/shard_reader.hpp"

namespace steadfarm::checkpoint {
namespace {

class House {
 public:
  House(Folder& folder, const Survey& found, const Manifest& takeover, OwnerEpoch shards_from,
        Retention& retention)
      : folder_(folder),
        found_(found),
        takeover_(takeover),
        shards_from_(shards_from),
        retention_(retention) {}

  HousekeepingReport keep() {
    name_base();
    // Listed anew: from now on no older owner can add to it and be believed.
    Result<Listing> listing = list_store(folder_);
    if (!listing) {
      report_.warnings.push_back("old files stay for now: " + listing.error().message);
      return std::move(report_);
    }
    if (listing.value().newest() > takeover_.generation) {
      // This host had not seen all of the folder: what looks left over may belong to somebody.
      report_.warnings.push_back(
          "old files stay for now: " + folder_.path() + " holds generation " +
          std::to_string(listing.value().newest().value) + ", which came into sight only now");
      return std::move(report_);
    }
    for (const BadFile& bad : found_.bad) set_aside(bad);
    for (const BadFile& bad : found_.bad) tell(bad);
    if (found_.lost_manifests) {
      report_.warnings.push_back(
          "a manifest up to generation " + std::to_string(found_.newest.value) +
          " was published and is not in " + folder_.path() +
          "; files that may be its own are set aside in the folder " + bad_folder);
    }
    sort_manifests();
    sort_segments(listing.value());
    sort_shards();
    for (const std::string& name : to_discard_) {
      if (put_away(discarded_folder, name)) ++report_.discarded;
    }
    for (const std::string& name : listing.value().temps) {
      const auto temp = parse_temp_name(name);
      const bool mine =
          temp->owner_epoch == takeover_.owner_epoch && temp->nonce == takeover_.nonce;
      if (!mine && temp->owner_epoch <= takeover_.owner_epoch) retention_.doom_file(name);
    }
    if (report_.discarded > 0) {
      report_.warnings.push_back("the older content of " + folder_.path() + " (" +
                                 std::to_string(report_.discarded) + " files) is in its folder " +
                                 discarded_folder + "; remove that when you do not need it");
    }
    sync_folders();
    return std::move(report_);
  }

 private:
  /// What this start goes on from.
  void name_base() {
    for (const ShardInfo& shard : found_.shards) shards_.insert(shard.name);
    if (!found_.base) return;
    for (const SegmentEntry& entry : found_.base->manifest.segments) base_.insert(entry.file);
    base_.insert(manifest_name(found_.base->manifest.generation));
    for (const ShardInfo& shard : found_.shards) base_.insert(shard_name(shard.name));
  }

  /// A file that the base names has been verified with it, whatever a later generation says.
  void set_aside(const BadFile& bad) {
    if (base_.contains(bad.name)) return;
    if (put_away(bad_folder, bad.name)) ++report_.set_aside;
    away_.insert(bad.name);
  }

  /// A manifest is bad for the reason of the file that it names, and is told of by itself only if
  /// that file stays.
  void tell(const BadFile& bad) {
    if (!away_.contains(bad.name)) return;
    const auto is_culprit = [&](const BadFile& other) {
      return other.reason == bad.reason && other.reason.find(other.name) != std::string::npos;
    };
    const bool own = is_culprit(bad);
    const auto culprit = std::find_if(found_.bad.begin(), found_.bad.end(), is_culprit);
    if (!own && culprit != found_.bad.end() && away_.contains(culprit->name)) return;
    warn_once(bad.reason + "; " + (own ? "" : bad.name + " is ") + "set aside in the folder " +
              bad_folder + " (steadfarm restore puts back what verifies)");
  }

  /// Several generations may name one file.
  void warn_once(std::string warning) {
    std::vector<std::string>& said = report_.warnings;
    if (std::find(said.begin(), said.end(), warning) == said.end()) {
      said.push_back(std::move(warning));
    }
  }

  void sort_manifests() {
    // Oldest first, as retention wants them.
    for (auto stored = found_.readable.rbegin(); stored != found_.readable.rend(); ++stored) {
      const Manifest& manifest = stored->manifest;
      const std::string name = manifest_name(manifest.generation);
      if (away_.contains(name)) continue;
      if (manifest.history != takeover_.history) {
        old_manifests_.push_back(name);
        continue;
      }
      const bool whole =
          std::none_of(manifest.segments.begin(), manifest.segments.end(),
                       [&](const auto& entry) { return away_.contains(entry.file); });
      if (whole) {
        retention_.keep(manifest);
        for (const SegmentEntry& entry : manifest.segments) named_.insert(entry.file);
      } else if (put_away(bad_folder, name)) {
        ++report_.set_aside;
        report_.warnings.push_back(folder_.path() + "/" + name +
                                   " names a damaged segment; set aside in the folder " +
                                   bad_folder);
      }
    }
  }

  void sort_segments(const Listing& listing) {
    for (const std::string& name : listing.segments) {
      const auto segment = parse_segment_name(name);
      if (segment->owner_epoch >= takeover_.owner_epoch || named_.contains(name)) continue;
      if (segment->generation < takeover_.history) {
        to_discard_.push_back(name);
      } else if (all_is_known()) {
        retention_.doom_file(name);  // written for a generation that was never published
      } else if (put_away(bad_folder, name)) {
        ++report_.set_aside;  // perhaps a sound part of a damaged generation: not ours to delete
      }
    }
  }

  /// No generation is damaged or lost that could have named the files that none names.
  [[nodiscard]] bool all_is_known() const {
    return report_.set_aside == 0 && !found_.lost_manifests;
  }

  void sort_shards() {
    const Result<ShardListing> listing = list_shards(folder_);
    if (!listing) {
      report_.warnings.push_back("old shards stay for now: " + listing.error().message);
    } else {
      for (const std::string& name : listing.value().shards) sort_shard(name);
      for (const std::string& name : listing.value().temps) {
        const std::size_t slash = name.rfind('/');
        const auto temp = parse_temp_name(std::string_view(name).substr(slash + 1));
        if (temp->owner_epoch < shards_from_) retention_.doom_file(name);
      }
    }
    // After all that they name: a half discarded generation is still seen as one to discard.
    to_discard_.insert(to_discard_.end(), old_manifests_.begin(), old_manifests_.end());
  }

  void sort_shard(const std::string& name) {
    const ShardName shard = *parse_shard_name(name);
    if (shard.owner_epoch >= shards_from_ || shards_.contains(shard)) return;
    if (away_.contains(name)) return;
    if (shard.owner_epoch.value < takeover_.history.value) {
      to_discard_.push_back(name);
    } else if (all_is_known()) {
      retention_.doom_file(name);  // its results were never accepted, or accepted by nobody we know
    } else if (put_away(bad_folder, name)) {
      ++report_.set_aside;
    }
  }

  /// Moves a file into a subfolder, under a name that is free there.
  bool put_away(const char* subfolder, const std::string& name) {
    constexpr int names_max = 100;
    const std::size_t slash = name.rfind('/');
    const std::string base_name = slash == std::string::npos ? name : name.substr(slash + 1);
    Status moved = folder_.make_folder(subfolder);
    for (int i = 1; moved.ok() && i <= names_max; ++i) {
      const std::string to = std::string(subfolder) + "/" + base_name;
      moved = folder_.rename(name, i == 1 ? to : to + "." + std::to_string(i));
      if (moved) {
        folders_.insert(subfolder);
        if (slash != std::string::npos) folders_.insert(name.substr(0, slash));
        return true;
      }
      if (moved.error().code != ErrorCode::exists) break;
      moved = {};
    }
    if (moved || moved.error().code == ErrorCode::not_found) return false;
    report_.warnings.push_back(moved.error().message);
    return false;
  }

  void sync_folders() {
    if (folders_.empty()) return;
    folders_.insert("");  // the names left this folder, too
    for (const std::string& subfolder : folders_) {
      const Status synced = folder_.sync(subfolder);
      if (!synced) report_.warnings.push_back(synced.error().message);
    }
  }

  Folder& folder_;
  const Survey& found_;
  const Manifest& takeover_;
  const OwnerEpoch shards_from_;
  Retention& retention_;
  HousekeepingReport report_;
  std::set<std::string> base_;  // file names that the base leads to, its own too
  std::set<std::string> away_;
  std::set<std::string> named_;
  std::set<ShardName> shards_;  // that the base names
  std::set<std::string> folders_;
  std::vector<std::string> old_manifests_;
  std::vector<std::string> to_discard_;
};

}  // namespace

HousekeepingReport keep_house(Folder& folder, const Survey& found, const Manifest& takeover,
                              OwnerEpoch shards_from, Retention& retention) {
  return House(folder, found, takeover, shards_from, retention).keep();
}

}  // namespace steadfarm::checkpoint
