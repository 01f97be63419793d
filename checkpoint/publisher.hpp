// Puts segments and manifests on disk in the one order that survives a crash at any point.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkpoint/cut.hpp"
#include "checkpoint/durable_file.hpp"
#include "checkpoint/manifest.hpp"
#include "checkpoint/publication.hpp"

namespace steadfarm::checkpoint {

class Publisher {
 public:
  Publisher(Folder& folder, OwnerEpoch owner_epoch, std::uint64_t nonce, const SegmentCodec& codec)
      : folder_(folder), codec_(codec), files_(folder, owner_epoch, nonce) {}

  /// What the file system of the folder lacks: see DurableFiles::probe.
  [[nodiscard]] Result<std::vector<std::string>> probe() { return files_.probe(); }

  /// Names the parts and lays their files out. Touches no disk; may call HDF5.
  [[nodiscard]] Result<std::vector<LaidOutSegment>> lay_out(const std::vector<Part>& parts);

  /// Writes the segments and gives them their names, which are durable only after the next sync of
  /// the folder. `names` gets every final name that was tried, also on failure: those files are
  /// then to be removed. Calls no HDF5.
  [[nodiscard]] Result<std::vector<SegmentEntry>> write_segments(
      const std::vector<LaidOutSegment>& segments, std::vector<std::string>& names);

  struct Outcome {
    Status status;
    bool tried_link = false;  // on failure: the manifest may be there all the same
    std::uint64_t bytes = 0;
    Digest digest;
  };
  /// Publishes under the manifest's own number. `exists`: somebody else has it.
  [[nodiscard]] Outcome write_manifest(const Manifest& manifest);

 private:
  Folder& folder_;
  const SegmentCodec& codec_;
  DurableFiles files_;
  std::uint64_t next_sequence_ = 1;  // of the thread that lays out
};

}  // namespace steadfarm::checkpoint
