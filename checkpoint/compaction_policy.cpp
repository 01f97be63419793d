#include "checkpoint/compaction_policy.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <map>

#include "checkpoint/names.hpp"

namespace steadfarm::checkpoint {
namespace {

constexpr std::uint64_t past_bytes_min = 64ULL << 20U;  // below it, space is not what matters
constexpr std::uint64_t merge_parts_min = 4;  // of so many a merged segment consists, at least

}  // namespace

bool compaction_is_due(const Manifest& manifest, std::uint32_t every) {
  // All segments of the generation that compacted last carry its number.
  Generation base;
  std::uint64_t base_bytes = 0;
  std::uint64_t later_bytes = 0;
  std::uint64_t later = 0;
  for (const SegmentEntry& entry : manifest.segments) {
    if (entry.role != SegmentRole::state) continue;
    const Generation generation = parse_segment_name(entry.file)->generation;
    if (base == Generation()) base = generation;
    if (generation == base) {
      base_bytes += entry.bytes;
    } else {
      later_bytes += entry.bytes;
      ++later;
    }
  }
  // Saved states of running units replace each other, so a few generations may hold many times what
  // still counts.
  const bool mostly_past = later_bytes >= past_bytes_min && later_bytes / 4 >= base_bytes;
  return mostly_past || (later >= every && (later_bytes >= base_bytes || later >= 4ULL * every));
}

std::vector<SegmentEntry> state_segments(const Manifest& manifest) {
  std::vector<SegmentEntry> states;
  std::copy_if(manifest.segments.begin(), manifest.segments.end(), std::back_inserter(states),
               [](const SegmentEntry& entry) { return entry.role == SegmentRole::state; });
  return states;
}

bool is_small_results(const SegmentEntry& entry, std::uint64_t merge_bytes_max) {
  return entry.role == SegmentRole::results && entry.bytes < merge_bytes_max / merge_parts_min;
}

bool may_be_compacted(const SegmentEntry& entry, std::uint64_t merge_bytes_max) {
  return entry.role == SegmentRole::state || is_small_results(entry, merge_bytes_max);
}

std::vector<SegmentEntry> due_for_merging(const Manifest& manifest, std::uint32_t every,
                                          std::uint64_t merge_bytes_max) {
  struct Tier {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
  };
  // Of one tier is what differs by less than eight times.
  const auto tier_of = [](const SegmentEntry& entry) {
    return static_cast<int>(std::bit_width(entry.bytes)) / 3;
  };
  std::map<int, Tier> tiers;
  for (const SegmentEntry& entry : manifest.segments) {
    if (!is_small_results(entry, merge_bytes_max)) continue;
    Tier& tier = tiers[tier_of(entry)];
    ++tier.count;
    tier.bytes += entry.bytes;
  }
  const std::uint64_t count_min = std::max<std::uint64_t>(every, 2);
  const auto due = std::find_if(tiers.begin(), tiers.end(), [&](const auto& tier) {
    return tier.second.count >= count_min || tier.second.bytes >= merge_bytes_max;
  });
  std::vector<SegmentEntry> segments;
  if (due == tiers.end()) return segments;
  std::uint64_t bytes = 0;
  for (const SegmentEntry& entry : manifest.segments) {
    if (!is_small_results(entry, merge_bytes_max) || tier_of(entry) != due->first) continue;
    bytes += entry.bytes;
    if (bytes > merge_bytes_max) break;
    segments.push_back(entry);
  }
  return segments;
}

}  // namespace steadfarm::checkpoint
