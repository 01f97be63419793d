// A worker's end of a store: writes files of large results into it. FORMAT.md says where they lie
// and who names and removes them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/shard.hpp"
#include "checkpoint/durable_file.hpp"
#include "checkpoint/file_system.hpp"
#include "checkpoint/segment.hpp"
#include "core/generation.hpp"

namespace steadfarm::checkpoint {

struct ShardOptions {
  std::string path;  // of the store, which must be there
  ShardGrant grant;
  std::string result_fields;            // how results are to be read: see result_fields.hpp
  const SegmentCodec* codec = nullptr;  // null: HDF5
  // Takes what is lacking here that shards can do without, from the thread that writes.
  std::function<void(const std::string&)> warn{};
};

/// A shard that is laid out and not yet written. Owns its results.
struct LaidOutShard {
  std::shared_ptr<const core::ResultBatch> results;
  EncodedSegment encoded;
};

/// Two steps, as for a generation: `lay_out` on the thread that makes the process's HDF5 calls,
/// `write` on any one thread.
class ShardWriter {
 public:
  /// Touches no disk. `files` must outlive it.
  ShardWriter(FileSystem& files, ShardOptions options);

  /// Takes the time of a few HDF5 calls. There must be results.
  [[nodiscard]] Result<LaidOutShard> lay_out(
      std::shared_ptr<const core::ResultBatch> results) const;

  /// Makes it durable under a name of its own. After an error it may be tried again and gets
  /// another one. Errors: io, no_space; unsupported: the file system, as seen from here, lacks
  /// something; not_found, foreign: this is not the store that we write for, as seen from here.
  [[nodiscard]] Result<ShardInfo> write(const LaidOutShard& shard);

  /// Rises with every file operation. From any thread.
  [[nodiscard]] std::uint64_t steps() const { return *steps_; }

 private:
  [[nodiscard]] Status enter();
  [[nodiscard]] Status check_store();

  FileSystem& files_;
  const ShardOptions options_;
  const std::uint64_t nonce_;
  const std::string subfolder_;
  std::shared_ptr<std::atomic<std::uint64_t>> steps_;
  // What `write` alone touches.
  std::unique_ptr<Folder> folder_;
  std::optional<DurableFiles> durable_;  // one for all tries, so that no temporary name comes twice
  bool probed_ = false;
  std::uint64_t sequence_ = 0;
};

}  // namespace steadfarm::checkpoint
