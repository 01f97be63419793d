// Every file name of a store is made and read here, and nowhere else. FORMAT.md has the table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/shard.hpp"

namespace steadfarm::checkpoint {

inline constexpr const char* bad_folder = "bad";        // files that failed verification
inline constexpr const char* shards_folder = "shards";  // with a subfolder for some workers each
inline constexpr const char* discarded_folder = "discarded";  // what --fresh put away

struct SegmentName {
  Generation generation;  // the number its owner was about to publish
  OwnerEpoch owner_epoch;
  std::uint64_t sequence = 0;  // rises over the life of an owner, so no name is used twice
  friend bool operator==(const SegmentName&, const SegmentName&) = default;
};

struct TempName {
  OwnerEpoch owner_epoch;
  std::uint64_t nonce = 0;  // of the process
  std::uint64_t sequence = 0;
  friend bool operator==(const TempName&, const TempName&) = default;
};

[[nodiscard]] std::string manifest_name(Generation generation);
[[nodiscard]] std::string segment_name(const SegmentName& name);
[[nodiscard]] std::string temp_name(const TempName& name);
/// The subfolder of a worker's shards, as "shards/XX": so many that a parallel file system is not
/// stormed, and so few that they can be listed.
[[nodiscard]] std::string shard_folder(std::uint64_t nonce);
/// With its folder.
[[nodiscard]] std::string shard_name(const ShardName& name);

// Nothing unless the text is exactly what the function above makes.
[[nodiscard]] std::optional<Generation> parse_manifest_name(std::string_view text);
[[nodiscard]] std::optional<SegmentName> parse_segment_name(std::string_view text);
[[nodiscard]] std::optional<TempName> parse_temp_name(std::string_view text);
/// With its folder, which must be the right one.
[[nodiscard]] std::optional<ShardName> parse_shard_name(std::string_view text);
/// True for the second part of a shard_folder.
[[nodiscard]] bool is_shard_subfolder(std::string_view text);

}  // namespace steadfarm::checkpoint
