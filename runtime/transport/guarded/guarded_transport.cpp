#include "transport/guarded/guarded_transport.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "transport/all_signals_blocked.hpp"

namespace steadfarm::transport {
namespace {

// Looks are counted and not time, so that a process which was stopped starts where it was.
constexpr int kLooks = 40;
constexpr int kLookMsMax = 250;

}  // namespace

class GuardedTransport::Inside {
 public:
  Inside(Lane& lane, const char* call) : lane_(lane) {
    lane_.calls.fetch_add(1, std::memory_order_relaxed);
    lane_.call.store(call, std::memory_order_release);
  }
  ~Inside() { lane_.call.store(nullptr, std::memory_order_release); }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  Lane& lane_;
};

GuardedTransport::GuardedTransport(std::unique_ptr<Transport> inner, GuardOptions options)
    : inner_(std::move(inner)),
      options_(std::move(options)),
      look_(std::clamp(options_.deadline_ms / kLooks, 1, kLookMsMax)),
      looks_max_(std::max(1, options_.deadline_ms / static_cast<int>(look_.count()))),
      words_before_("steadfarm: " + options_.who + " ends itself: a call to MPI ("),
      words_after_(") has not returned for " + std::to_string(options_.deadline_ms / 1000) +
                   " s\n") {
  const AllSignalsBlocked blocked;
  thread_ = std::thread([this] { watch(); });
}

GuardedTransport::~GuardedTransport() {
  {
    const Inside inside(main_, "the end of the transport");
    inner_.reset();
  }
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void GuardedTransport::watch() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, look_, [this] { return stop_; })) {
    for (Lane* lane : {&main_, &urgent_}) {
      if (const char* call = stuck_in(*lane)) end(call);
    }
  }
}

const char* GuardedTransport::stuck_in(Lane& lane) const {
  const char* call = lane.call.load(std::memory_order_acquire);
  const std::uint64_t calls = lane.calls.load(std::memory_order_relaxed);
  if (call == nullptr || std::exchange(lane.seen, calls) != calls) {
    lane.looks = 0;
    return nullptr;
  }
  return ++lane.looks >= looks_max_ ? call : nullptr;
}

void GuardedTransport::end(const char* call) const {
  // Only calls that cannot block on a lock another thread holds; so no memory is asked for either.
  const auto piece = [](std::string_view text) {
    return iovec{const_cast<char*>(text.data()), text.size()};
  };
  const std::array words = {piece(words_before_), piece(call), piece(words_after_)};
  [[maybe_unused]] const ssize_t n =
      ::writev(STDERR_FILENO, words.data(), static_cast<int>(words.size()));
  ::_exit(options_.exit_code);
}

Status GuardedTransport::send(Rank to, Bytes message) {
  const Inside inside(main_, "send");
  return inner_->send(to, std::move(message));
}

void GuardedTransport::send_urgent(Rank to, ByteView message) {
  const std::lock_guard lock(urgent_mutex_);
  const Inside inside(urgent_, "send of a heartbeat");
  inner_->send_urgent(to, message);
}

std::size_t GuardedTransport::poll(std::vector<Incoming>& out, std::size_t max_messages) {
  const Inside inside(main_, "receive");
  return inner_->poll(out, max_messages);
}

std::vector<DeadPeer> GuardedTransport::take_dead_peers() {
  const Inside inside(main_, "look for the dead");
  return inner_->take_dead_peers();
}

void GuardedTransport::forget(Rank peer) {
  const Inside inside(main_, "forget");
  inner_->forget(peer);
}

void GuardedTransport::readmit(Rank peer) {
  const Inside inside(main_, "readmit");
  inner_->readmit(peer);
}

bool GuardedTransport::settle(int deadline_ms) {
  const Inside inside(main_, "settle");
  return inner_->settle(deadline_ms);
}

// Its own deadline bounds its waits; what is guarded is that it comes back at all.
bool GuardedTransport::close(int deadline_ms) {
  const Inside inside(main_, "close");
  return inner_->close(deadline_ms);
}

}  // namespace steadfarm::transport
