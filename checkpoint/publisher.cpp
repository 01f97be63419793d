#include "checkpoint/publisher.hpp"

#include <algorithm>
#include <utility>

#include "checkpoint/names.hpp"

namespace steadfarm::checkpoint {

Result<SegmentEntry> Publisher::write_segment(const Part& part, const std::string& name) {
  const Result<Bytes> bytes = codec_.encode(part.view);
  if (!bytes) return bytes.error();
  const Result<std::string> temp = files_.write(bytes.value());
  if (!temp) return temp.error();
  if (Status named = files_.give_name(temp.value(), name); !named) return named.error();
  return SegmentEntry{name, part.role, part.view.results.keys.size(), bytes.value().size(),
                      digest(ByteView(bytes.value()))};
}

Result<std::vector<SegmentEntry>> Publisher::write_segments(const std::vector<Part>& parts,
                                                            std::vector<std::string>& names) {
  std::vector<SegmentEntry> entries;
  for (const Part& part : parts) {
    const SegmentHeader& header = part.view.header;
    names.push_back(segment_name({header.generation, header.owner_epoch, next_sequence_}));
    ++next_sequence_;
    Result<SegmentEntry> entry = write_segment(part, names.back());
    if (!entry) return entry.error();
    entries.push_back(std::move(entry).value());
  }
  // Before any manifest names them: a folder's changes may reach the disk in any order.
  if (Status synced = folder_.sync(); !synced) return synced.error();
  return entries;
}

Publisher::Outcome Publisher::write_manifest(const Manifest& manifest) {
  Outcome outcome;
  const Bytes bytes = encode_manifest(manifest);
  outcome.bytes = bytes.size();
  outcome.digest = digest(ByteView(bytes));
  const Result<std::string> temp = files_.write(bytes);
  if (!temp) {
    outcome.status = temp.error();
    return outcome;
  }
  outcome.tried_link = true;
  const std::string name = manifest_name(manifest.generation);
  outcome.status = files_.give_name(temp.value(), name);
  if (!outcome.status && outcome.status.error().code == ErrorCode::exists) {
    // A network file system that lost its reply asks twice and is told that the name is taken, by
    // ourselves.
    const Result<Bytes> there = folder_.read_all(name, manifest_bytes_max);
    if (there && std::ranges::equal(there.value(), bytes)) outcome.status = {};
  }
  if (outcome.status) outcome.status = folder_.sync();
  return outcome;
}

}  // namespace steadfarm::checkpoint
