#include "checkpoint/plain_codec.hpp"

#include <span>
#include <string_view>
#include <utility>

#include "wire/codec.hpp"

namespace steadfarm::checkpoint {
namespace {

ByteView text_view(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

void write_full(wire::Writer& out, const core::GenerationDelta& full) {
  out.number(std::uint8_t{full.complete ? std::uint8_t{1} : std::uint8_t{0}});
  out.number(std::uint64_t{full.pending_indices.size()});
  for (const core::Interval& run : full.pending_indices) {
    out.number(run.begin);
    out.number(run.end);
  }
  out.number(std::uint64_t{full.retried.size()});
  for (const core::RetriedIndex& unit : full.retried) {
    out.number(unit.index);
    out.number(unit.tries);
    out.number(unit.deaths);
  }
  out.number(std::uint8_t{full.shared ? std::uint8_t{1} : std::uint8_t{0}});
  if (full.shared) {
    out.number(full.shared->value);
    out.block(full.shared->witness);
  }
  out.block(full.fold_state);
  out.number(std::uint64_t{full.held.size()});
  for (std::size_t i = 0; i < full.held.size(); ++i) {
    out.key(full.held.keys[i]);
    out.block(full.held.payload(i));
  }
  out.number(full.counters.accepted);
  out.number(full.counters.failed);
  out.number(full.counters.executions);
  out.number(full.counters.spawned);
}

Bytes own(ByteView view) { return {view.begin(), view.end()}; }

void read_full(wire::Reader& in, core::GenerationDelta& full) {
  full.complete = in.number<std::uint8_t>() != 0;
  for (auto n = in.number<std::uint64_t>(); n > 0 && in.ok(); --n) {
    const auto begin = in.number<std::uint64_t>();
    full.pending_indices.push_back({begin, in.number<std::uint64_t>()});
  }
  for (auto n = in.number<std::uint64_t>(); n > 0 && in.ok(); --n) {
    core::RetriedIndex unit;
    unit.index = in.number<std::uint64_t>();
    unit.tries = in.number<std::uint32_t>();
    unit.deaths = in.number<std::uint32_t>();
    full.retried.push_back(unit);
  }
  if (in.number<std::uint8_t>() != 0) {
    full.shared.emplace();
    full.shared->value = in.number<std::int64_t>();
    full.shared->witness = own(in.block());
  }
  full.fold_state = own(in.block());
  for (auto n = in.number<std::uint64_t>(); n > 0 && in.ok(); --n) {
    const UnitKey key = in.key();
    full.held.add(key, in.block());
  }
  full.counters.accepted = in.number<std::uint64_t>();
  full.counters.failed = in.number<std::uint64_t>();
  full.counters.executions = in.number<std::uint64_t>();
  full.counters.spawned = in.number<std::uint64_t>();
}

void read_lists(wire::Reader& in, core::GenerationDelta& delta) {
  for (auto n = in.number<std::uint64_t>(); n > 0 && in.ok(); --n) {
    delta.removed.push_back(in.key());
  }
  for (auto n = in.number<std::uint64_t>(); n > 0 && in.ok(); --n) {
    core::UnitRecord unit;
    unit.key = in.key();
    unit.priority = in.number<std::int32_t>();
    unit.tries = in.number<std::uint32_t>();
    unit.deaths = in.number<std::uint32_t>();
    unit.payload = own(in.block());
    unit.hints.expected_us = in.number<std::uint64_t>();
    unit.hints.affinity = in.number<std::uint64_t>();
    unit.hints.repeatable = in.number<std::uint8_t>() != 0;
    delta.added.push_back(std::move(unit));
  }
  for (auto n = in.number<std::uint64_t>(); n > 0 && in.ok(); --n) {
    core::PartialState partial;
    partial.key = in.key();
    partial.sequence = in.number<std::uint64_t>();
    const ByteView state = in.block();
    if (partial.sequence > 0) {
      partial.state = std::make_shared<const Bytes>(state.begin(), state.end());
    }
    delta.partials.push_back(std::move(partial));
  }
  for (auto n = in.number<std::uint64_t>(); n > 0 && in.ok(); --n) {
    core::FailedUnit unit;
    unit.key = in.key();
    unit.tries = in.number<std::uint32_t>();
    unit.deaths = in.number<std::uint32_t>();
    unit.message = in.text();
    delta.failed.push_back(std::move(unit));
  }
  for (auto n = in.number<std::uint64_t>(); n > 0 && in.ok(); --n) {
    const UnitKey key = in.key();
    delta.results.add(key, in.block());
  }
  for (auto n = in.number<std::uint64_t>(); n > 0 && in.ok(); --n) {
    ShardInfo shard;
    shard.name.owner_epoch = OwnerEpoch(in.number<std::uint64_t>());
    for (std::uint64_t* number : {&shard.name.nonce, &shard.name.sequence, &shard.results,
                                  &shard.bytes, &shard.digest.hi, &shard.digest.lo}) {
      *number = in.number<std::uint64_t>();
    }
    delta.sharded.shards.push_back(shard);
  }
  for (auto n = in.number<std::uint64_t>(); n > 0 && in.ok(); --n) {
    core::ShardIndex::Record record;
    record.key = in.key();
    record.shard = in.number<std::uint32_t>();
    record.row = in.number<std::uint64_t>();
    record.bytes = in.number<std::uint64_t>();
    delta.sharded.records.push_back(record);
  }
}

void write_sharded(wire::Writer& out, const core::ShardIndex& index) {
  out.number(std::uint64_t{index.shards.size()});
  for (const ShardInfo& shard : index.shards) {
    for (const std::uint64_t number :
         {shard.name.owner_epoch.value, shard.name.nonce, shard.name.sequence, shard.results,
          shard.bytes, shard.digest.hi, shard.digest.lo}) {
      out.number(number);
    }
  }
  out.number(std::uint64_t{index.records.size()});
  for (const core::ShardIndex::Record& record : index.records) {
    out.key(record.key);
    out.number(record.shard);
    out.number(record.row);
    out.number(record.bytes);
  }
}

}  // namespace

Result<EncodedSegment> PlainCodec::encode(const SegmentView& view) const {
  Bytes bytes;
  wire::Writer out(bytes);
  out.number(view.header.generation.value);
  out.number(view.header.owner_epoch.value);
  out.number(view.header.epoch.value);
  out.number(view.header.fingerprint.hi);
  out.number(view.header.fingerprint.lo);
  out.number(std::uint8_t{view.full != nullptr ? std::uint8_t{1} : std::uint8_t{0}});
  if (view.full != nullptr) write_full(out, *view.full);
  out.number(std::uint64_t{view.removed.size()});
  for (const UnitKey& key : view.removed) out.key(key);
  out.number(std::uint64_t{view.added.size()});
  for (const core::UnitRecord& unit : view.added) {
    out.key(unit.key);
    out.number(unit.priority);
    out.number(unit.tries);
    out.number(unit.deaths);
    out.block(unit.payload);
    out.number(unit.hints.expected_us);
    out.number(unit.hints.affinity);
    out.number(static_cast<std::uint8_t>(unit.hints.repeatable));
  }
  out.number(std::uint64_t{view.partials.size()});
  for (const core::PartialState& partial : view.partials) {
    out.key(partial.key);
    out.number(partial.sequence);
    out.block(partial.view());
  }
  out.number(std::uint64_t{view.failed.size()});
  for (const core::FailedUnit& unit : view.failed) {
    out.key(unit.key);
    out.number(unit.tries);
    out.number(unit.deaths);
    out.block(text_view(unit.message));
  }
  const ResultsView& results = view.results;
  out.number(std::uint64_t{results.keys.size()});
  for (std::size_t i = 0; i < results.keys.size(); ++i) {
    out.key(results.keys[i]);
    out.block(
        results.bytes.subspan(results.offsets[i], results.offsets[i + 1] - results.offsets[i]));
  }
  write_sharded(out, view.sharded != nullptr ? *view.sharded : core::ShardIndex());
  return EncodedSegment{FileImage::of(std::move(bytes)), {}};
}

Result<core::GenerationDelta> PlainCodec::decode_lists(ByteView bytes,
                                                       const FileIndex& /*index*/) const {
  Result<Segment> segment = decode(bytes);
  if (!segment) return segment.error();
  return std::move(segment.value().delta);
}

Result<Segment> PlainCodec::decode(ByteView bytes) const {
  wire::Reader in(bytes);
  Segment segment;
  segment.header.generation = Generation(in.number<std::uint64_t>());
  segment.header.owner_epoch = OwnerEpoch(in.number<std::uint64_t>());
  segment.header.epoch = Epoch(in.number<std::uint64_t>());
  segment.header.fingerprint.hi = in.number<std::uint64_t>();
  segment.header.fingerprint.lo = in.number<std::uint64_t>();
  segment.delta.epoch = segment.header.epoch;
  segment.has_full = in.number<std::uint8_t>() != 0;
  if (segment.has_full) read_full(in, segment.delta);
  read_lists(in, segment.delta);
  segment.result_count = segment.delta.results.size();
  if (!in.done()) return Error{ErrorCode::corrupt, "it is no packed segment"};
  return segment;
}

}  // namespace steadfarm::checkpoint
