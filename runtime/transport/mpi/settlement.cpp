#include "transport/mpi/settlement.hpp"

#include <cstring>
#include <utility>

#include "transport/mpi/mpi_tags.hpp"

namespace steadfarm::transport {
namespace {

constexpr int kHub = 0;

void put(Bytes& bytes, std::uint64_t number) {
  const std::size_t at = bytes.size();
  bytes.resize(at + sizeof number);
  std::memcpy(bytes.data() + at, &number, sizeof number);
}

std::uint64_t number_at(ByteView bytes, std::size_t index) {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data() + index * sizeof number, sizeof number);
  return number;
}

}  // namespace

Settlement::Settlement(int self, std::vector<std::uint64_t> sent, bool clean)
    : self_(self), sent_(std::move(sent)), clean_(clean) {
  if (self_ != kHub) return;
  totals_ = sent_;
  heard_.resize(sent_.size());
  heard_.at(kHub) = true;
  heard_count_ = 1;
}

Settlement::Words Settlement::begin() {
  if (!clean_) failed_ = true;
  if (self_ == kHub) return !clean_ || heard_count_ == heard_.size() ? tell_all() : Words();
  Words words;
  words.push_back({kHub, kTagCounts, counts()});
  return words;
}

Settlement::Words Settlement::hear(int from, int kind, ByteView bytes) {
  if (kind == kTagCounts && self_ == kHub) return hear_counts(from, bytes);
  if (kind != kTagTotal || from != kHub || self_ == kHub) return {};
  const bool known = clean_ && bytes.size() == sizeof(std::uint64_t);
  if (known) expected_ = number_at(bytes, 0);
  failed_ = !known;
  return {};
}

Settlement::Words Settlement::hear_counts(int from, ByteView bytes) {
  const auto at = static_cast<std::size_t>(from);
  if (!clean_ || from < 0 || at >= heard_.size() || heard_[at]) return {};
  heard_[at] = true;
  ++heard_count_;
  if (!add(bytes)) {
    clean_ = false;
    failed_ = true;
  }
  return !clean_ || heard_count_ == heard_.size() ? tell_all() : Words();
}

// False: the sender knows of a loss, or makes no sense.
bool Settlement::add(ByteView bytes) {
  constexpr std::size_t kPair = 2 * sizeof(std::uint64_t);
  if (bytes.size() % kPair != sizeof(std::uint64_t) || number_at(bytes, 0) == 0) return false;
  for (std::size_t i = 1; i * sizeof(std::uint64_t) < bytes.size(); i += 2) {
    const std::uint64_t to = number_at(bytes, i);
    if (to >= totals_.size()) return false;
    totals_[to] += number_at(bytes, i + 1);
  }
  return true;
}

// Once. An empty word says that it will never be known; it also awaits those that come later.
Settlement::Words Settlement::tell_all() {
  if (clean_) expected_ = totals_[kHub];
  Words words;
  for (std::size_t rank = 1; rank < totals_.size(); ++rank) {
    Word word{static_cast<int>(rank), kTagTotal, {}};
    if (clean_) put(word.bytes, totals_[rank]);
    words.push_back(std::move(word));
  }
  return words;
}

// Whether it is clean; then receiver and number, for those that were sent anything.
Bytes Settlement::counts() const {
  Bytes bytes;
  put(bytes, clean_ ? 1 : 0);
  for (std::size_t rank = 0; clean_ && rank < sent_.size(); ++rank) {
    if (sent_[rank] == 0) continue;
    put(bytes, rank);
    put(bytes, sent_[rank]);
  }
  return bytes;
}

}  // namespace steadfarm::transport
