// Reads everything and believes nothing.
#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "checkpoint/allocation.hpp"
#include "checkpoint/examine.hpp"
#include "checkpoint/file_system.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/store.hpp"

namespace steadfarm::checkpoint {
namespace {

class Verifier {
 public:
  Verifier(Folder& folder, const SegmentCodec& codec, std::uint32_t threads)
      : folder_(folder), examiner_(folder, codec, threads) {}

  Result<Verification> run() {
    const Result<Listing> listing = list_store(folder_);
    if (!listing) return listing.error();
    if (listing.value().manifests.empty() && listing.value().segments.empty()) {
      return Error{ErrorCode::not_found, "there is no store in " + folder_.path()};
    }
    if (listing.value().manifests.empty()) {
      note(
          {ErrorCode::corrupt, folder_.path() + ": there are segments but no manifest names them"});
    }
    if (Status read = read_manifests(listing.value()); !read) return read.error();
    for (const StoredManifest& stored : manifests_) check(stored);
    if (Status counted = count_shards(); !counted) return counted.error();
    out_.files_checked += examiner_.files_read();
    return std::move(out_);
  }

 private:
  /// Every file once, however many manifests name it.
  Status read_manifests(const Listing& listing) {
    for (const Generation generation : listing.manifests) {
      Result<StoredManifest> stored = read_manifest(folder_, generation);
      if (stored) {
        manifests_.push_back(std::move(stored).value());
        continue;
      }
      // A newer program may understand it.
      if (stored.error().code == ErrorCode::unsupported) return stored.error();
      if (stored.error().code == ErrorCode::not_found) continue;  // a live owner let it go
      ++out_.generations_checked;
      ++out_.files_checked;
      note(stored.error());
    }
    std::vector<const Manifest*> all;
    for (const StoredManifest& stored : manifests_) all.push_back(&stored.manifest);
    examiner_.read(all);
    return {};
  }

  void check(const StoredManifest& stored) {
    const Manifest& manifest = stored.manifest;
    const ExaminedGeneration examined = examiner_.examine(manifest);
    const bool missing =
        std::any_of(examined.findings.begin(), examined.findings.end(),
                    [](const Error& finding) { return finding.code == ErrorCode::not_found; });
    if (missing && was_let_go(manifest.generation)) return;
    ++out_.generations_checked;
    ++out_.files_checked;
    const bool is_parent = check_child(stored);
    for (const Error& finding : examined.findings) note(finding);
    const bool good = is_parent && examined.findings.empty();
    const bool starts_over = holds_nothing(manifest) && !out_.bad.empty();
    const bool is_newest = good && !starts_over && out_.newest_good < manifest.generation;
    if (is_newest) out_.newest_good = manifest.generation;
    parents_[manifest.parent] = {manifest.generation, manifest.parent_digest};
    for (const SegmentEntry& entry : manifest.segments) name_shards(entry);
  }

  /// A manifest whose child was seen before (newest first) must be the one that the child names.
  bool check_child(const StoredManifest& stored) {
    const auto child = parents_.find(stored.manifest.generation);
    if (child == parents_.end() || child->second.second == stored.digest) return true;
    note({ErrorCode::corrupt, folder_.path() + "/" + manifest_name(stored.manifest.generation) +
                                  ": it is not the manifest that generation " +
                                  std::to_string(child->second.first.value) + " continues"});
    return false;
  }

  /// A live owner removes a manifest before its segments.
  [[nodiscard]] bool was_let_go(Generation generation) {
    const Result<std::uint64_t> size = folder_.size(manifest_name(generation));
    return !size && size.error().code == ErrorCode::not_found;
  }

  void name_shards(const SegmentEntry& entry) {
    const ExaminedFile* segment = examiner_.find(entry);
    if (segment->error) return;
    for (const ShardInfo& shard : segment->content.delta.sharded.shards) {
      if (!named_.insert(shard.name).second) continue;
      ++out_.shards.named;
      out_.shards.named_bytes += shard.bytes;
    }
  }

  /// Listed after all manifests were read: what a live run writes meanwhile looks like an orphan.
  Status count_shards() {
    const Result<ShardListing> listing = list_shards(folder_);
    if (!listing) return listing.error();
    out_.shards.orphans = orphans_of(listing.value(), named_).size();
    return {};
  }

  void note(const Error& finding) {
    std::vector<std::string>& lines = is_damage(finding) ? out_.bad : out_.unreadable;
    if (std::find(lines.begin(), lines.end(), finding.message) == lines.end()) {
      lines.push_back(finding.message);
    }
  }

  Folder& folder_;
  Examiner examiner_;
  std::vector<StoredManifest> manifests_;  // newest first
  Verification out_;
  std::set<ShardName> named_;
  std::map<Generation, std::pair<Generation, Digest>> parents_;  // parent: child, its digest of it
};

}  // namespace

Result<Verification> verify(FileSystem& files, const std::string& path, const SegmentCodec* codec,
                            std::uint32_t threads) {
  return or_no_memory("verifying a store", [&]() -> Result<Verification> {
    const Result<std::unique_ptr<Folder>> folder = files.open_folder(path, Access::read);
    if (!folder) return folder.error();
    return Verifier(*folder.value(), codec_or_hdf5(codec), threads).run();
  });
}

}  // namespace steadfarm::checkpoint
