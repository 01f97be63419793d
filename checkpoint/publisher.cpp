#include "checkpoint/publisher.hpp"

#include <algorithm>
#include <utility>

#include "checkpoint/names.hpp"

namespace steadfarm::checkpoint {

Result<std::vector<LaidOutSegment>> Publisher::lay_out(const std::vector<Part>& parts) {
  std::vector<LaidOutSegment> segments;
  segments.reserve(parts.size());
  for (const Part& part : parts) {
    Result<EncodedSegment> encoded = codec_.encode(part.view);
    if (!encoded) return encoded.error();
    const SegmentHeader& header = part.view.header;
    segments.push_back({segment_name({header.generation, header.owner_epoch, next_sequence_}),
                        part.role, part.view.results.keys.size(), std::move(encoded).value()});
    ++next_sequence_;
  }
  return segments;
}

Result<std::vector<SegmentEntry>> Publisher::write_segments(
    const std::vector<LaidOutSegment>& segments, std::vector<std::string>& names) {
  std::vector<SegmentEntry> entries;
  for (const LaidOutSegment& segment : segments) {
    names.push_back(segment.name);
    const Result<DurableFiles::Written> written = files_.write(segment.encoded.image);
    if (!written) return written.error();
    Status named = files_.give_name(written.value().temp, segment.name);
    if (!named) return named.error();
    entries.push_back({segment.name, segment.role, segment.results, segment.encoded.image.bytes(),
                       written.value().digest});
  }
  return entries;
}

Publisher::Outcome Publisher::write_manifest(const Manifest& manifest) {
  Outcome outcome;
  const Bytes bytes = encode_manifest(manifest);
  outcome.bytes = bytes.size();
  if (bytes.size() > manifest_bytes_max) {
    // Nobody could read it, and the readable ones before it would be removed.
    outcome.status =
        Error{ErrorCode::unsupported,
              "the manifest of the next generation in " + folder_.path() + " would have " +
                  std::to_string(bytes.size()) + " bytes, and no reader takes more than " +
                  std::to_string(manifest_bytes_max) + "; go on in another --store"};
    return outcome;
  }
  const Result<DurableFiles::Written> written = files_.write(ByteView(bytes));
  if (!written) {
    outcome.status = written.error();
    return outcome;
  }
  outcome.digest = written.value().digest;
  outcome.tried_link = true;
  const std::string name = manifest_name(manifest.generation);
  outcome.status = files_.give_name(written.value().temp, name);
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
