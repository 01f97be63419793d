#include "sim/workload.hpp"

#include <algorithm>
#include <tuple>

namespace steadfarm::sim {
namespace {

enum Purpose : std::uint64_t {
  for_id = 1,
  for_tree,
  for_kind,
  for_duration,
  for_priority,
  for_result,
  for_proposal,
  for_payload,
  for_steps,
  for_state,
  for_hints,
};

void put(Bytes& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

std::uint64_t get(ByteView bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value |= std::to_integer<std::uint64_t>(bytes[at + i]) << (8 * i);
  }
  return value;
}

void fill(Bytes& out, std::uint64_t hash, std::uint32_t bytes_max) {
  const std::size_t end = out.size() + (bytes_max == 0 ? 0 : hash % (bytes_max + 1));
  for (std::uint64_t i = 0; out.size() < end; ++i) {
    put(out, mix(hash, i), std::min<std::size_t>(8, end - out.size()));
  }
}

std::uint64_t hash_of(ByteView result) {
  std::uint64_t hash = result.size();
  std::size_t at = 0;
  for (; at + 8 <= result.size(); at += 8) hash = mix(hash, get(result, at, 8));
  return mix(hash, get(result, at, result.size() - at));
}

}  // namespace

void Fold::apply_in_order(const UnitKey& key, ByteView result) {
  chain = mix(mix(chain, key.lo), hash_of(result));
}

void Fold::apply(ByteView result) {
  const std::uint64_t hash = hash_of(result);
  ++count;
  sum += hash;
  xored ^= hash;
}

Bytes Fold::save() const {
  Bytes out;
  put(out, count, 8);
  put(out, sum, 8);
  put(out, xored, 8);
  put(out, chain, 8);
  return out;
}

std::optional<Fold> Fold::load(ByteView bytes) {
  if (bytes.size() != 32) return std::nullopt;
  return Fold{get(bytes, 0, 8), get(bytes, 8, 8), get(bytes, 16, 8), get(bytes, 24, 8)};
}

Workload::Workload(const SimOptions& options) : options_(options) {
  for (std::uint32_t i = 0; i < options_.roots; ++i) {
    const Node node = root(i);
    entries_.push_back({node, UnitKey::index(i), kNone, kind(node)});
  }
  for (std::uint32_t at = 0; at < entries_.size(); ++at) {
    std::uint64_t ordinal = 0;
    for (const Node& child : children(entries_[at].node)) {
      const UnitKey key = child_key(entries_[at].key, ordinal++);
      entries_.push_back({child, key, at, kind(child)});
    }
  }
  for (std::uint32_t at = 0; at < entries_.size(); ++at) {
    by_id_.emplace(entries_[at].node.id, at);
    by_key_.emplace(entries_[at].key, at);
  }
  STEADFARM_ASSERT(by_id_.size() == entries_.size() && by_key_.size() == entries_.size());
}

Node Workload::root(std::uint64_t index) const {
  // The units that are no roots are spread over the roots.
  const std::uint64_t extra = options_.units - options_.roots;
  const std::uint64_t begin = extra * index / options_.roots;
  const std::uint64_t end = extra * (index + 1) / options_.roots;
  return {mix(mix(options_.seed, for_id), index), static_cast<std::uint32_t>(1 + end - begin)};
}

std::vector<Node> Workload::children(const Node& node) const {
  std::vector<Node> out;
  std::uint32_t left = node.size - 1;
  const std::uint64_t hash = mix(node.id, for_tree);
  const std::uint32_t most = 1 + static_cast<std::uint32_t>(hash % 8);
  for (std::uint64_t ordinal = 0; left > 0; ++ordinal) {
    const std::uint64_t draw = mix(hash, ordinal);
    const bool last = out.size() + 1 == most;
    const std::uint32_t size = last ? left : 1 + static_cast<std::uint32_t>(draw % left);
    out.push_back({mix(node.id, ordinal + 100), size});
    left -= size;
  }
  return out;
}

UnitKind Workload::kind(const Node& node) const {
  const std::uint64_t draw = mix(node.id, for_kind) % 1000;
  const std::uint64_t poison = options_.poison_permille;
  const std::uint64_t failing = poison + options_.failing_permille;
  if (draw < poison) return UnitKind::poison;
  if (draw < failing) return UnitKind::failing;
  return draw < failing + options_.flaky_permille ? UnitKind::flaky : UnitKind::plain;
}

TimeUs Workload::duration_us(const Node& node) const {
  if (options_.unit_us == 0) return 0;
  const std::uint64_t draw = mix(node.id, for_duration);
  const auto spread = static_cast<TimeUs>(draw >> 16U) & 0xFFFFFF;
  const TimeUs us = (spread % (2 * options_.unit_us)) + 1;
  return draw % 50 == 0 ? us * 8 : us;  // a few are much longer
}

std::int32_t Workload::priority(const Node& node) const {
  if (options_.priorities == 0) return 0;
  return static_cast<std::int32_t>(mix(node.id, for_priority) % 5) - 2;
}

// Some declare no time, some a wrong one.
UnitHints Workload::hints(const Node& node) const {
  if (options_.hints == 0) return {};
  const std::uint64_t draw = mix(node.id, for_hints);
  UnitHints hints;
  if (draw % 4 != 0) {
    const auto true_us = static_cast<std::uint64_t>(duration_us(node));
    hints.expected_us = draw % 8 == 1 ? true_us / 3 : true_us;
  }
  hints.affinity = (draw >> 8U) % 4;
  hints.repeatable = (draw >> 16U) % 8 != 0;
  return hints;
}

Bytes Workload::result(const Node& node) const {
  Bytes out;
  put(out, node.id, 8);
  put(out, node.size, 4);
  fill(out, mix(node.id, for_result), options_.result_bytes);
  return out;
}

std::optional<SharedValue> Workload::proposal(const Node& node) const {
  const std::uint64_t draw = mix(node.id, for_proposal);
  const UnitKind unit_kind = kind(node);
  const bool ends_well = unit_kind == UnitKind::plain || unit_kind == UnitKind::flaky;
  if (options_.proposals == 0 || !ends_well || draw % 5 != 0) return std::nullopt;
  SharedValue shared;
  shared.value = static_cast<std::int64_t>((draw >> 8U) % 1000);
  put(shared.witness, node.id, 8);
  return shared;
}

Bytes Workload::spawn_payload(const Node& node) const {
  Bytes out;
  put(out, node.id, 8);
  put(out, node.size, 4);
  fill(out, mix(node.id, for_payload), options_.payload_bytes);
  return out;
}

std::uint32_t Workload::steps(const Node& node) const {
  if (options_.steps_max < 2) return 1;
  return 1 + static_cast<std::uint32_t>(mix(node.id, for_steps) % options_.steps_max);
}

Bytes Workload::state(const Node& node, std::uint64_t steps_done) const {
  Bytes out;
  put(out, node.id, 8);
  put(out, steps_done, 4);
  fill(out, mix(mix(node.id, for_state), steps_done), options_.state_bytes);
  return out;
}

std::optional<Node> Workload::parse(ByteView bytes) {
  if (bytes.size() < 12) return std::nullopt;
  return Node{get(bytes, 0, 8), static_cast<std::uint32_t>(get(bytes, 8, 4))};
}

std::uint32_t Workload::find(std::uint64_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? kNone : found->second;
}

std::uint32_t Workload::find(const UnitKey& key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? kNone : found->second;
}

ByteView Workload::payload(std::uint64_t index) const {
  payload_ = spawn_payload(entries_[index].node);
  return payload_;
}

UnitHints Workload::hints(std::uint64_t index) const { return hints(entries_[index].node); }

std::vector<core::FreshRun> Workload::index_priorities() const {
  std::vector<core::FreshRun> runs;
  for (std::uint64_t i = 0; i < options_.roots; ++i) {
    const std::int32_t level = priority(entries_[i].node);
    if (level != 0) runs.push_back({{i, i + 1}, level});
  }
  return runs;
}

Expected run_serially(const Workload& workload, std::uint32_t roots,
                      const std::vector<std::uint64_t>& given_up_sorted, bool ordered) {
  Expected expected;
  std::vector<Node> stack;
  for (std::uint32_t i = 0; i < roots; ++i) {
    const Node node = workload.root(i);
    stack.push_back(node);
    if (!ordered) continue;
    if (std::binary_search(given_up_sorted.begin(), given_up_sorted.end(), node.id)) continue;
    expected.fold.apply_in_order(UnitKey::index(i), workload.result(node));
  }
  while (!stack.empty()) {
    const Node node = stack.back();
    stack.pop_back();
    if (std::binary_search(given_up_sorted.begin(), given_up_sorted.end(), node.id)) continue;
    ++expected.units;
    expected.fold.apply(workload.result(node));
    const std::optional<SharedValue> proposal = workload.proposal(node);
    if (proposal &&
        (!expected.best || std::tie(proposal->value, proposal->witness) <
                               std::tie(expected.best->value, expected.best->witness))) {
      expected.best = proposal;
    }
    for (const Node& child : workload.children(node)) stack.push_back(child);
  }
  return expected;
}

}  // namespace steadfarm::sim
