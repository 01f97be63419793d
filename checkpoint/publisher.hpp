// Puts segments and manifests on disk in the one order that survives a crash at any point.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkpoint/cut.hpp"
#include "checkpoint/durable_file.hpp"
#include "checkpoint/manifest.hpp"

namespace steadfarm::checkpoint {

class Publisher {
 public:
  Publisher(Folder& folder, OwnerEpoch owner_epoch, std::uint64_t nonce, const SegmentCodec& codec)
      : folder_(folder), codec_(codec), files_(folder, owner_epoch, nonce) {}

  /// Writes the parts and makes their names durable. `names` gets every final name that was tried,
  /// also on failure: those files are then to be removed.
  [[nodiscard]] Result<std::vector<SegmentEntry>> write_segments(const std::vector<Part>& parts,
                                                                 std::vector<std::string>& names);

  struct Outcome {
    Status status;
    bool tried_link = false;  // on failure: the manifest may be there all the same
    std::uint64_t bytes = 0;
    Digest digest;
  };
  /// Publishes under the manifest's own number. `exists`: somebody else has it.
  [[nodiscard]] Outcome write_manifest(const Manifest& manifest);

 private:
  [[nodiscard]] Result<SegmentEntry> write_segment(const Part& part, const std::string& name);

  Folder& folder_;
  const SegmentCodec& codec_;
  DurableFiles files_;
  std::uint64_t next_sequence_ = 1;
};

}  // namespace steadfarm::checkpoint
