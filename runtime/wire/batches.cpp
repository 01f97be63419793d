// The packed batches inside Assign and Report.
#include "base/assert.hpp"
#include "wire/codec.hpp"
#include "wire/messages.hpp"

namespace steadfarm::wire {

namespace {
constexpr std::size_t kMalformed = static_cast<std::size_t>(-1);
constexpr std::uint8_t kHasProposal = 1;
constexpr std::uint8_t kHasPlace = 2;
constexpr std::uint8_t kHasUnitDigest = 4;
constexpr std::uint8_t kAnswerFlags = kHasProposal | kHasPlace | kHasUnitDigest;
constexpr std::size_t kChildHeadBytes = 13;
// A child's hints: most have none, and children are many.
constexpr std::uint8_t kHasExpected = 1;
constexpr std::uint8_t kHasAffinity = 2;
constexpr std::uint8_t kNotRepeatable = 4;
constexpr std::uint8_t kHintBits = kHasExpected | kHasAffinity | kNotRepeatable;

void put_hints(Writer& out, const UnitHints& hints) {
  std::uint8_t bits = 0;
  if (hints.expected_us != 0) bits |= kHasExpected;
  if (hints.affinity != 0) bits |= kHasAffinity;
  if (!hints.repeatable) bits |= kNotRepeatable;
  out.number(bits);
  if (hints.expected_us != 0) out.number(hints.expected_us);
  if (hints.affinity != 0) out.number(hints.affinity);
}

UnitHints get_hints(Reader& in) {
  UnitHints hints;
  const auto bits = in.number<std::uint8_t>();
  if (bits > kHintBits) in.fail();
  hints.repeatable = (bits & kNotRepeatable) == 0;
  // What is there is not 0: each hint has one form.
  if ((bits & kHasExpected) != 0 && (hints.expected_us = in.number<std::uint64_t>()) == 0) {
    in.fail();
  }
  if ((bits & kHasAffinity) != 0 && (hints.affinity = in.number<std::uint64_t>()) == 0) in.fail();
  return hints;
}

void put_place(Writer& out, const ShardPlace& place) {
  const ShardInfo& shard = place.shard;
  for (const std::uint64_t number :
       {shard.name.owner_epoch.value, shard.name.nonce, shard.name.sequence, shard.results,
        shard.bytes, shard.digest.hi, shard.digest.lo, place.row, place.bytes}) {
    out.number(number);
  }
}

ShardPlace get_place(Reader& in) {
  ShardPlace place;
  ShardInfo& shard = place.shard;
  shard.name.owner_epoch = OwnerEpoch(in.number<std::uint64_t>());
  for (std::uint64_t* number :
       {&shard.name.nonce, &shard.name.sequence, &shard.results, &shard.bytes, &shard.digest.hi,
        &shard.digest.lo, &place.row, &place.bytes}) {
    *number = in.number<std::uint64_t>();
  }
  if (place.row >= shard.results || place.bytes > shard.bytes) in.fail();
  return place;
}
}  // namespace

void UnitBatch::add(const UnitKey& key, Attempt attempt, ByteView payload) {
  heads.push_back({key, attempt, payload.size()});
  bytes.insert(bytes.end(), payload.begin(), payload.end());
}

void UnitBatch::add_saved(std::uint64_t sequence, ByteView state) {
  STEADFARM_ASSERT(!heads.empty() && sequence > 0);
  saved.push_back({static_cast<std::uint32_t>(heads.size() - 1), sequence, state.size()});
  states.insert(states.end(), state.begin(), state.end());
}

void UnitBatch::add_run(std::uint64_t begin, std::uint64_t count, Attempt attempt) {
  runs.push_back({begin, count, attempt});
}

std::uint64_t UnitBatch::unit_count() const {
  std::uint64_t count = heads.size();
  for (const Run& run : runs) count += run.count;
  return count;
}

void AnswerBatch::add(const AnswerView& answer) {
  Writer out(bytes_);
  out.key(answer.key);
  out.number(answer.attempt.value);
  out.number(static_cast<std::uint8_t>(answer.status));
  std::uint8_t flags = 0;
  if (answer.proposal_value) flags |= kHasProposal;
  if (answer.place) flags |= kHasPlace;
  if (answer.unit_digest) flags |= kHasUnitDigest;
  out.number(flags);
  out.number(static_cast<std::uint32_t>(answer.children.size()));
  out.block(answer.payload);
  if (answer.proposal_value) {
    out.number(*answer.proposal_value);
    out.block(answer.proposal_witness);
  }
  if (answer.place) put_place(out, *answer.place);
  if (answer.unit_digest) out.number(*answer.unit_digest);
  for (const Child& child : answer.children) {
    out.number(child.priority);
    put_hints(out, child.hints);
    out.block(child.payload);
  }
  ++count_;
}

void AnswerBatch::append(const AnswerBatch& more) {
  count_ += more.count_;
  bytes_.insert(bytes_.end(), more.bytes_.begin(), more.bytes_.end());
}

std::size_t AnswerBatch::read_at(std::size_t at, AnswerView& view) const {
  Reader in(ByteView(bytes_).subspan(at));
  const std::size_t before = in.left();
  view.key = in.key();
  view.attempt = Attempt(in.number<std::uint32_t>());
  const auto status = in.number<std::uint8_t>();
  const auto flags = in.number<std::uint8_t>();
  const auto child_count = in.number<std::uint32_t>();
  view.payload = in.block();
  if (status > 1 || flags > kAnswerFlags) return kMalformed;
  view.status = static_cast<AnswerStatus>(status);
  view.proposal_value.reset();
  view.proposal_witness = {};
  if ((flags & kHasProposal) != 0) {
    view.proposal_value = in.number<std::int64_t>();
    view.proposal_witness = in.block();
  }
  view.place.reset();
  if ((flags & kHasPlace) != 0) {
    // A failed unit has no result.
    if (view.status != AnswerStatus::done) return kMalformed;
    view.place = get_place(in);
  }
  view.unit_digest.reset();
  if ((flags & kHasUnitDigest) != 0) view.unit_digest = in.number<std::uint64_t>();
  view.children.clear();
  if (child_count > in.left() / kChildHeadBytes) return kMalformed;
  view.children.reserve(child_count);
  for (std::uint32_t i = 0; i < child_count; ++i) {
    const auto priority = in.number<std::int32_t>();
    const UnitHints hints = get_hints(in);
    view.children.push_back({priority, in.block(), hints});
  }
  if (!in.ok()) return kMalformed;
  return at + (before - in.left());
}

bool AnswerBatch::adopt(std::uint64_t count, ByteView bytes) {
  bytes_.assign(bytes.begin(), bytes.end());
  count_ = 0;
  AnswerView view;
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (at == bytes_.size()) return false;
    at = read_at(at, view);
    if (at == kMalformed) return false;
  }
  if (at != bytes_.size()) return false;
  count_ = count;
  return true;
}

bool operator==(const Report& a, const Report& b) {
  return a.report_seq == b.report_seq && a.assigns_seen == b.assigns_seen && a.idle == b.idle &&
         a.unacked == b.unacked && a.shared_version == b.shared_version &&
         a.executed == b.executed && a.busy_us == b.busy_us &&
         a.busy_us_squared == b.busy_us_squared && a.kept == b.kept && *a.answers == *b.answers;
}

}  // namespace steadfarm::wire
