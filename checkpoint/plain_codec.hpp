// Segments as packed bytes, for simulations and fault loops that write millions of them. No file
// that a user keeps has this form.
#pragma once

#include "checkpoint/segment.hpp"

namespace steadfarm::checkpoint {

class PlainCodec final : public SegmentCodec {
 public:
  [[nodiscard]] Result<EncodedSegment> encode(const SegmentView& view) const override;
  [[nodiscard]] Result<Segment> decode(ByteView bytes) const override;
  [[nodiscard]] Result<core::GenerationDelta> decode_lists(ByteView bytes,
                                                           const FileIndex& index) const override;
};

}  // namespace steadfarm::checkpoint
