#include "worker/verdict.hpp"

#include <cstddef>
#include <string_view>
#include <utility>

namespace steadfarm::worker {
namespace {

// A message that somebody reads; failed units are kept with theirs, so it has a limit.
constexpr std::size_t kMessageBytesMax = 4096;

}  // namespace

void Verdict::begin() {
  const std::lock_guard lock(mutex_);
  why_.clear();
  kind_.store(Kind::none, std::memory_order_release);
}

void Verdict::tell(Kind kind, std::string why) {
  const std::lock_guard lock(mutex_);
  if (told()) return;
  why_ = std::move(why);
  kind_.store(kind, std::memory_order_release);
}

std::string Verdict::why() const {
  const std::lock_guard lock(mutex_);
  return why_;
}

void Verdict::judge(UnitOutcome& outcome) const {
  outcome.left = kind() == Kind::left;
  if (kind() == Kind::failed) make_failed(outcome, why().c_str());
}

void make_failed(UnitOutcome& outcome, const char* message) {
  outcome.status = wire::AnswerStatus::failed;
  outcome.children.clear();
  outcome.proposal.reset();
  outcome.reduced.reset();
  const std::string_view whole(message != nullptr ? message : "an exception without a message");
  const std::string_view text = whole.substr(0, kMessageBytesMax);
  const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
  outcome.payload.assign(bytes, bytes + text.size());
}

}  // namespace steadfarm::worker
