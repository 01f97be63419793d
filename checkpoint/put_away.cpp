#include "checkpoint/put_away.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "checkpoint/file_system.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/reader.hpp"
#include "checkpoint/replay.hpp"
#include "checkpoint/shard_reader.hpp"
#include "checkpoint/store.hpp"

namespace steadfarm::checkpoint {
namespace {

/// The names in a subfolder; none if it is not there.
Result<std::vector<std::string>> names_in(Folder& folder, const char* subfolder) {
  Result<std::vector<std::string>> names = folder.list(subfolder);
  if (!names && names.error().code == ErrorCode::not_found) return std::vector<std::string>();
  return names;
}

Result<PutAwayCount> count_in(Folder& folder, const char* subfolder) {
  const Result<std::vector<std::string>> names = names_in(folder, subfolder);
  if (!names) return names.error();
  PutAwayCount count;
  for (const std::string& name : names.value()) {
    const Result<std::uint64_t> bytes = folder.size(std::string(subfolder) + "/" + name);
    if (!bytes && bytes.error().code == ErrorCode::not_found) continue;
    if (!bytes) return bytes.error();
    ++count.files;
    count.bytes += bytes.value();
  }
  return count;
}

/// The name that a file had in the store: "NAME", put away a second time, is "NAME.2". Without the
/// folder of a shard.
std::string name_before(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot + 1 == name.size()) return name;
  const bool numbered = std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dot) + 1, name.end(),
                                    [](char c) { return c >= '0' && c <= '9'; });
  return numbered ? name.substr(0, dot) : name;
}

bool is_of_a_store(const std::string& name) {
  const std::string before = name_before(name);
  return parse_manifest_name(before) || parse_segment_name(before);
}

/// Files of a store are there, in their place or put away.
Result<bool> holds_store(Folder& folder) {
  const Result<Listing> listing = list_store(folder);
  if (!listing) return listing.error();
  if (!listing.value().manifests.empty() || !listing.value().segments.empty()) return true;
  for (const char* subfolder : {bad_folder, discarded_folder}) {
    const Result<std::vector<std::string>> names = names_in(folder, subfolder);
    if (!names) return names.error();
    if (std::any_of(names.value().begin(), names.value().end(), is_of_a_store)) return true;
  }
  return false;
}

/// `not_found` if it is no store: a folder `discarded` of somebody else's is none of ours.
Result<std::unique_ptr<Folder>> open_existing(FileSystem& files, const std::string& path) {
  // Access::own would make it.
  const Result<std::unique_ptr<Folder>> there = files.open_folder(path, Access::read);
  if (!there) return there.error();
  const Result<bool> is_store = holds_store(*there.value());
  if (!is_store) return is_store.error();
  if (!is_store.value()) return Error{ErrorCode::not_found, "there is no store in " + path};
  return files.open_folder(path, Access::own);
}

/// The newest generation in place that verifies in full; 0: none.
Result<Generation> newest_good(Folder& folder, const StoreOptions& options) {
  const Result<Listing> listing = list_store(folder);
  if (!listing) return listing.error();
  bool passed_over = false;
  for (const Generation generation : listing.value().manifests) {
    const Result<StoredManifest> stored = read_manifest(folder, generation);
    const bool may_be = stored && !(passed_over && holds_nothing(stored.value().manifest));
    std::string bad_file;
    if (may_be && load_generation(folder, stored.value().manifest, options, bad_file)) {
      return generation;
    }
    passed_over = true;
  }
  return Generation();
}

class Restorer {
 public:
  Restorer(Folder& folder, const StoreOptions& options) : folder_(folder), options_(options) {}

