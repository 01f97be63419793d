// Reads shards, and looks for those that no generation names.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/shard.hpp"
#include "checkpoint/reader.hpp"

namespace steadfarm::checkpoint {

/// What read_verified and ReadAhead need to know of a shard.
[[nodiscard]] SegmentEntry entry_of(const ShardInfo& shard);

/// Looks at size and first bytes of every shard, on so many threads. On failure `bad_file` is the
/// first one to blame. With `patience` what cannot be read, or seen, is tried again.
[[nodiscard]] Status check_shards(Folder& folder, const std::vector<ShardInfo>& shards,
                                  const SegmentCodec& codec, std::uint32_t threads,
                                  std::string& bad_file, Patience* patience = nullptr);

/// Compares what is in a shard with its name and with what is said of it.
[[nodiscard]] Status check_shard_content(const Folder& folder, const ShardInfo& shard,
                                         const Segment& segment, const Digest& fingerprint);

/// The verified bytes of a shard, decoded, with their content compared.
[[nodiscard]] Result<Segment> decode_shard(Folder& folder, const ShardInfo& shard, ByteView bytes,
                                           const Digest& fingerprint, const SegmentCodec& codec);
/// Both: read, verified and decoded.
[[nodiscard]] Result<Segment> load_shard(Folder& folder, const ShardInfo& shard,
                                         const Digest& fingerprint, const SegmentCodec& codec);

/// What lies in the shards' folders, with the folders' names.
struct ShardListing {
  std::vector<std::string> shards;
  std::vector<std::string> temps;
};
[[nodiscard]] Result<ShardListing> list_shards(Folder& folder);

/// Those of the listing that are not among the named ones.
[[nodiscard]] std::vector<std::string> orphans_of(const ShardListing& listing,
                                                  const std::set<ShardName>& named);

}  // namespace steadfarm::checkpoint
