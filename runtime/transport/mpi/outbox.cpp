#include "transport/mpi/outbox.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/assert.hpp"
#include "transport/mpi/mpi_tags.hpp"

namespace steadfarm::transport {

Outbox::Outbox(MPI_Comm communicator, int peer, int farm, std::size_t part_bytes,
               std::size_t window)
    : communicator_(communicator),
      peer_(peer),
      farm_(farm),
      part_bytes_(part_bytes),
      slots_(window) {}

int Outbox::send(Bytes message) {
  bytes_ += message.size();
  if (queue_.empty() && message.size() <= part_bytes_) {
    if (outstanding() == slots_.size()) {
      if (const int code = retire(); code != MPI_SUCCESS) return code;
    }
    if (outstanding() < slots_.size()) {
      const std::byte* data = message.data();
      const std::size_t size = message.size();
      if (const int code = start(data, size, kTagWhole, std::move(message)); code != MPI_SUCCESS) {
        return code;
      }
      return retire();  // a small message is usually done at once
    }
  }
  queue_.push_back(Queued{std::move(message)});
  return advance();
}

int Outbox::advance() {
  if (const int code = retire(); code != MPI_SUCCESS) return code;
  return queue_.empty() ? MPI_SUCCESS : fill();
}

int Outbox::retire() {
  while (head_ != tail_) {
    Slot& slot = slots_[head_ % slots_.size()];
    int done = 0;
    if (const int code = MPI_Test(&slot.request, &done, MPI_STATUS_IGNORE); code != MPI_SUCCESS) {
      return code;
    }
    if (done == 0) return MPI_SUCCESS;
    bytes_ -= slot.accounted;
    slot.bytes = Bytes();
    ++head_;
  }
  return MPI_SUCCESS;
}

int Outbox::fill() {
  while (!queue_.empty() && outstanding() < slots_.size()) {
    if (const int code = send_next_of(queue_.front()); code != MPI_SUCCESS) return code;
  }
  return MPI_SUCCESS;
}

int Outbox::send_next_of(Queued& message) {
  const std::size_t total = message.bytes.size();
  const std::byte* data = message.bytes.data();
  if (total <= part_bytes_) {
    Bytes owned = std::move(message.bytes);
    queue_.pop_front();
    return start(data, total, kTagWhole, std::move(owned));
  }
  if (!message.announced) {
    message.announced = true;
    const std::uint64_t announced_bytes = total;
    Bytes header(sizeof announced_bytes);
    std::memcpy(header.data(), &announced_bytes, sizeof announced_bytes);
    bytes_ += header.size();
    const std::byte* header_data = header.data();
    return start(header_data, sizeof announced_bytes, kTagHeader, std::move(header));
  }
  const std::size_t offset = message.sent;
  const std::size_t size = std::min(part_bytes_, total - offset);
  message.sent += size;
  Bytes owned;
  if (message.sent == total) {
    owned = std::move(message.bytes);
    queue_.pop_front();
  }
  return start(data + offset, size, kTagPart, std::move(owned));
}

int Outbox::send_word(int kind, Bytes word) {
  STEADFARM_ASSERT(empty());
  const std::byte* data = word.data();
  const std::size_t size = word.size();
  bytes_ += size;
  return hand_over(data, size, kind, std::move(word));
}

int Outbox::start(const std::byte* data, std::size_t size, int kind, Bytes owned) {
  const int code = hand_over(data, size, kind, std::move(owned));
  if (code == MPI_SUCCESS) ++sent_;
  return code;
}

int Outbox::hand_over(const std::byte* data, std::size_t size, int kind, Bytes owned) {
  Slot& slot = slots_[tail_ % slots_.size()];
  slot.bytes = std::move(owned);
  slot.accounted = size;
  ++tail_;
  return MPI_Isend(data, static_cast<int>(size), MPI_BYTE, peer_, tag_of(kind, farm_),
                   communicator_, &slot.request);
}

void Outbox::drop_queue() {
  // Parts of the front message may be outstanding; the newest slot then keeps its memory.
  if (!queue_.empty() && queue_.front().sent > 0 && outstanding() != 0) {
    slots_[(tail_ - 1) % slots_.size()].bytes = std::move(queue_.front().bytes);
  }
  queue_.clear();
  bytes_ = 0;
  for (std::size_t i = head_; i != tail_; ++i) bytes_ += slots_[i % slots_.size()].accounted;
}

}  // namespace steadfarm::transport
