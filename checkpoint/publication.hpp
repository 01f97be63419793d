// A generation between the thread that lays it out and the thread that writes it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/manifest.hpp"
#include "checkpoint/segment.hpp"
#include "core/generation.hpp"

namespace steadfarm::checkpoint {

/// The lists of some segments in one: what they add up to.
struct Compacted {
  // The segments that it stands for: all state segments up to a point, or none of them; and some of
  // results alone, whose place among the others says nothing.
  std::vector<std::string> covered;
  core::GenerationDelta lists;
};

struct LaidOutSegment {
  std::string name;  // that it will have
  SegmentRole role = SegmentRole::state;
  std::uint64_t results = 0;
  EncodedSegment encoded;
};

/// Made by Store::prepare, used up by Store::write. Owns everything that it points to.
struct Publication {
  std::shared_ptr<const core::GenerationDelta> delta;
  std::unique_ptr<const Compacted> compacted;  // null: nothing is replaced
  std::vector<LaidOutSegment> base;            // of `compacted`; apply first
  std::vector<LaidOutSegment> segments;        // of `delta`; apply last
};

}  // namespace steadfarm::checkpoint
