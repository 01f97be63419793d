#include "transport/mpi/inbox.hpp"

#include <cstdint>
#include <cstring>
#include <utility>

#include "transport/mpi/mpi_tags.hpp"

namespace steadfarm::transport {
namespace {

constexpr std::size_t kSmallBytes = std::size_t{64} << 10U;  // below this the budget does not ask

}  // namespace

void Inbox::add(MPI_Message message, int tag, std::size_t size) {
  Entry entry;
  entry.message = message;
  entry.tag = tag;
  entry.size = size;
  line_.push_back(std::move(entry));
}

Inbox::Step Inbox::next(ReceiveBudget& budget, Bytes& out, int& code) {
  while (!line_.empty() && !stuck_) {
    Entry& entry = line_.front();
    if (!entry.started) {
      if (entry.tag != kTagPart) discard_assembly(budget);  // its sender gave it up
      if (!reserve(budget, entry)) return Step::waiting;
      code = start(entry);
      if (code != MPI_SUCCESS) return fail();
    }
    int done = 0;
    code = MPI_Test(&entry.request, &done, MPI_STATUS_IGNORE);
    if (code != MPI_SUCCESS) return fail();
    if (done == 0) return Step::waiting;
    const bool refused = entry.tag == kTagHeader && !announce(entry, budget);
    const bool delivered = finish(entry, out);
    line_.pop_front();
    if (refused) return Step::refused;
    if (delivered) {
      release_budget(budget);
      return Step::delivered;
    }
  }
  return stuck_ ? Step::waiting : Step::idle;
}

Inbox::Step Inbox::fail() {
  if (line_.front().request != MPI_REQUEST_NULL) {
    stuck_ = true;  // MPI keeps the memory; this line has ended
    return Step::failed;
  }
  line_.pop_front();
  return Step::failed;
}

bool Inbox::reserve(ReceiveBudget& budget, const Entry& entry) {
  std::size_t need = entry.tag == kTagWhole ? entry.size : 0;
  if (entry.tag == kTagPart && assembly_.empty()) need = announced_;
  if (need <= kSmallBytes) return true;
  const bool fits = budget.used == 0 || budget.used + need <= budget.limit;
  if (budget.somebody_waits || !fits) {
    budget.somebody_waits = true;
    return false;
  }
  budget.used += need;
  charged_ += need;
  return true;
}

int Inbox::start(Entry& entry) {
  entry.started = true;
  std::byte* target = nullptr;
  const bool fits_assembly = entry.tag == kTagPart && entry.size <= announced_ - received_;
  if (fits_assembly) {
    if (assembly_.empty()) assembly_.resize(announced_);
    target = assembly_.data() + received_;
  } else {
    // Also a part without its announcement: the rest of a message given up. Received, not kept.
    entry.bytes.resize(entry.size);
    target = entry.bytes.data();
  }
  return MPI_Imrecv(target, static_cast<int>(entry.size), MPI_BYTE, &entry.message, &entry.request);
}

bool Inbox::finish(Entry& entry, Bytes& out) {
  if (entry.tag == kTagWhole) {
    out = std::move(entry.bytes);
    return true;
  }
  if (entry.tag == kTagHeader || !entry.bytes.empty()) return false;
  received_ += entry.size;
  if (announced_ == 0 || received_ < announced_) return false;
  out = std::exchange(assembly_, Bytes());
  announced_ = 0;
  received_ = 0;
  return true;
}

bool Inbox::announce(const Entry& header, const ReceiveBudget& budget) {
  std::uint64_t bytes = 0;
  if (header.size == sizeof bytes) std::memcpy(&bytes, header.bytes.data(), sizeof bytes);
  const bool refused = bytes > budget.message_bytes_max;
  if (refused) refused_bytes_ = bytes;
  announced_ = refused ? 0 : static_cast<std::size_t>(bytes);
  received_ = 0;
  return !refused;
}

void Inbox::discard_assembly(ReceiveBudget& budget) {
  if (announced_ == 0) return;
  assembly_ = Bytes();
  announced_ = 0;
  received_ = 0;
  release_budget(budget);
}

void Inbox::release_budget(ReceiveBudget& budget) {
  budget.used -= charged_;
  charged_ = 0;
}

}  // namespace steadfarm::transport
