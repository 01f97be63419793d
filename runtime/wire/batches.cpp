// The packed batches inside Assign and Report.
#include "base/assert.hpp"
#include "wire/codec.hpp"
#include "wire/messages.hpp"

namespace steadfarm::wire {

namespace {
constexpr std::size_t kMalformed = static_cast<std::size_t>(-1);
constexpr std::uint8_t kHasProposal = 1;
constexpr std::size_t kChildHeadBytes = 12;
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
  out.number(answer.proposal_value ? kHasProposal : std::uint8_t{0});
  out.number(static_cast<std::uint32_t>(answer.children.size()));
  out.block(answer.payload);
  if (answer.proposal_value) {
    out.number(*answer.proposal_value);
    out.block(answer.proposal_witness);
  }
  for (const Child& child : answer.children) {
    out.number(child.priority);
    out.block(child.payload);
  }
  ++count_;
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
  if (status > 1 || flags > kHasProposal) return kMalformed;
  view.status = static_cast<AnswerStatus>(status);
  view.proposal_value.reset();
  view.proposal_witness = {};
  if (flags == kHasProposal) {
    view.proposal_value = in.number<std::int64_t>();
    view.proposal_witness = in.block();
  }
  view.children.clear();
  if (child_count > in.left() / kChildHeadBytes) return kMalformed;
  view.children.reserve(child_count);
  for (std::uint32_t i = 0; i < child_count; ++i) {
    const auto priority = in.number<std::int32_t>();
    view.children.push_back({priority, in.block()});
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
         a.busy_us_squared == b.busy_us_squared && *a.answers == *b.answers;
}

}  // namespace steadfarm::wire
