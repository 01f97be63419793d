// Reads everything and believes nothing.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "checkpoint/file_system.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/read_ahead.hpp"
#include "checkpoint/reader.hpp"
#include "checkpoint/replay.hpp"
#include "checkpoint/shard_reader.hpp"
#include "checkpoint/store.hpp"

namespace steadfarm::checkpoint {
namespace {

class Verifier {
 public:
  Verifier(Folder& folder, const SegmentCodec& codec, std::uint32_t threads)
      : folder_(folder), codec_(codec), threads_(threads) {}

  Result<Verification> run() {
    const Result<Listing> listing = list_store(folder_);
    if (!listing) return listing.error();
    if (listing.value().manifests.empty() && listing.value().segments.empty()) {
      return Error{ErrorCode::not_found, "there is no store in " + folder_.path()};
    }
    if (listing.value().manifests.empty()) {
      bad(folder_.path() + ": there are segments but no manifest names them");
    }
    read_all(listing.value());
    read_shards();
    for (const Generation generation : listing.value().manifests) {
      if (Status checked = check_manifest(generation); !checked) return checked.error();
    }
    if (Status counted = count_shards(); !counted) return counted.error();
    return std::move(out_);
  }

 private:
  struct Seen {
    std::optional<Error> error;
    std::vector<ShardInfo> shards;  // that it names
  };
  struct Shard {
    ShardInfo info;
    Digest fingerprint;
    std::vector<core::ShardIndex::Record> records;  // that segments say are in it
    bool checked = false;
    std::optional<Error> error;
  };
  static std::pair<ShardName, Digest> key_of(const ShardInfo& info) {
    return {info.name, info.digest};
  }

  /// Every segment once, however many manifests name it, on several threads. What is not readable
  /// here is judged below, manifest by manifest.
  void read_all(const Listing& listing) {
    std::vector<SegmentEntry> entries;
    std::vector<Digest> fingerprints;
    std::set<std::pair<std::string, Digest>> seen;
    for (const Generation generation : listing.manifests) {
      const Result<StoredManifest> stored = read_manifest(folder_, generation);
      if (!stored) continue;
      for (const SegmentEntry& entry : stored.value().manifest.segments) {
        if (!seen.emplace(entry.file, entry.digest).second) continue;
        entries.push_back(entry);
        fingerprints.push_back(stored.value().manifest.fingerprint);
      }
    }
    ReadAhead ahead(folder_, entries, threads_);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const Result<Bytes> bytes = ahead.next();
      if (!bytes) {
        note_segment(entries[i], bytes.error(), fingerprints[i]);
        continue;
      }
      note_segment(entries[i],
                   decode_verified(folder_, entries[i], bytes.value(), fingerprints[i], codec_),
                   fingerprints[i]);
    }
  }

  const Seen& note_segment(const SegmentEntry& entry, Result<Segment> segment,
                           const Digest& fingerprint) {
    ++out_.files_checked;
    Seen seen;
    if (!segment) {
      seen.error = segment.error();
    } else {
      const core::ShardIndex& index = segment.value().delta.sharded;
      seen.shards = index.shards;
      for (const core::ShardIndex::Record& record : index.records) {
        Shard& shard = shards_[key_of(index.shards[record.shard])];
        shard.info = index.shards[record.shard];
        shard.fingerprint = fingerprint;
        shard.records.push_back(record);
      }
    }
    const auto key = std::make_pair(entry.file, entry.digest);
    return segments_.emplace(key, std::move(seen)).first->second;
  }

  /// As read_all, of what the segments name.
  void read_shards() {
    std::vector<SegmentEntry> entries;
    for (const auto& [key, shard] : shards_) entries.push_back(entry_of(shard.info));
    ReadAhead ahead(folder_, std::move(entries), threads_);
    for (auto& [key, shard] : shards_) check_shard(shard, ahead.next());
  }

  void check_shard(Shard& shard, const Result<Bytes>& bytes) {
    ++out_.files_checked;
    shard.checked = true;
    if (!bytes) {
      shard.error = bytes.error();
      return;
    }
    const Result<Segment> segment =
        decode_shard(folder_, shard.info, bytes.value(), shard.fingerprint, codec_);
    if (!segment) {
      shard.error = segment.error();
      return;
    }
    const core::ResultBatch& results = segment.value().delta.results;
    for (const core::ShardIndex::Record& record : shard.records) {
      if (results.keys[record.row] == record.key &&
          results.payload(record.row).size() == record.bytes) {
        continue;
      }
      shard.error = Error{ErrorCode::corrupt, folder_.path() + "/" + shard_name(shard.info.name) +
                                                  ": the result of unit " + to_string(record.key) +
                                                  " is not where its generation says it is"};
      return;
    }
  }