  Result<Restored> run() {
    Result<std::vector<std::string>> names = names_in(folder_, bad_folder);
    if (!names) return names.error();
    for (std::string& name : names.value()) bad_[name_before(name)].insert(std::move(name));
    if (Status read = read_manifests(); !read) return read.error();
    // What a manifest leads to comes before it, on the disk as well.
    for (const auto& [name, manifest] : manifests_) put_segments_back(manifest);
    if (Status synced = sync(); !synced) return synced.error();
    for (const auto& [name, manifest] : manifests_) put_shards_back(manifest);
    if (Status synced = sync(); !synced) return synced.error();
    put_manifests_back();
    if (Status synced = sync(); !synced) return synced.error();
    const Result<Generation> good = newest_good(folder_, options_);
    if (!good) return good.error();
    out_.newest_good = good.value();
    tell_what_stays();
    return std::move(out_);
  }

 private:
  static std::string in_bad(const std::string& name) {
    return std::string(bad_folder) + "/" + name;
  }

  /// Those in place and those put away, by where they are.
  Status read_manifests() {
    const Result<Listing> listing = list_store(folder_);
    if (!listing) return listing.error();
    for (const Generation generation : listing.value().manifests) {
      const Result<StoredManifest> stored = read_manifest(folder_, generation);
      if (stored) manifests_.emplace_back(std::string(), stored.value().manifest);
    }
    for (const auto& [name, copies] : bad_) {
      const std::optional<Generation> generation = parse_manifest_name(name);
      if (!generation) continue;
      for (const std::string& copy : copies) {
        const Result<Bytes> bytes = folder_.read_all(in_bad(copy), manifest_bytes_max);
        if (!bytes) {
          why_[copy] = bytes.error().message;
          continue;
        }
        Result<Manifest> manifest = decode_manifest(bytes.value());
        if (manifest && manifest.value().generation == *generation) {
          manifests_.emplace_back(copy, std::move(manifest).value());
        } else {
          why_[copy] = manifest ? "it is a copy of another generation" : manifest.error().message;
        }
      }
    }
    return {};
  }

  /// A copy in `bad` that has just this content, moved to `entry.file`.
  void put_back(const SegmentEntry& entry) {
    const Result<std::uint64_t> there = folder_.size(entry.file);
    if (there || there.error().code != ErrorCode::not_found) return;
    const std::size_t slash = entry.file.rfind('/');
    const auto copies =
        bad_.find(slash == std::string::npos ? entry.file : entry.file.substr(slash + 1));
    if (copies == bad_.end()) return;
    for (const std::string& copy : copies->second) {
      SegmentEntry away = entry;
      away.file = in_bad(copy);
      const Status checked = check_verified(folder_, away);
      if (!checked) {
        why_[copy] = checked.error().message;
        continue;
      }
      if (move(copy, entry.file)) return;
    }
  }

  bool move(const std::string& copy, const std::string& name) {
    Status moved;
    for (std::size_t at = name.find('/'); moved.ok() && at != std::string::npos;
         at = name.find('/', at + 1)) {
      moved = folder_.make_folder(name.substr(0, at));
      folders_.insert(name.substr(0, at));
      folders_.insert("");
    }
    if (moved) moved = folder_.rename(in_bad(copy), name);
    if (!moved) {
      why_[copy] = moved.error().message;
      return false;
    }
    gone_.insert(copy);
    out_.back.push_back(name);
    const std::size_t slash = name.rfind('/');
    folders_.insert(slash == std::string::npos ? std::string() : name.substr(0, slash));
    folders_.insert(bad_folder);
    return true;
  }

  void put_segments_back(const Manifest& manifest) {
    for (const SegmentEntry& entry : manifest.segments) put_back(entry);
  }

  void put_shards_back(const Manifest& manifest) {
    std::string bad_file;
    const Result<LoadedGeneration> state =
        load_state(folder_, manifest, codec_or_hdf5(options_.codec), bad_file);
    if (!state) return;
    for (const ShardInfo& shard : state.value().sharded.shards) put_back(entry_of(shard));
  }

