// Shards: files of large results that workers write into the store themselves. What travels is
// their name, size and digest, and where in them a result lies.
#pragma once

#include <compare>
#include <cstdint>

#include "base/digest.hpp"
#include "base/ids.hpp"

namespace steadfarm {

/// No two shards have the same name, whoever wrote them.
struct ShardName {
  OwnerEpoch owner_epoch;      // of the owner for whom it was written
  std::uint64_t nonce = 0;     // of the worker
  std::uint64_t sequence = 0;  // rises over the life of the worker
  friend constexpr auto operator<=>(const ShardName&, const ShardName&) = default;
};

/// A shard that is durable under its name, as its writer has seen it.
struct ShardInfo {
  ShardName name;
  std::uint64_t results = 0;
  std::uint64_t bytes = 0;
  Digest digest;
  friend constexpr bool operator==(const ShardInfo&, const ShardInfo&) = default;
};

/// Where a result lies.
struct ShardPlace {
  ShardInfo shard;
  std::uint64_t row = 0;    // among the results of the shard
  std::uint64_t bytes = 0;  // of the result
  friend constexpr bool operator==(const ShardPlace&, const ShardPlace&) = default;
};

/// What a worker must know of the store to write shards. Owner epoch 0: there are to be none.
struct ShardGrant {
  OwnerEpoch owner_epoch;
  Digest fingerprint;  // of the job
  friend constexpr bool operator==(const ShardGrant&, const ShardGrant&) = default;
};

}  // namespace steadfarm