  /// Listed after all manifests were read: what a live run writes meanwhile looks like an orphan.
  Status count_shards() {
    std::set<ShardName> named;
    for (const auto& [key, shard] : shards_) {
      if (!named.insert(shard.info.name).second) continue;
      ++out_.shards.named;
      out_.shards.named_bytes += shard.info.bytes;
    }
    const Result<ShardListing> listing = list_shards(folder_);
    if (!listing) return listing.error();
    out_.shards.orphans = orphans_of(listing.value(), named).size();
    return {};
  }

  /// An error only if the manifest cannot be judged at all.
  Status check_manifest(Generation generation) {
    Result<StoredManifest> stored = read_manifest(folder_, generation);
    if (!stored) {
      if (stored.error().code == ErrorCode::unsupported) return stored.error();
      if (stored.error().code == ErrorCode::not_found) return {};  // a live owner let it go
      ++out_.generations_checked;
      ++out_.files_checked;
      bad(stored.error().message);
      return {};
    }
    const Manifest& manifest = stored.value().manifest;
    bool good = check_child(stored.value());
    std::vector<std::string> findings;
    for (const SegmentEntry& entry : manifest.segments) {
      const Seen& seen = check_segment(entry, manifest.fingerprint);
      if (seen.error) findings.push_back(seen.error->message);
      for (const ShardInfo& info : seen.shards) {
        Shard& shard = shards_.at(key_of(info));
        if (!shard.checked) check_shard(shard, read_verified(folder_, entry_of(info)));
        if (shard.error) findings.push_back(shard.error->message);
      }
    }
    if (!findings.empty()) good = false;
    if (!findings.empty() && was_let_go(generation)) return {};
    ++out_.generations_checked;
    ++out_.files_checked;
    for (std::string& finding : findings) bad(std::move(finding));
    if (good) good = check_sum(manifest);
    if (good && out_.newest_good < generation) out_.newest_good = generation;
    parents_[manifest.parent] = {generation, manifest.parent_digest};
    return {};
  }

  /// A manifest whose child was seen before (newest first) must be the one that the child names.
  bool check_child(const StoredManifest& stored) {
    const auto child = parents_.find(stored.manifest.generation);
    if (child == parents_.end() || child->second.second == stored.digest) return true;
    bad(folder_.path() + "/" + manifest_name(stored.manifest.generation) +
        ": it is not the manifest that generation " + std::to_string(child->second.first.value) +
        " continues");
    return false;
  }

  /// One that is not known yet is of a generation that came meanwhile.
  const Seen& check_segment(const SegmentEntry& entry, const Digest& fingerprint) {
    const auto key = std::make_pair(entry.file, entry.digest);
    const auto known = segments_.find(key);
    if (known != segments_.end()) return known->second;
    return note_segment(entry, load_segment(folder_, entry, fingerprint, codec_), fingerprint);
  }

  bool check_sum(const Manifest& manifest) {
    std::string bad_file;
    const Result<LoadedGeneration> state = load_state(folder_, manifest, codec_, bad_file);
    if (state) return true;
    if (state.error().code == ErrorCode::not_found && was_let_go(manifest.generation)) return false;
    bad(state.error().message);
    return false;
  }

  /// A live owner removes a manifest before its segments.
  [[nodiscard]] bool was_let_go(Generation generation) {
    const Result<std::uint64_t> size = folder_.size(manifest_name(generation));
    return !size && size.error().code == ErrorCode::not_found;
  }

  void bad(std::string finding) {
    if (std::find(out_.bad.begin(), out_.bad.end(), finding) == out_.bad.end()) {
      out_.bad.push_back(std::move(finding));
    }
  }

  Folder& folder_;
  const SegmentCodec& codec_;
  std::uint32_t threads_;
  Verification out_;
  std::map<std::pair<std::string, Digest>, Seen> segments_;
  std::map<std::pair<ShardName, Digest>, Shard> shards_;
  std::map<Generation, std::pair<Generation, Digest>> parents_;  // parent: child, its digest of it
};

}  // namespace

Result<Verification> verify(FileSystem& files, const std::string& path, const SegmentCodec* codec,
                            std::uint32_t threads) {
  Result<std::unique_ptr<Folder>> folder = files.open_folder(path, Access::read);
  if (!folder) return folder.error();
  return Verifier(*folder.value(), codec_or_hdf5(codec), threads).run();
}

}  // namespace steadfarm::checkpoint
