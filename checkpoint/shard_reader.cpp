#include "checkpoint/shard_reader.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <new>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include "checkpoint/allocation.hpp"
#include "checkpoint/names.hpp"

namespace steadfarm::checkpoint {
namespace {

std::string full(const Folder& folder, const ShardInfo& shard) {
  return folder.path() + "/" + shard_name(shard.name);
}

Status look_once(Folder& folder, const ShardInfo& shard, ByteView signature) {
  const Result<std::unique_ptr<OldFile>> file = folder.open(shard_name(shard.name));
  if (!file) return file.error();
  if (file.value()->bytes() != shard.bytes) {
    return Error{ErrorCode::corrupt, full(folder, shard) + ": it has " +
                                         std::to_string(file.value()->bytes()) + " bytes and not " +
                                         std::to_string(shard.bytes)};
  }
  std::array<std::byte, 16> first{};
  const std::span<std::byte> room =
      std::span(first).first(std::min(signature.size(), first.size()));
  if (room.empty()) return {};
  const Result<std::size_t> got = file.value()->read(room);
  if (!got) return got.error();
  if (std::equal(room.begin(), room.end(), signature.begin(), signature.end())) return {};
  return Error{ErrorCode::corrupt, full(folder, shard) + ": it does not begin as a shard does"};
}

Status look_at(Folder& folder, const ShardInfo& shard, ByteView signature, Patience* patience) {
  const auto look = [&] { return look_once(folder, shard, signature); };
  Status looked = read_patiently(patience, look);
  if (looked || looked.error().code != ErrorCode::corrupt) return looked;
  return read_patiently(patience, look);  // as for segments: proof takes two looks
}

/// Takes shards in turn until one is bad.
class Look {
 public:
  Look(Folder& folder, const std::vector<ShardInfo>& shards, ByteView signature, Patience* patience)
      : folder_(folder), shards_(shards), signature_(signature), patience_(patience) {}

  void run() {
    while (true) {
      const std::size_t at = next_++;
      if (at >= shards_.size() || at > bad_at_) return;
      Status looked = Error{ErrorCode::no_memory, {}};
      try {
        looked = look_at(folder_, shards_[at], signature_, patience_);
      } catch (const std::bad_alloc&) {
      }
      if (looked) continue;
      const std::lock_guard lock(mutex_);
      if (at < bad_at_) {
        bad_at_ = at;
        status_ = std::move(looked);
      }
    }
  }
  [[nodiscard]] std::size_t bad_at() const { return bad_at_; }
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  Folder& folder_;
  const std::vector<ShardInfo>& shards_;
  const ByteView signature_;
  Patience* const patience_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> bad_at_ = SIZE_MAX;
  std::mutex mutex_;
  Status status_;
};

}  // namespace

SegmentEntry entry_of(const ShardInfo& shard) {
  return {shard_name(shard.name), SegmentRole::results, shard.results, shard.bytes, shard.digest};
}

Status check_shards(Folder& folder, const std::vector<ShardInfo>& shards, const SegmentCodec& codec,
                    std::uint32_t threads, std::string& bad_file, Patience* patience) {
  Look look(folder, shards, codec.signature(), patience);
  std::vector<std::thread> helpers;
  const std::size_t most = std::min<std::size_t>(threads, shards.size());
  try {
    while (helpers.size() + 1 < most) helpers.emplace_back([&look] { look.run(); });
  } catch (const std::system_error&) {
    // No more threads are to be had: these do it, and we.
  }
  look.run();
  for (std::thread& helper : helpers) helper.join();
  if (look.status()) return {};
  bad_file = shard_name(shards[look.bad_at()].name);
  if (!look.status().error().message.empty()) return look.status();
  return memory_shortage(codec.signature().size(), "reading " + folder.path() + "/" + bad_file);
}

Result<Segment> decode_shard(Folder& folder, const ShardInfo& shard, ByteView bytes,
                             const Digest& fingerprint, const SegmentCodec& codec) {
  Result<Segment> segment = codec.decode(bytes);
  if (!segment) {
    return Error{segment.error().code, full(folder, shard) + ": " + segment.error().message};
  }
  Status fits = check_shard_content(folder, shard, segment.value(), fingerprint);
  if (!fits) return fits.error();
  return segment;
}

Status check_shard_content(const Folder& folder, const ShardInfo& shard, const Segment& segment,
                           const Digest& fingerprint) {
  const SegmentHeader& header = segment.header;
  if (header.owner_epoch == shard.name.owner_epoch && header.fingerprint == fingerprint &&
      segment.result_count == shard.results) {
    return {};
  }
  return Error{ErrorCode::corrupt, full(folder, shard) + ": its content is not what is said of it"};
}

Result<Segment> load_shard(Folder& folder, const ShardInfo& shard, const Digest& fingerprint,
                           const SegmentCodec& codec) {
  const Result<Bytes> bytes = read_verified(folder, entry_of(shard));
  if (!bytes) return bytes.error();
  return decode_shard(folder, shard, bytes.value(), fingerprint, codec);
}

Result<ShardListing> list_shards(Folder& folder) {
  ShardListing listing;
  const Result<std::vector<std::string>> subfolders = folder.list(shards_folder);
  if (!subfolders && subfolders.error().code == ErrorCode::not_found) return listing;
  if (!subfolders) return subfolders.error();
  for (const std::string& subfolder : subfolders.value()) {
    if (!is_shard_subfolder(subfolder)) continue;
    const std::string path = std::string(shards_folder) + "/" + subfolder;
    const std::string prefix = path + "/";
    const Result<std::vector<std::string>> names = folder.list(path);
    if (!names) return names.error();
    for (const std::string& name : names.value()) {
      std::string whole = prefix + name;
      if (parse_shard_name(whole)) {
        listing.shards.push_back(std::move(whole));
      } else if (parse_temp_name(name)) {
        listing.temps.push_back(std::move(whole));
      }
    }
  }
  std::sort(listing.shards.begin(), listing.shards.end());
  std::sort(listing.temps.begin(), listing.temps.end());
  return listing;
}

std::vector<std::string> orphans_of(const ShardListing& listing, const std::set<ShardName>& named) {
  std::vector<std::string> orphans;
  for (const std::string& name : listing.shards) {
    if (!named.contains(*parse_shard_name(name))) orphans.push_back(name);
  }
  return orphans;
}

}  // namespace steadfarm::checkpoint