  void put_manifests_back() {
    for (const auto& [copy, manifest] : manifests_) {
      if (copy.empty()) continue;
      std::string bad_file;
      const Result<LoadedGeneration> loaded =
          load_generation(folder_, manifest, options_, bad_file);
      if (!loaded) {
        why_[copy] = "its generation does not verify: " + loaded.error().message;
        continue;
      }
      static_cast<void>(move(copy, manifest_name(manifest.generation)));
    }
  }

  [[nodiscard]] Status sync() {
    for (const std::string& subfolder : std::exchange(folders_, {})) {
      if (Status synced = folder_.sync(subfolder); !synced) return synced;
    }
    return {};
  }

  void tell_what_stays() {
    for (const auto& [name, copies] : bad_) {
      for (const std::string& copy : copies) {
        if (gone_.contains(copy)) continue;
        const auto why = why_.find(copy);
        out_.left.push_back(
            in_bad(copy) + ": " +
            (why == why_.end() ? "no manifest that is missing it names it" : why->second));
      }
    }
  }

  Folder& folder_;
  const StoreOptions& options_;
  Restored out_;
  std::map<std::string, std::set<std::string>> bad_;         // copies by the name they had
  std::vector<std::pair<std::string, Manifest>> manifests_;  // copy in `bad`, or empty: in place
  std::map<std::string, std::string> why_;                   // a copy stays
  std::set<std::string> gone_;
  std::set<std::string> folders_;  // to be synced
};

StoreOptions reading_options(const SegmentCodec* codec, std::uint32_t threads) {
  StoreOptions options;
  options.codec = codec;
  options.read_threads = threads;
  return options;
}

Status remove_all(Folder& folder, const char* subfolder) {
  const Result<std::vector<std::string>> names = names_in(folder, subfolder);
  if (!names) return names.error();
  Status first;  // what cannot be removed keeps nothing else
  for (const std::string& name : names.value()) {
    Status removed = folder.unlink(std::string(subfolder) + "/" + name);
    if (removed || removed.error().code == ErrorCode::not_found) continue;
    if (first) first = std::move(removed);
  }
  if (!first) return first;
  return names.value().empty() ? Status() : folder.sync(subfolder);
}

}  // namespace

Result<PutAway> count_put_away(Folder& folder) {
  const Result<PutAwayCount> bad = count_in(folder, bad_folder);
  if (!bad) return bad.error();
  const Result<PutAwayCount> discarded = count_in(folder, discarded_folder);
  if (!discarded) return discarded.error();
  return PutAway{bad.value(), discarded.value()};
}

Result<Restored> restore(FileSystem& files, const std::string& path, const SegmentCodec* codec,
                         std::uint32_t threads) {
  const Result<std::unique_ptr<Folder>> folder = open_existing(files, path);
  if (!folder) return folder.error();
  const StoreOptions options = reading_options(codec, threads);
  return Restorer(*folder.value(), options).run();
}

Result<PutAway> clean(FileSystem& files, const std::string& path, bool force,
                      const SegmentCodec* codec, std::uint32_t threads) {
  const Result<std::unique_ptr<Folder>> folder = open_existing(files, path);
  if (!folder) return folder.error();
  Result<PutAway> held = count_put_away(*folder.value());
  if (!held) return held.error();
  if (!force && held.value().bad.files > 0) {
    const Result<Generation> good = newest_good(*folder.value(), reading_options(codec, threads));
    if (!good) return good.error();
    if (good.value() == Generation()) {
      return Error{ErrorCode::corrupt,
                   "no generation of the store " + path + " verifies, so its folder " + bad_folder +
                       " stays: it may hold what is needed. Try: steadfarm restore " + path +
                       "; --force removes it all the same"};
    }
  }
  for (const char* subfolder : {bad_folder, discarded_folder}) {
    if (Status removed = remove_all(*folder.value(), subfolder); !removed) return removed.error();
  }
  return held;
}

}  // namespace steadfarm::checkpoint
