// Simulated time: what happens next, ordered by time and then by the order of being planned.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "base/ids.hpp"

namespace steadfarm::sim {

enum class EventKind : std::uint8_t {
  turn,       // a: rank
  deliver,    // a: slot of the message in its network
  heartbeat,  // a: rank
  call,       // a: slot of the function
};

struct Event {
  TimeUs time = 0;
  std::uint64_t seq = 0;
  EventKind kind = EventKind::call;
  std::uint32_t job = 0;
  std::uint32_t a = 0;
};

class EventQueue {
 public:
  void push(TimeUs time, EventKind kind, std::uint32_t job, std::uint32_t a) {
    heap_.push({time, ++seq_, kind, job, a});
  }

  /// For what happens rarely.
  void call(TimeUs time, std::function<void()> function) {
    std::uint32_t slot = static_cast<std::uint32_t>(calls_.size());
    if (free_.empty()) {
      calls_.push_back(std::move(function));
    } else {
      slot = free_.back();
      free_.pop_back();
      calls_[slot] = std::move(function);
    }
    push(time, EventKind::call, 0, slot);
  }

  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

  [[nodiscard]] Event pop() {
    const Event event = heap_.top();
    heap_.pop();
    return event;
  }

  [[nodiscard]] std::function<void()> take_call(std::uint32_t slot) {
    free_.push_back(slot);
    return std::exchange(calls_[slot], nullptr);
  }

 private:
  struct Later {
    bool operator()(const Event& a, const Event& b) const {
      return a.time != b.time ? a.time > b.time : a.seq > b.seq;
    }
  };
  std::priority_queue<Event, std::vector<Event>, Later> heap_;
  std::vector<std::function<void()>> calls_;
  std::vector<std::uint32_t> free_;
  std::uint64_t seq_ = 0;
};

}  // namespace steadfarm::sim
